"""A case from its number to its submission, by keyboard alone; and nothing typed is lost on the way."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic, sleep
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from registry.actions import cases as case_actions
from registry.models import Case, CaseRevision, FindingReason
from registry.selectors import dictionaries
from tests import databases
from tests.journeys import steps
from tests.plugin.browser import FLAGS, MISSING, find
from tests.registry.little import PASSWORD, WHOLE, Little, everywhere, place
from tests.registry.serving import serving

pytestmark = pytest.mark.journey
_numbers = count(1)
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(django_db_blocker: Any) -> Iterator[tuple[Little, str]]:
    """Serve the little world."""
    with django_db_blocker.unblock(), databases.cloned(databases.migrated()):
        little = place().little(code="little")
        with serving() as address:
            yield little, address


@pytest.fixture(scope="module")
def chromium(playwright: Any) -> Iterator[Browser]:
    """Start the browser once."""
    if find() is None:
        pytest.skip(MISSING)
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def people(site: tuple[Little, str], chromium: Browser) -> Iterator[Any]:
    """Sign people in, each in a browser of their own."""
    contexts = []

    def sign_in(name: str, *, size: dict = WIDE) -> Page:
        context = chromium.new_context(viewport=size, base_url=site[1])
        contexts.append(context)
        page = context.new_page()
        steps.sign_in(page, email=f"{name}@example.org", password=PASSWORD, home=site[1])
        return page

    yield sign_in
    for context in contexts:
        context.close()


def stored(key: str) -> tuple[Case, dict[str, str]]:
    """Read a case as it stands in the database."""
    with everywhere(), transaction.atomic():
        case = Case.objects.select_related("version").get(key=key)
        return case, dictionaries.layout(case.version).unpack(case.answers)


def eventually(holds: Callable[[], bool], *, within: float = 20) -> bool:
    """Ask again and again for some seconds whether something has come to hold."""
    last = monotonic() + within
    while not holds():
        if monotonic() > last:
            return False
        sleep(0.1)
    return True


def opened(page: Page) -> str:
    """Open a new case by keyboard; return its number."""
    key = f"J-{next(_numbers)}"
    page.goto("/cases/")
    page.keyboard.press("c")
    page.wait_for_url("**/cases/new/")
    expect(page.locator("#field-key")).to_be_focused()
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/[0-9A-Z]{10}/$"))
    expect(page.locator("#field-age_years")).to_be_focused()
    return key


def saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    expect(page.locator("#entry-saved")).to_contain_text("Saved")


def test_a_nurse_enters_and_submits_a_case_without_a_mouse(people):
    page = people("nora")
    key = opened(page)
    operated_on = datetime.now(UTC).date() - timedelta(days=60)
    for typed in ("67", "2", f"{operated_on:%d %b %Y}", "3", "n", "2.1", "170", "80", "1", "laparo", "S1", "3", "adh", "1", "t"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect(page.locator("#field-remark")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("button", name="As in the chart")).to_be_focused()
    page.keyboard.press("Enter")
    saved(page)
    case, answers = stored(key)
    assert answers == {
        "case_id": key, "age_years": "67", "sex": "2", "operated_on": operated_on.isoformat(), "asa": "3", "smoker": "0",
        "albumin": "2.1", "height_cm": "170", "weight_kg": "80", "bmi": "27.7", "conditions___1": "1", "procedure": "44204",
        "surgeon": "S1", "approach": "3", "conversion_reason": "1", "fu_status": "1", "fu_on": answers["fu_on"],
    }  # fmt: skip
    assert (case.n_hard, case.n_soft) == (0, 0)
    expect(page.locator("#entry-progress")).to_have_text("10 of 10 answered")
    for _ in range(3):
        page.keyboard.press("]")
    expect(page.get_by_role("button", name="Submit case")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/")
    expect(page.get_by_text(f"Case {key} is submitted.")).to_be_visible()
    with everywhere(), transaction.atomic():
        assert FindingReason.objects.get(case__key=key).reason == "As in the chart"


def test_what_branches_appears_in_place_and_what_is_wrong_is_said_beside_its_field(people):
    page = people("nora")
    opened(page)
    page.locator("[data-section=risk]").first.click()
    page.locator("#field-albumin").fill("12")
    finding = page.locator("[data-element=albumin] .finding-error")
    expect(finding).to_contain_text("12 g/dL is above the highest allowed value, 7 g/dL")
    page.locator("[data-section=operation]").first.click()
    reason = page.locator("[data-element=conversion_reason]")
    expect(reason).to_be_hidden()
    page.locator("#field-approach").focus()
    page.keyboard.press("3")
    expect(reason).to_be_visible()
    expect(page.locator("[name=approach][value='3']")).to_be_focused()


def test_two_people_on_one_case_see_each_others_change_and_decide_field_by_field(people):
    nora, nick = people("nora"), people("nick")
    key = opened(nora)
    nick.goto(nora.url)
    nick.locator("#field-sex").focus()
    nick.keyboard.press("1")
    saved(nick)
    nora.locator("#field-sex").focus()
    nora.keyboard.press("2")
    nora.locator("#field-age_years").focus()
    nora.keyboard.type("70")
    nora.keyboard.press("Enter")
    conflict = nora.locator("[data-element=sex] .finding-dispute")
    expect(conflict).to_contain_text("Nick Okafor changed this to “Female”")
    expect(nora.locator("#entry-saved")).to_contain_text("Not saved: 1 field changed by somebody else")
    assert stored(key)[1] | {"case_id": ""} == {"case_id": "", "age_years": "70", "sex": "1"}
    conflict.get_by_role("button", name="Keep mine").click()
    saved(nora)
    assert stored(key)[1]["sex"] == "2"


def test_nothing_is_lost_offline_when_signed_out_or_when_the_page_is_closed(people):
    page = people("nora")
    key = opened(page)
    context = page.context
    context.set_offline(True)
    page.keyboard.type("71")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    expect(page.locator("#entry-saved")).to_contain_text("Not saved: offline, 2 changes waiting")
    context.set_offline(False)
    saved(page)
    assert stored(key)[1]["age_years"] == "71"
    context.clear_cookies(name="cairn_session")
    page.keyboard.press("2")
    expect(page.locator("#signed-out")).to_be_visible()
    page.fill("#signed-out input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#signed-out")).to_be_hidden()
    saved(page)
    assert stored(key)[1]["sex"] == "2"
    page.locator("#field-age_years").fill("72")
    page.on("dialog", lambda dialog: dialog.accept())
    page.close(run_before_unload=True)
    other = people("nick")
    other.goto("/cases/")
    expect(other.get_by_role("link", name=key, exact=True)).to_be_visible()
    # What a closing page sends travels on without it; the server takes it in when it comes.
    assert eventually(lambda: stored(key)[1]["age_years"] == "72")
    with everywhere(), transaction.atomic():
        numbers = list(CaseRevision.objects.filter(case__key=key).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_every_page_of_a_case_is_accessible_and_fits_its_window(people, site, size):
    little, _ = site
    draft = little.open(f"A-{next(_numbers)}", WHOLE | {"albumin": "2.1", "asa": ""})
    done = little.open(f"A-{next(_numbers)}", WHOLE)
    with little.acting("nora") as person:
        case_actions.submit(case_id=done.pk, by=person, at=datetime.now(UTC))
    page = people("nora", size=size)
    for path in (
        "/cases/", "/cases/new/", f"/cases/{draft.code}/", f"/cases/{done.code}/", f"/cases/{done.code}/history/", "/amendments/",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        faults = Axe().run(page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in faults] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
