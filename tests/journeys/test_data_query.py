"""A question from the centre to an abstractor and back, and a rule from its writing to the question it raises."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from registry.models import DataQuery, EditRule
from tests.journeys.served import NARROW, chromium, people, run_jobs, site, sound  # noqa: F401
from tests.registry.little import WHOLE, everywhere

pytestmark = pytest.mark.journey


def queries(**wanted):
    with everywhere(), transaction.atomic():
        return list(DataQuery.objects.filter(**wanted).order_by("id"))


def identified(page):
    """Enter identified mode with a reason."""
    page.goto("/account/")
    page.locator("#field-reason").fill("A question about a value")
    page.get_by_role("button", name="Enter identified mode").click()
    expect(page.get_by_text("Identified mode is on.")).to_be_visible()


def test_a_question_beside_a_field_is_answered_in_place_and_by_a_correction(site, people):  # noqa: F811
    little, _ = site
    case = little.open("Q-1", WHOLE)
    staff = people("cleo")
    identified(staff)
    staff.goto(f"/cases/{case.code}/")
    row = staff.locator('[data-element="albumin"]')
    row.hover()
    row.get_by_text("ask").click()
    staff.get_by_label("Ask the hospital").fill("The report says 3.1. Which is right?")
    sound(staff)
    staff.get_by_role("button", name="Ask about this value").click()
    expect(staff.locator("#entry-queries")).to_contain_text("to answer")

    nora = people("nora")
    nora.goto("/queries/")
    sound(nora)
    expect(nora.locator("tbody tr")).to_have_count(1)
    nora.keyboard.press("j")
    nora.keyboard.press("Enter")
    expect(nora.get_by_role("heading", level=1)).to_have_text("Albumin")
    sound(nora)

    nora.goto(f"/cases/{case.code}/")
    mark = nora.locator('[data-query="albumin"]')
    expect(mark).to_have_text("1 question")
    nora.locator('a[data-section="risk"]').click()
    nora.locator("#field-albumin").focus()
    nora.keyboard.press("Alt+q")
    expect(nora.locator("#entry-queries")).to_contain_text("The report says 3.1")
    expect(nora.locator("#entry-queries textarea")).to_be_focused()
    sound(nora)
    nora.keyboard.type("It is right in the chart.")
    nora.get_by_role("button", name="Value is right").click()
    expect(nora.locator("#entry-queries")).to_contain_text("answered, confirmed")
    expect(mark).to_have_text("answered")

    (query,) = queries(case=case)
    staff.goto(f"/queries/{query.code}/")
    staff.get_by_label("Words").fill("Please look at the second page.")
    staff.get_by_role("button", name="Ask again").click()

    nora.goto(f"/cases/{case.code}/")
    nora.locator('a[data-section="risk"]').click()
    nora.locator("#field-albumin").fill("3.1")
    nora.keyboard.press("Enter")
    expect(nora.locator("#entry-saved")).to_contain_text("Saved")
    nora.wait_for_timeout(500)
    (query,) = queries(case=case)
    assert (query.status, query.outcome) == ("ANSWERED", "CORRECTED")

    staff.goto(f"/queries/{query.code}/")
    expect(staff.locator(".query-thread")).to_contain_text("corrected the value")
    staff.get_by_role("button", name="Accept the answer").click()
    assert queries(case=case)[0].status == "RESOLVED"

    staff.goto(f"/rulings/?from={query.code}")
    staff.get_by_role("textbox", name="Ruling").fill("The value nearest to the operation counts.")
    staff.get_by_role("button", name="Publish ruling").click()
    expect(staff.locator(".ruling")).to_contain_text("nearest to the operation")
    sound(staff)
    nora.goto(f"/cases/{case.code}/")
    nora.locator('a[data-section="risk"]').click()
    nora.locator("#field-albumin").focus()
    expect(nora.locator("#entry-help")).to_contain_text("nearest to the operation")


def test_a_rule_is_written_tried_published_by_another_and_asks(site, people):  # noqa: F811
    little, _ = site
    hit = little.submitted("R-1")
    cleo = people("cleo")
    cleo.goto("/rules/new/")
    cleo.get_by_role("textbox", name="Code").fill("OLD_AND_ILL")
    cleo.get_by_label("Fault when").fill("[age_years] > 60 and [asa] =")
    cleo.get_by_label("Message").fill("Old and ill.")
    cleo.get_by_role("button", name="Keep as a draft").click()
    expect(cleo.locator("main")).to_contain_text("at character")
    sound(cleo)
    cleo.get_by_label("Fault when").fill("[age_years] > 60 and [asa] = '3'")
    cleo.get_by_label("Shown at").fill("asa")
    cleo.get_by_role("button", name="Keep as a draft").click()
    cleo.get_by_role("button", name="Try it on the stored cases").click()
    run_jobs()
    with everywhere():
        rule = EditRule.objects.get(registry=little.registry)
    cleo.goto(f"/rules/{rule.pk}/")
    expect(cleo.locator("main")).to_contain_text("It would fire in")
    expect(cleo.locator("main")).to_contain_text("Somebody else of the coordinating centre")
    sound(cleo)

    rita = people("rita")
    rita.goto(f"/rules/{rule.pk}/")
    rita.get_by_role("button", name="Publish rule").click()
    expect(rita.locator("main")).to_contain_text("in force")
    run_jobs()
    (query,) = queries(rule=rule, case=hit)

    nora = people("nora", size=NARROW)
    nora.goto(f"/queries/{query.code}/")
    sound(nora)
    nora.get_by_label("What the chart shows").fill("As the anaesthetist wrote.")
    nora.get_by_role("button", name="Value is right").click()
    nora.wait_for_url("**/queries/")
    assert queries(rule=rule, case=hit)[0].status == "RESOLVED"
    cleo.goto("/rules/overrides/")
    expect(cleo.locator("tbody")).to_contain_text("As the anaesthetist wrote.")

    key = little.open("R-2", WHOLE | {"asa": "2"})
    nick = people("nick")
    nick.goto(f"/cases/{key.code}/")
    nick.locator('a[data-section="risk"]').click()
    nick.locator('[data-element="asa"] input[value="3"]').check(force=True)
    expect(nick.locator('[data-element="asa"] [data-finding]')).to_contain_text("Old and ill.")
