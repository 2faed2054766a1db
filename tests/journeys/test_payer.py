"""A release: staff prepare it, the analyst checks it, the payer reads it in the portal and finds nothing else."""

import hashlib
import re

import pytest
from playwright.sync_api import Page, expect

from config.example.people import PASSWORD, PAYER

pytestmark = pytest.mark.journey
LONG = 60_000
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


def prepared(staff: Page) -> str:
    """Prepare releases until one passes the rules; return its address."""
    staff.goto("/releases/")
    for place in range(staff.locator("select[name=run] option").count()):
        staff.goto("/releases/")
        staff.locator("select[name=run]").select_option(index=place)
        staff.get_by_role("button", name="Prepare the release").click()
        state = staff.locator("main")
        expect(state).to_contain_text(re.compile("waiting for a checker|do not let this leave"), timeout=LONG)
        if "waiting for a checker" in state.inner_text():
            return staff.url
    raise AssertionError("no measure of the universe may be released")


def test_a_release_is_prepared_checked_and_read(whole, signed, accessible):
    staff = signed("staff")
    staff.goto("/releases/")
    accessible(staff)
    address = prepared(staff)
    accessible(staff)
    assert staff.get_by_role("radio").count() == 0, "whoever prepares does not check"

    analyst = signed("analyst")
    analyst.goto(address)
    accessible(analyst)
    sha256 = analyst.locator("code").filter(has_text=re.compile(r"^[0-9a-f]{64}$")).first.inner_text()
    analyst.get_by_label("Release to the payer").check()
    analyst.locator("form[action$='/check/'] button").click()
    expect(analyst.locator("main")).to_contain_text("released")

    payer = signed.visitor(whole.portal)
    payer.goto("/")
    assert payer.url.startswith(f"{whole.portal}/sign-in/")
    accessible(payer)
    payer.get_by_label("E-mail").fill(PAYER[0])
    payer.get_by_label("Password").fill(PASSWORD)
    payer.get_by_role("button", name="Sign in").click()
    for _ in range(60):
        if sha256 in payer.content():
            break
        payer.wait_for_timeout(500)
        payer.goto("/")
    assert sha256 in payer.content()
    accessible(payer)
    with payer.expect_download() as started:
        payer.locator(f"a[href$='{sha256}.json']").click()
    body = started.value.path().read_bytes()
    assert hashlib.sha256(body).hexdigest() == sha256
    assert not re.search(rb"Hospital|Regional|H0\d|Medical Center", body)

    for path in ELSEWHERE:
        answer = payer.goto(path)
        assert answer.status == 404, path
    accessible(payer)
    payer.goto("/")
    payer.get_by_role("button", name="Sign out").click()
    payer.goto("/")
    assert "/sign-in/" in payer.url


def test_a_payers_log_in_opens_nothing_at_the_collaboratives_site(signed):
    page = signed.visitor()
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(PAYER[0])
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("do not go together")
