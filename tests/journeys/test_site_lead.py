"""A site lead invites somebody, who sets a password and starts; reads who looked at the hospital; ends the role again."""

import re

import pytest
from playwright.sync_api import expect

from tests.collaborative import PASSWORD

pytestmark = pytest.mark.journey
CHOSEN = "cairns-on-the-ridge"


def test_somebody_new_is_invited_starts_and_leaves(whole, signed, accessible):
    lead = signed("sitelead")
    lead.get_by_role("link", name="People").first.click()
    accessible(lead)
    lead.locator("main").get_by_label("E-mail").fill("ines@hospital.example")
    lead.locator("main").get_by_label("Name", exact=True).fill("Ines Falk")
    lead.locator("select[name=role]").select_option("ABSTRACTOR")
    lead.locator("select[name=hospital]").select_option(index=1)
    lead.get_by_role("button", name="Grant the role").click()
    link = lead.get_by_label(re.compile("^Link for Ines Falk")).input_value()
    accessible(lead)

    newcomer = signed.visitor()
    newcomer.goto(link)
    expect(newcomer.locator("h1")).to_have_text("Welcome, Ines Falk")
    accessible(newcomer)
    newcomer.get_by_label("Password").fill(CHOSEN)
    newcomer.get_by_label("The same again").fill(CHOSEN)
    newcomer.get_by_role("button", name="Set the password").click()
    expect(newcomer.locator("main")).to_contain_text("Your password is set")
    accessible(newcomer)
    newcomer.get_by_label("E-mail").fill("ines@hospital.example")
    newcomer.get_by_label("Password").fill(CHOSEN)
    newcomer.keyboard.press("Enter")
    newcomer.wait_for_url(f"{whole.web}/")
    assert newcomer.goto("/cases/").status == 403
    assert newcomer.goto("/training/").status == 200
    expect(newcomer.locator("main")).to_contain_text("practises on invented cases")
    accessible(newcomer)
    assert signed.visitor().goto(link).status == 404

    lead.goto("/trail/")
    expect(lead.locator("main")).to_contain_text("Offer sign-in link")
    accessible(lead)
    lead.goto("/people/")
    row = lead.locator("tr", has_text="Ines Falk")
    row.get_by_text("End the role").click()
    accessible(lead)
    row.get_by_label("Why does it end?").fill("Moved to another ward")
    row.get_by_role("button", name=re.compile("^End Ines Falk")).click()
    expect(lead.locator("main")).to_contain_text("The role of Ines Falk ends")
    assert newcomer.goto("/training/").status == 403
    accessible(newcomer)


def test_a_look_in_identified_mode_stands_in_the_hospitals_trail(signed, accessible):
    staff, reason = signed("staff"), "The hospital asked about a case by telephone."
    staff.goto("/account/")
    accessible(staff)
    staff.get_by_label("Why do you need identified cases?").fill(reason)
    staff.get_by_role("button", name="Enter identified mode").click()
    staff.goto("/cases/?show=all")
    staff.locator("a[href^='/cases/']").filter(has_text="H04").first.click()
    staff.wait_for_load_state()
    accessible(staff)
    lead = signed("sitelead")
    lead.goto("/trail/")
    expect(lead.locator("main")).to_contain_text(reason)
    expect(lead.locator("main")).to_contain_text("Sasha Reed")
    assert PASSWORD not in lead.content()
