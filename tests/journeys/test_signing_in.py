"""Signed out in the middle of a page: it is covered, asks who it is in place, and goes on; and a passkey from its making to its use."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sites.actions import second_factor
from tests.databases import as_role
from tests.journeys import steps
from tests.journeys.served import NARROW, WIDE, chromium, people, site, sound
from tests.registry.little import PASSWORD

__all__ = ["chromium", "people", "site"]
pytestmark = pytest.mark.journey
REASON = "A hospital asks about a case that was sent twice."


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Wait longer than usual: a password is hashed on purpose slowly, and the machine may be busy."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def ended(context: BrowserContext, page: Page) -> None:
    """Let the session end behind the back of an open page, two minutes after it was last heard of."""
    context.clear_cookies(name="cairn_session")
    page.clock.fast_forward("02:00")


def again(page: Page, email: str, home: str) -> None:
    """Give password and code in the dialog."""
    dialog = page.locator("#signed-out")
    expect(dialog).to_be_visible()
    expect(dialog.locator("input[name=email]")).to_have_value(email)
    dialog.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Code")).to_be_focused()
    dialog.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-refused]")).to_contain_text("does not work")
    dialog.get_by_label("Code").fill(steps._code(page, of=(home, email)))
    page.keyboard.press("Enter")


def unused(email: str) -> None:
    """Let the app go on to its next code at once: one that was used does not work again."""
    from sites.models import Authenticator, Person

    with as_role("superuser"):
        Authenticator.objects.filter(person=Person.objects.get(email=email)).update(latest_step=0)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_a_form_of_the_centre_waits_for_password_and_code_and_then_goes_off_with_all_that_was_typed(people, site, size):
    page = people("rita", size=size)
    page.clock.install()
    page.goto("/account/")
    page.locator("input[name=reason]").fill(REASON)
    ended(page.context, page)
    page.get_by_role("button", name="Enter identified mode").click()
    expect(page.locator("#signed-out")).to_be_visible()
    sound(page)
    assert page.evaluate(
        "getComputedStyle(document.getElementById('signed-out'), '::backdrop').backgroundColor"
    ).startswith("rgb(")
    page.keyboard.press("Escape")
    expect(page.locator("#signed-out")).to_be_visible()
    unused("rita@example.org")
    again(page, "rita@example.org", site[1])
    expect(page.locator("main")).to_contain_text("Identified mode is on")
    page.get_by_role("button", name="Leave identified mode").click()
    expect(page.locator("main")).not_to_contain_text("Identified mode is on")


def test_a_page_left_alone_covers_itself_when_its_session_is_over_and_only_its_owner_uncovers_it(people):
    page = people("nora")
    page.clock.install()
    page.goto("/tokens/")
    page.get_by_label("What will use this token?").fill("The theatre system")
    page.clock.fast_forward("13:00")
    expect(page.locator("#signed-out")).to_be_hidden()
    page.context.clear_cookies(name="cairn_session")
    page.clock.fast_forward("03:00")
    dialog = page.locator("#signed-out")
    expect(dialog).to_be_visible()
    dialog.locator("input[name=email]").fill("nick@example.org")
    dialog.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-refused]")).to_contain_text("somebody else")
    dialog.locator("input[name=email]").fill("nora@example.org")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("What will use this token?")).to_have_value("The theatre system")


@pytest.fixture
def at_home(site, chromium) -> Any:
    """Open pages by name, not by number: passkeys are bound to a name."""
    contexts = []
    home = site[1].replace("127.0.0.1", "localhost")

    def visit(size: dict) -> Page:
        context = chromium.new_context(viewport=size, base_url=home)
        contexts.append(context)
        return context.new_page()

    visit.home = home
    yield visit
    for context in contexts:
        context.close()


def device(page: Page) -> Any:
    """Give the browser a device that verifies whoever uses it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_a_passkey_is_made_signs_in_confirms_signs_in_again_in_place_and_is_removed(at_home, size):
    page, email = at_home(size), "rita@example.org"
    session, key = device(page)
    unused(email)
    from sites.models import Person

    with as_role("superuser"):
        rita = Person.objects.get(email=email)
    second_factor.reset(person=rita, by="test", at=steps.datetime.now(steps.UTC))
    steps.sign_in(page, email=email, password=PASSWORD, home=at_home.home)

    page.goto("/account/")
    page.get_by_role("link", name="Make a passkey").click()
    sound(page)
    page.get_by_label("What do you call it?").fill("Rita's telephone")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("main")).to_contain_text("Rita's telephone")
    expect(page.locator("main")).to_contain_text("not yet")
    sound(page)
    page.get_by_label("What do you call it?").fill("The same telephone")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("[data-refused]").first).to_contain_text("already")

    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in/")
    sound(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{at_home.home}/")

    page.goto("/account/confirm/?next=/account/passkeys/")
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{at_home.home}/account/passkeys/")
    expect(page.locator("main")).not_to_contain_text("not yet")

    page.goto("/account/")
    page.clock.install()
    page.goto("/account/")
    page.locator("input[name=reason]").fill(REASON)
    ended(page.context, page)
    page.get_by_role("button", name="Enter identified mode").click()
    page.locator("#signed-out").get_by_role("button", name="Use a passkey").click()
    expect(page.locator("main")).to_contain_text("Identified mode is on")

    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto("/account/confirm/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("[data-refused]").first).to_contain_text(re.compile("not used", re.IGNORECASE))
    page.goto("/account/passkeys/")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("main")).to_contain_text("no passkey yet")
