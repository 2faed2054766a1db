"""The payer's account opens the portal alone; how a release gets there is told in test_one_story."""

import pytest
from playwright.sync_api import expect

from config.example.people import PASSWORD, PAYER

pytestmark = pytest.mark.journey


def test_a_payers_log_in_opens_nothing_at_the_collaboratives_site(signed):
    page = signed.visitor()
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(PAYER[0])
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("do not go together")
