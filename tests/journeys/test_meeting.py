"""A hospital consents, is read by name in a meeting's deck, and takes it back; a hospital joins, ticked by both sides."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from feedback.models import UnblindingConsent
from sites.models import Hospital
from tests.collaborative import PASSWORD
from tests.databases import as_role
from tests.sites.acting import machine, person

pytestmark = pytest.mark.journey


def nobody_named():
    """Make it as if no consent had ever been given, so that the journey gives the first; return the hospital's name."""
    with as_role("cairn_worker"), machine():
        UnblindingConsent.objects.update(revoked_at=F("given_at"), revoked_by=person("sitelead"))
        return Hospital.objects.get(code="H04").name


def give(lead, *, until):
    """Consent to be named beside infections before those invited to a meeting."""
    lead.goto("/agreements/")
    lead.get_by_text("Give a consent").click()
    kept = lead.locator("details", has_text="Give a consent")
    kept.locator("select[name=hospital]").select_option(index=1)
    lead.locator("select[name=measure]").select_option(label="Surgical site infection within 30 days")
    lead.locator("select[name=audience]").select_option("MEETING")
    lead.fill("input[name=expires_on]", until)
    lead.get_by_role("button", name="Consent to be named").click()


def test_consent_then_meeting_then_revoked(whole, signed, accessible):
    name = nobody_named()
    staff, lead, guest = signed("staff"), signed("sitelead"), signed("abstractor2")
    soon = timezone.now() + timedelta(days=2)

    give(lead, until=f"{soon + timedelta(days=30):%Y-%m-%d}")
    if "/confirm/" in lead.url:
        # The site lead has no app: the password says once more who it is; then the consent is given.
        lead.fill("input[name=password], input[name=code]", PASSWORD)
        lead.get_by_role("button", name="Confirm").click()
        give(lead, until=f"{soon + timedelta(days=30):%Y-%m-%d}")
    expect(lead.locator("main")).to_contain_text("holds")

    staff.goto("/meetings/")
    accessible(staff)
    staff.get_by_text("Plan a meeting or a call").click()
    staff.locator("select[name=registry]").select_option("colorectal")
    staff.locator("select[name=kind]").select_option("QUARTERLY")
    staff.fill("input[name=title]", "Meeting of the journey")
    staff.fill("input[name=starts_at]", f"{soon:%Y-%m-%dT%H:%M}")
    staff.get_by_role("button", name="Plan the meeting").click()
    expect(staff.locator("h1")).to_have_text("Meeting of the journey")
    address = staff.url
    staff.get_by_text("Invite", exact=True).click()
    staff.get_by_label("abstractor", exact=True).check()
    staff.get_by_role("button", name="Invite them").click()
    staff.get_by_text("Choose the slides").click()
    staff.get_by_label("Surgical site infection within 30 days").check()
    staff.get_by_role("button", name="Show these measures").click()
    accessible(staff)
    staff.get_by_text("Open or close it").click()
    staff.fill("input[name=until]", f"{soon + timedelta(days=1):%Y-%m-%dT%H:%M}")
    staff.get_by_role("button", name="Open to those invited").click()
    expect(staff.locator("main")).to_contain_text("open until")

    path = address.removeprefix(whole.web)
    guest.goto("/meetings/")
    guest.get_by_role("link", name="Meeting of the journey").click()
    guest.get_by_role("button", name="I come").click()
    accessible(guest)
    guest.get_by_role("link", name="Open the deck").click()
    # Beside the figures: an exemplar that tells everybody is thanked by name, whatever it consents to here.
    figures = guest.locator(".slide", has_text="The collaborative’s rate")
    expect(figures).to_contain_text(name)
    expect(guest.locator(".deck-mark").first).to_contain_text("UTC")
    accessible(guest)
    guest.keyboard.press("ArrowRight")
    expect(guest.locator(".slide").nth(1)).to_be_focused()
    assert lead.goto(f"{path}deck/").status == 404
    assert staff.goto(f"{path}deck/").status == 404

    lead.goto("/trail/")
    expect(lead.locator("main")).to_contain_text("View a deck")
    lead.goto("/agreements/")
    lead.locator("tr", has_text="those invited to a meeting").get_by_role(
        "button", name=re.compile("Take it back")
    ).first.click()
    guest.reload()
    expect(figures).to_contain_text("Nobody is named")
    expect(figures).not_to_contain_text(name)


def test_a_hospital_joins_step_by_step_and_both_sides_tick(whole, signed, accessible):
    staff, lead = signed("staff"), signed("sitelead2")
    staff.goto("/desk/hospitals/H07/")
    accessible(staff)
    for page in (staff, lead):
        page.goto("/desk/hospitals/H07/")
        row = page.locator("tr", has_text="The audit was explained")
        if row.get_by_role("button", name=re.compile("^Tick")).count():
            row.get_by_role("button", name=re.compile("^Tick")).click()
    lead.goto("/desk/hospitals/H07/")
    expect(lead.locator("tr", has_text="The audit was explained").get_by_text("done")).to_have_count(2)
    row = lead.locator("tr", has_text="introduced at a meeting")
    expect(row.get_by_text("open")).to_have_count(2)
    row.get_by_role("button", name=re.compile("^Tick")).click()
    accessible(lead)
    staff.goto("/desk/")
    expect(staff.locator("main")).to_contain_text("of 8")
    staff.goto("/desk/hospitals/H07/")
    staff.locator("tr", has_text="introduced at a meeting").get_by_role("button", name=re.compile("^Tick")).click()
    staff.get_by_text("Plan a visit").click()
    staff.fill("input[name=on_day]", f"{timezone.now():%Y-%m-%d}")
    staff.fill("input[name=purpose]", "Read the first cases together")
    staff.get_by_role("button", name="Plan", exact=True).click()
    staff.get_by_role("button", name="It took place").click()
    staff.get_by_label("What was seen and agreed").fill("Ten cases were read; nine agreed.")
    staff.get_by_label(re.compile("^The hospital will")).fill("Look at the tenth once more")
    staff.get_by_role("button", name="Send the report").click()
    visit = staff.url.removeprefix(whole.web)
    accessible(staff)
    lead.goto(visit)
    lead.get_by_label("Is the report right?").fill("It is.")
    lead.get_by_role("button", name="Answer").click()
    expect(lead.locator("main")).to_contain_text("It is.")
    lead.goto("/notices/")
    accessible(lead)
    lead.goto("/desk/hospitals/H07/")
    expect(lead.locator("main")).to_contain_text("Look at the tenth once more")
    assert lead.goto("/desk/hospitals/H04/").status == 404
