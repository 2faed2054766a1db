"""One case from the chart to the payer: typed, counted, compared, published, seen by whom it is for, and by nobody else."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from feedback.models import CaseLedger, Comparison
from registry.models import Case
from registry.selectors import dictionaries
from tests.house.catalog import ask
from tests.journeys import steps
from tests.journeys.test_surgeon import codes
from tests.sites.acting import machine, person

pytestmark = pytest.mark.journey
KEY = "STORY-1"
# REDCap's number of the reason "cancer": its stages are hard to tell apart by their first letters.
CANCER = "1"
ELSEWHERE = (
    "/cases/",
    "/standing/",
    "/people/",
    "/trail/",
    "/api/",
    "/comparisons/",
    "/releases/",
    "/account/",
    "/admin/",
    "/%63ases/",
)


def a_chart() -> dict[str, str]:
    """Take what an uploaded case of the quarter that is over says: one of the surgeon's, nothing found in it."""
    with machine():
        rows = Case.objects.filter(
            hospital__code="H04",
            surgeon=person("surgeon"),
            status="SUBMITTED",
            n_hard=0,
            n_soft=0,
            period__status="OPEN",
        ).select_related("version")
        for case in rows.order_by("id"):
            answers = dictionaries.layout(case.version).unpack(case.answers)
            if answers.get("indication") != CANCER and answers.get("fu_status") == "1":
                return answers
    raise AssertionError("the universe has no such case in the quarter that is over")


def ticked(answers: dict[str, str]) -> dict[str, str]:
    """Leave out boxes that are not ticked: a file says 0 there, a person who never touched them says nothing."""
    return {column: text for column, text in answers.items() if not ("___" in column and text == "0")}


def stored() -> Case:
    with machine():
        return Case.objects.select_related("version").get(key=KEY, hospital__code="H04")


def window(page: Page) -> str:
    """Return which months the site lead's standing speaks of."""
    page.goto("/standing/")
    return re.search(r"[A-Z][a-z]{2} \d{4} – [A-Z][a-z]{2} \d{4}", page.locator("main").inner_text())[0]


def counted(case: Case) -> tuple[str, int]:
    """Return a measure of the newest published comparison that counts the case, and how many cases of its hospital it counts."""
    with machine():
        newest = (
            Comparison.objects.filter(status="PUBLISHED", registry__code="colorectal").order_by("-published_at").first()
        )
        for ledger in CaseLedger.objects.filter(run__comparison=newest, hospital__code="H04").select_related(
            "run__measure"
        ):
            judged = dict(zip(ledger.case_codes, ledger.status, strict=True))
            if judged.get(case.code) in (0, 1):
                return ledger.run.measure.code, sum(status in (0, 1) for status in ledger.status)
    raise AssertionError("no measure counts the case")


def all_codes(page: Page, address: str) -> set[str]:
    page.goto(address)
    seen = codes(page.content())
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").first.click()
        page.wait_for_load_state()
        seen |= codes(page.content())
    return seen


def test_one_case_from_the_chart_to_the_payer(whole, signed, accessible):
    chart = a_chart()
    site_lead = signed("sitelead")
    before = window(site_lead)
    accessible(site_lead)

    abstractor = signed("abstractor")
    steps.enter(abstractor, key=KEY, answers=chart)
    accessible(abstractor)
    abstractor.keyboard.press("Enter")
    abstractor.wait_for_url("**/cases/")
    expect(abstractor.get_by_text(f"Case {KEY} is submitted.")).to_be_visible()
    case = stored()
    with machine(), transaction.atomic():
        held = dictionaries.layout(case.version).unpack(case.answers)
    assert ticked(held) == ticked(chart | {"case_id": KEY})
    assert case.status == "SUBMITTED"

    label = steps.close_the_quarter(signed("staff"), accessible)
    review = steps.compare(signed("analyst"), accessible, upto=label)
    assert window(site_lead) == before, "nobody outside the centre sees a comparison before it is published"
    steps.publish(signed("lead"), accessible, review=review)

    assert window(site_lead) != before
    accessible(site_lead)
    measure, n = counted(case)
    site_lead.goto(f"/standing/colorectal/{measure}/")
    expect(site_lead.locator("figure").first).to_be_visible()
    expect(site_lead.locator("main")).to_contain_text(re.compile(rf"of {n:,} cases"))
    accessible(site_lead)
    assert not re.search(r"Alderbrook|Glasswater|Ironvale", site_lead.content()), "no peer by name"
    assert case.code in all_codes(site_lead, f"/standing/colorectal/{measure}/cases/")

    surgeon = signed("surgeon")
    with machine():
        own = set(Case.objects.filter(surgeon=person("surgeon")).values_list("code", flat=True))
        assert ask("SELECT count(*) FROM registry_case")[0][0] > 2 * len(own)
    seen = all_codes(surgeon, "/cases/?show=all")
    accessible(surgeon)
    assert case.code in seen
    assert seen <= own

    release = steps.prepare(signed("staff2"), accessible)
    sha256 = steps.check(signed("analyst"), accessible, release=release, then="waits for the second checker")
    lead = signed("lead")
    steps.check(lead, accessible, release=release, then="in preview")
    site_lead.goto("/payer/")
    expect(site_lead.locator("main")).to_contain_text("About to leave")
    accessible(site_lead)
    steps.preview_passes(release=release)
    steps.finish(lead, accessible, release=release)
    site_lead.goto("/payer/")
    expect(site_lead.locator("main")).to_contain_text(sha256)
    payer = signed.visitor(whole.portal)
    body = steps.read_release(payer, accessible, portal=whole.portal, sha256=sha256)
    assert not re.search(rb"Hospital|Regional|H0\d|Medical Center", body)
    assert KEY.encode() not in body
    for path in ELSEWHERE:
        assert payer.goto(path).status == 404, path
    accessible(payer)
    payer.goto("/")
    payer.get_by_role("button", name="Sign out").click()
    payer.goto("/")
    assert "/sign-in/" in payer.url
