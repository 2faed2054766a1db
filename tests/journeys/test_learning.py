"""The learning loop in a browser: found and invited, described, adopted and logged, read; and what another hospital does not find."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from interventions.models import Adoption, Candidate, Priority, Search
from tests.databases import as_role
from tests.sites.acting import machine

pytestmark = pytest.mark.journey
LONG = 60_000


def nominate() -> str:
    """Plant a search that nominates the first hospital: nine small hospitals give nobody away by themselves."""
    with as_role("cairn_worker"), machine():
        known = Search.objects.filter(refusal=[]).order_by("-pk").first()
        row = Candidate.objects.get(search=known, measure_code="ssi30", hospital__code="H04")
        estimate = row.document["estimate"]
        nomination = {
            "label": row.label, "measure": "ssi30", "odds_ratio": estimate["odds_ratio"], "lower": estimate["lower"], "upper": estimate["upper"],
            "probability_false": estimate["probability_false"], "says": "CONFIRMS", "comparator": "No. 3",
        }  # fmt: skip
        document = known.document | {"nominations": [nomination], "expected_false_share": 0.05}
        planted = Search.objects.create(
            code="PLANTED",
            comparison=known.comparison,
            digest="f" * 64,
            document=document,
            at=timezone.now(),
            refusal=[],
        )
        Candidate.objects.create(
            search=planted,
            hospital=row.hospital,
            label=row.label,
            measure_code="ssi30",
            nominated=True,
            document=row.document,
        )
        return row.label


def until(page: Page, path: str, words: str) -> None:
    """Open a page again until a job has written what it should show."""
    for _ in range(40):
        page.goto(path)
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(500)
    expect(page.locator("main")).to_contain_text(words)


def test_from_a_bright_spot_to_the_ward(whole, signed, accessible):
    label = nominate()
    staff, lead, other = signed("staff"), signed("sitelead"), signed("sitelead2")

    staff.goto("/learn/bright-spots/")
    accessible(staff)
    staff.get_by_role("button", name=re.compile(f"^Invite {re.escape(label)} on")).click()
    expect(staff.locator("main")).to_contain_text("The invitation is on its way")
    until(staff, "/learn/", "Invitations")
    accessible(staff)

    lead.goto("/")
    lead.locator("main a[href^='/learn/invitations/']").first.click()
    invitation = lead.url
    accessible(lead)
    lead.get_by_label("We may be named to those chosen below").check()
    lead.get_by_role("textbox", name=re.compile("^What we do")).fill("Fresh gloves before the fascia is closed.")
    lead.get_by_role("button", name="Send the answer").click()
    expect(lead.locator("main")).to_contain_text("agreed to be named")

    other.goto("/learn/")
    expect(other.locator("main")).to_contain_text("Fresh gloves before the fascia is closed.")
    assert other.goto(invitation).status == 404

    lead.goto("/learn/toolkits/bundle/")
    accessible(lead)
    lead.get_by_text("Adopt it", exact=True).click()
    lead.locator("select[name=hospital]").select_option(index=1)
    lead.locator("select[name=window]").select_option("4")
    lead.get_by_label("We start on").fill((timezone.now() + timedelta(days=20)).date().isoformat())
    lead.get_by_role("button", name="Commit to the start").click()
    expect(lead.locator("main")).to_contain_text("locked from now on")
    adoption = lead.url
    lead.get_by_label("What we did").fill("Tried the bags in one clinic.")
    lead.get_by_role("button", name="Keep the note").click()
    expect(lead.locator("main")).to_contain_text("Tried the bags in one clinic.")
    accessible(lead)
    lead.get_by_role("link", name="What stands in the way, and help").click()
    accessible(lead)

    surgeon = signed("surgeon")
    surgeon.goto("/learn/toolkits/bundle/")
    expect(surgeon.get_by_role("heading", name="Did it help?")).to_be_visible()
    expect(surgeon.locator("main")).to_contain_text(
        re.compile("Too early to say|No clear sign|It helped|It made things worse")
    )
    assert surgeon.goto(adoption).status == 403

    assert other.goto(adoption).status == 404
    with as_role("cairn_worker"), machine():
        assert Adoption.objects.filter(hospital__code="H04", toolkit__code="bundle").count() == 1


def test_a_plan_from_a_standing_and_where_reports_get_stuck(whole, signed, accessible):
    lead = signed("sitelead")
    lead.goto("/standing/colorectal/ssi30/")
    expect(lead.get_by_text("you work on this")).to_be_visible(timeout=LONG)
    accessible(lead)
    lead.goto("/learn/plans/new/colorectal/ssi30/")
    accessible(lead)
    lead.get_by_label("What you will change").select_option(index=1)
    lead.get_by_label("The next step").fill("Ask the clinic for an hour.")
    lead.get_by_label("By when").fill((timezone.now() + timedelta(days=3)).date().isoformat())
    lead.get_by_role("button", name="Make it a priority").click()
    expect(lead.locator("main")).to_contain_text("It is one of your three now.")
    accessible(lead)
    plan = lead.url
    lead.goto("/")
    expect(lead.locator("main")).to_contain_text("Ask the clinic for an hour.", timeout=LONG)
    accessible(lead)
    for path in ("/learn/plans/", "/learn/spread/bundle/", "/learn/help/", "/learn/recognition/"):
        lead.goto(path)
        accessible(lead)

    other = signed("sitelead2")
    assert other.goto(plan).status == 404
    with as_role("cairn_worker"), machine():
        own = set(Priority.objects.filter(hospital__code="H04").values_list("code", flat=True))
        names = set(Priority.objects.filter(hospital__code="H04").values_list("hospital__name", flat=True))
    assert own
    for path in ("/learn/plans/", "/learn/spread/bundle/", "/learn/help/"):
        other.goto(path)
        assert not any(words in other.content() for words in [*own, *names])
    accessible(other)

    staff = signed("staff")
    for path in ("/learn/plans/", "/learn/spread/bundle/", "/learn/help/", "/learn/recognition/"):
        staff.goto(path)
        accessible(staff)
    staff.goto("/learn/plans/")
    expect(staff.get_by_role("heading", name="Where reports get stuck")).to_be_visible()
    assert staff.goto(plan).status == 403
