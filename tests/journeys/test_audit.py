"""An audit from notice to final report: the centre, a reviewer at the keyboard, the hospital; and a surgeon who reads the report."""

import re
from datetime import date

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from registry.models import Audit, AuditReport, Case
from sites.access.roles import Role
from sites.actions import memberships
from tests.databases import as_role
from tests.journeys.served import NARROW, chromium, people, run_jobs, site, sound  # noqa: F401
from tests.journeys.steps import HERE, _answer
from tests.registry.little import NOW, PASSWORD, WHOLE, everywhere

pytestmark = pytest.mark.journey


def keyed(page: Page, answers: dict[str, str]) -> None:
    """Type every answer by keyboard alone, until the last button of the form has the focus."""
    page.wait_for_function("document.activeElement.closest('[data-element]')")
    seen = set()
    while (here := page.evaluate(HERE)) is not None:
        assert here["name"] not in seen, f"Enter does not lead on from {here['name']}"
        seen.add(here["name"])
        _answer(page, here, answers)
        page.keyboard.press("Alt+PageDown" if here["control"] == "notes" else "Enter")
    expect(page.locator("#entry-saved")).to_contain_text("Saved")


def reviewer(little):
    """Add somebody who reads charts of the first hospital again."""
    with as_role("cairn_migrator"), transaction.atomic(), everywhere():
        remy = memberships.add_person(email="remy@example.org", name="Remy Hart", password=PASSWORD, by="test", at=NOW)
        memberships.grant(person=remy, role=Role.REABSTRACTOR, hospital=little.north, starts_on=date(2024, 1, 1), by="test", at=NOW)


def test_an_audit_from_notice_to_final_report_by_three_people(site, people):  # noqa: F811
    little, _ = site
    reviewer(little)
    case = little.submitted("A-17")
    staff = people("cleo")
    staff.goto("/audits/new/")
    sound(staff)
    staff.get_by_label("Hospital and registry").select_option(label="North Lake Hospital, Little registry")
    for name, text in (("Operations from", "2026-01-01"), ("Until before", "2026-12-31"), ("Cases at random", "1"), ("High-yield cases", "0"),
                       ("Cases without an event", "0"), ("Days of notice", "0")):  # fmt: skip
        staff.get_by_label(name, exact=False).first.fill(text)
    staff.get_by_label("Reviewer", exact=True).select_option(index=1)
    staff.get_by_role("button", name="Give notice").click()
    expect(staff.locator("main")).to_contain_text("Notice is given")
    audit_page = staff.url
    lead = people("lena")
    lead.goto("/audits/")
    expect(lead.locator("main")).to_contain_text("notice given")
    staff.get_by_role("button", name="Draw the sample").click()
    expect(staff.locator("main")).to_contain_text("The worker is at it")
    run_jobs()

    remy = people("remy")
    remy.goto("/audits/")
    expect(remy.locator("h1")).to_have_text("Charts to read")
    sound(remy)
    assert remy.goto(f"/cases/{case.code}/").status in (403, 404)
    remy.goto("/audits/")
    remy.get_by_role("link", name="A-17").click()
    sound(remy)
    shown = remy.content()
    assert "Submitted" not in shown
    assert f'"albumin": "{WHOLE["albumin"]}"' not in shown
    keyed(remy, WHOLE | {"smoker": "1" if WHOLE["smoker"] == "0" else "0"})
    remy.get_by_role("button", name="Finish reading").click()
    expect(remy.locator("main")).to_contain_text("Chart A-17 is read")
    run_jobs()

    lead.goto("/audits/")
    lead.get_by_role("row").filter(has_text="waits for the hospital").get_by_role("link").first.click()
    expect(lead.locator("main")).to_contain_text("Smoked in the last year")
    sound(lead)
    lead.get_by_placeholder("What the chart says, and where").fill("The anaesthetic record says otherwise.")
    lead.get_by_role("button", name="Dispute").click()
    expect(lead.locator("main")).to_contain_text("disputed")
    lead.get_by_role("button", name="Send the response").click()
    expect(lead.get_by_role("button", name="Send the response")).to_have_count(0)

    staff.goto(audit_page)
    staff.get_by_placeholder("Why").fill("The chart was read together.")
    sound(staff)
    staff.get_by_role("button", name="Second stands").click()
    staff.get_by_role("button", name="Close adjudication").click()
    staff.get_by_role("button", name="Write the final report").click()
    expect(staff.locator("main")).to_contain_text("The worker is at it")
    run_jobs()
    staff.goto(audit_page)
    staff.get_by_role("link", name="Read the final report").click()
    sound(staff)
    with everywhere(), transaction.atomic():
        report = AuditReport.objects.get(audit__code=audit_page.rstrip("/").rsplit("/", 1)[1])
    expect(staff.locator("footer")).to_contain_text(report.digest)
    expect(staff.locator("main")).to_contain_text("Element by element")

    lead.goto(audit_page)
    lead.get_by_role("button", name="Put the case right").click()
    expect(lead.locator("main")).to_contain_text(re.compile("Put right: revision"))
    with everywhere(), transaction.atomic():
        assert Audit.objects.get(pk=report.audit_id).n_differing == 1
        held = Case.objects.select_related("version").get(pk=case.pk)
        assert dict(zip(held.version.columns, held.answers, strict=True))["smoker"] != WHOLE["smoker"]

    surgeon = people("suri", size=NARROW)
    surgeon.goto("/audits/")
    surgeon.get_by_role("link", name="Report").click()
    expect(surgeon.locator("main")).to_contain_text("stand as first read")
    sound(surgeon)
