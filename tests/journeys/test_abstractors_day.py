"""An abstractor's day: from the operating list to a submitted case by keyboard, with every key stroke counted; follow-up; the lock."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from config.example import files, generate
from config.example.sampling import HEADERS, LISTED, Operation, listed
from config.example.sampling import rules as publish
from registry import tasks
from registry.models import Case, CaseMinutes, Cycle
from registry.selectors import dictionaries
from sites import outbox
from sites.models import Job
from tests import databases
from tests.databases import as_role
from tests.journeys import steps
from tests.journeys.steps import HERE, MISSING_KEYS
from tests.plugin.browser import FLAGS, MISSING, find
from tests.registry.little import PASSWORD, Little, everywhere, place
from tests.registry.serving import serving

pytestmark = pytest.mark.journey
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
# What is declared: key strokes a second of somebody who types steadily. Reading the chart takes its own time, which no test knows.
STROKES_A_SECOND = 4.0
FOUR_MINUTES = 240
WORK = {"registry.check_frame": tasks.check_frame, "registry.commit_frame": tasks.commit_frame}


ORDER = """(name) => JSON.parse(document.getElementById("entry-data").textContent).schema.sections
  .flatMap((section) => section.elements).find((one) => one.name === name).choices.map((one) => one.code)"""


@dataclass
class Hands:
    """A keyboard that counts: one for each key pressed and each letter typed."""

    page: Page
    n: int = 0

    def press(self, key: str) -> None:
        """Press one key."""
        self.n += len(key.split("+"))
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type letter by letter."""
        self.n += len(text)
        self.page.keyboard.type(text)


@pytest.fixture(scope="module")
def site(django_db_blocker: Any) -> Iterator[tuple[Little, str]]:
    """Serve a little world with the colorectal dictionary and its sampling rules."""
    source, companion = files.dictionary("colorectal")
    with django_db_blocker.unblock(), databases.cloned(databases.migrated()):
        little = place().little(code="colorectal", dictionary=source, companion=companion)
        with everywhere(), transaction.atomic():
            first = datetime.now(UTC).date() - timedelta(days=90)
            publish(little.registry, dictionary=dictionaries.load(little.version), starts_on=first, by="test", at=datetime.now(UTC))
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


def chart() -> tuple[date, dict[str, str]]:
    """Take the fullest chart of the example, of a cancer patient who was reached, and move it to sixty days ago."""
    rows = list(csv.DictReader(io.StringIO(generate.small(seed=1).files["H04"].decode("utf-8-sig"))))
    kept = [row for row in rows if row["fu_status"] == "1" and row["indication"] == "1" and row["discharge_to"] == "1"]
    row = max(kept, key=lambda one: sum(1 for text in one.values() if text))
    operated_on = datetime.now(UTC).date() - timedelta(days=60)
    by = operated_on - date.fromisoformat(row["operated_on"])
    moved = {name: _moved(text, by) for name, text in row.items() if text}
    return operated_on, moved | {"surgeon": "S1", "case_id": "N-00042"}


def _moved(text: str, by: timedelta) -> str:
    if not re.match(r"^\d{4}-\d\d-\d\d", text):
        return text
    return (date.fromisoformat(text[:10]) + by).isoformat() + text[10:]


def work() -> None:
    """Run the jobs that wait, as the worker."""
    with as_role("cairn_worker"):
        for job in list(Job.objects.filter(status="QUEUED", task__in=WORK).order_by("id")):
            outbox.run_once(job.pk, work=WORK[job.task].work)
            job.refresh_from_db()
            assert job.status == "DONE", job.error


def answer(hands: Hands, here: Mapping[str, Any], answers: Mapping[str, str], *, operated_on: str) -> None:
    """Answer one field with as few strokes as a practised nurse."""
    if here["control"] == "boxes":
        for code, column in here["boxes"].items():
            if answers.get(column) == "1":
                hands.press(here["keys"][code])
        return
    text = answers.get(here["name"], "")
    if not text:
        return
    if here["control"] == "pills":
        hands.press(here["keys"][text])
    elif here["control"] == "list":
        codes = hands.page.evaluate(ORDER, here["name"])
        if text in MISSING_KEYS and text not in codes:
            hands.type(text)
        elif len(codes) <= 8:
            hands.press(str(codes.index(text) + 1))
        else:
            hands.type(here["labels"][text][:12])
    elif text in MISSING_KEYS:
        hands.press(MISSING_KEYS[text])
    elif here["kind"] == "moment" and text.startswith(operated_on):
        hands.type(text[11:].replace(":", ""))
    elif here["kind"] in ("day", "moment"):
        day = date.fromisoformat(text[:10])
        hands.type(f"{day.month}/{day.day}/{day:%y}" + (f" {text[11:]}" if here["kind"] == "moment" else ""))
    else:
        hands.type(text)


def test_from_the_operating_list_to_a_submitted_case_by_keyboard(people, site, capsys):
    little, _ = site
    operated_on, answers = chart()
    others = [Operation(key=f"N-{n:05d}", operated_on=operated_on, chart=answers | {"case_id": f"N-{n:05d}"}) for n in range(1, 7)]
    rare = Operation(key="N-00042", operated_on=operated_on, chart=answers | {"procedure": answers["procedure"]})
    page = people("nora")
    page.goto("/cases/sampling/lists/")
    content = listed([*others, rare]).decode()
    page.set_input_files("#field-file", {"name": "theatre.csv", "mimeType": "text/csv", "buffer": content.encode()})
    page.get_by_role("button", name="Send and check the list").click()
    page.wait_for_url(re.compile(r"/cases/sampling/lists/\w{10}/$"))
    for place_, (header, column) in enumerate(zip(HEADERS, LISTED, strict=True)):
        expect(page.locator("th", has_text=header).first).to_be_visible()
        page.fill(f"#field-column-{place_}", column)
    page.get_by_role("button", name="Check the list").click()
    work()
    page.reload()
    page.get_by_role("button", name="Add 7 operations, leave 0").click()
    work()
    page.reload()
    expect(page.get_by_text("Committed", exact=True)).to_be_visible()
    page.get_by_role("link", name="Go on to the cycles").click()
    page.get_by_role("button", name=re.compile("^Draw cycle")).first.click()
    page.wait_for_url(re.compile(r"/cases/sampling/colorectal/north/\d+/$"))
    expect(page.get_by_text("the same operations are taken")).to_be_visible()
    with everywhere(), transaction.atomic():
        cycle = Cycle.objects.get(registry=little.registry)
        case = Case.objects.filter(registry=little.registry, status="DRAFT").order_by("id").first()
    assert cycle.n_selected == 3
    hands = Hands(page)
    page.goto("/cases/")
    expect(page.locator("[data-row]")).to_have_count(3)
    hands.press("j")
    hands.press("Enter")
    page.wait_for_url(re.compile(r"/cases/[0-9A-Z]{10}/$"))
    page.wait_for_function("document.activeElement.closest('[data-element]')")
    key = page.locator(".head-title, h1").first.inner_text()
    expect(page.locator("[data-element=age_years] .source-mark")).to_contain_text("from the operating list of")
    filled = _enter(page, hands, answers, operated_on=operated_on.isoformat())
    hands.press("Enter")
    page.wait_for_url("**/cases/")
    expect(page.get_by_text(re.compile(r"^Case N-\d{5} is submitted"))).to_be_visible()
    with everywhere(), transaction.atomic():
        case = Case.objects.select_related("version").get(registry=little.registry, status="SUBMITTED")
        held = dictionaries.layout(case.version).unpack(case.answers)
        minutes = CaseMinutes.objects.get(case=case)
    dictionary = dictionaries.load(case.version)
    elements = [element for element in dictionary.elements if element.is_entered and any(held.get(column) for column in element.columns)]
    prefilled = sum(element.name in LISTED for element in elements)
    own = set(answers) - {"case_id", *dictionary.calculation_order}
    assert {name: text for name, text in held.items() if name in own} == {name: answers[name] for name in own if name in held}
    assert minutes.seconds >= 1
    assert set(minutes.elements) <= {element.name for element in dictionary.elements}
    seconds = hands.n / STROKES_A_SECOND
    with capsys.disabled():
        print(
            f"\nA colorectal case ({key}): {len(dictionary.elements)} elements in the dictionary, {len(elements)} answered, {prefilled} of them"
            f" from the list, {filled} fields passed: {hands.n} key strokes from the worklist to “submitted”, {seconds:.0f} s at"
            f" {STROKES_A_SECOND:g} strokes a second (typing alone; reading the chart is not in it)."
        )
    assert len(elements) >= 70
    assert seconds < FOUR_MINUTES


def _enter(page: Page, hands: Hands, answers: Mapping[str, str], *, operated_on: str) -> int:
    """Go through every field until the button that submits has the focus; return how many fields were passed."""
    # The form begins at the first blank; what the list filled before it is passed on the way.
    seen: set[str] = set()
    while (here := page.evaluate(HERE)) is not None:
        assert here["name"] not in seen, f"Enter does not lead on from {here['name']}"
        seen.add(here["name"])
        given = page.evaluate("(name) => Boolean(document.querySelector(`[data-element='${name}'] .source-mark`))", here["name"])
        if not given:
            answer(hands, here, answers, operated_on=operated_on)
        hands.press("Alt+PageDown" if here["control"] == "notes" else "Enter")
    for _ in range(12):
        if not page.locator("[data-finding]:not(.is-explained)").count():
            break
        hands.press("Alt+ArrowDown")
        hands.press("Enter")
    while not page.evaluate("document.activeElement?.textContent === 'Submit case'"):
        hands.press("]")
    expect(page.locator("#entry-saved")).to_contain_text("Saved")
    return len(seen)


def test_a_patient_is_followed_up_and_what_was_learnt_is_copied_nowhere(people):
    page = people("nora")
    page.goto("/cases/follow-up/")
    page.get_by_role("link", name=re.compile("^Record contact")).first.click()
    page.get_by_label("No answer").check()
    again = datetime.now(UTC).date() + timedelta(days=3)
    page.get_by_label("Ask again on").fill(again.isoformat())
    page.get_by_role("button", name="Record contact").click()
    expect(page.get_by_text("It comes back on the day of the next try.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Tried, ask again later")).click()
    expect(page.get_by_text("telephone, no answer")).to_be_visible()
    page.goto("/cases/follow-up/")
    page.get_by_role("link", name=re.compile("^Record contact")).first.click()
    page.get_by_label("Reached").check()
    page.get_by_role("button", name="Record contact").click()
    page.wait_for_url(re.compile(r"/cases/[0-9A-Z]{10}/$"))
    with everywhere(), transaction.atomic():
        case = Case.objects.select_related("version").get(code=page.url.rstrip("/").rpartition("/")[2])
        held = dictionaries.layout(case.version).unpack(case.answers)
    assert (held["fu_status"], held["fu_method"]) == ("1", "2")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_every_page_of_the_day_is_accessible_and_fits_its_window(people, site, size):
    little, _ = site
    with everywhere(), transaction.atomic():
        cycle = Cycle.objects.filter(registry=little.registry).first()
        case = Case.objects.filter(registry=little.registry, status="DRAFT").order_by("id").first()
    for who, paths in (
        (
            "lena",
            (
                "/cases/", "/cases/follow-up/", "/cases/sampling/", "/cases/sampling/reconciliation/", "/cases/sampling/lists/", "/cases/locks/",
                f"/cases/sampling/colorectal/north/{cycle.number}/", f"/cases/{case.code}/contacts/",
            ),
        ),
        ("cleo", ("/dictionaries/colorectal/sampling/", f"/periods/{little.periods['Q3 2026'].pk}/")),
    ):  # fmt: skip
        page = people(who, size=size)
        for path in paths:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            faults = Axe().run(page).response["violations"]
            assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in faults] == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
