"""What people of a journey do, one after the other: enter, close, compare, publish, prepare, check, read."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from config.example.people import PASSWORD, PAYER
from sites import one_time
from tests.databases import as_role
from tests.house.catalog import ask

LONG = 120_000
Look = Callable[[Page], None]
MISSING_KEYS = {"ND": "n", "UNK": "u", "NDOC": "d", "NAP": "a", "NC": "c"}
# Where one stands in the case form, and what its choices are called and which keys they answer to.
HERE = """() => {
  const row = document.activeElement?.closest?.("[data-element]");
  if (!row) return null;
  const schema = JSON.parse(document.getElementById("entry-data").textContent).schema;
  const element = schema.sections.flatMap((section) => section.elements).find((one) => one.name === row.dataset.element);
  const keys = {};
  for (const pill of row.querySelectorAll(".choice input")) keys[pill.value] = pill.dataset.letter || pill.dataset.key;
  return { name: row.dataset.element, control: row.dataset.control, kind: document.activeElement.dataset.kind || "", keys,
    labels: Object.fromEntries(element.choices.map((one) => [one.code, one.label])),
    boxes: Object.fromEntries(element.choices.map((one) => [one.code, one.column])) };
}"""


def enter(page: Page, *, key: str, answers: Mapping[str, str]) -> None:
    """Open a case and type every answer, by keyboard alone, until the button that submits it has the focus."""
    page.goto("/cases/")
    page.keyboard.press("c")
    page.wait_for_url("**/cases/new/")
    expect(page.locator("#field-key")).to_be_focused()
    page.keyboard.type(key)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/[0-9A-Z]{10}/$"))
    page.wait_for_function("document.activeElement.closest('[data-element]')")
    seen = set()
    while (here := page.evaluate(HERE)) is not None:
        assert here["name"] not in seen, f"Enter does not lead on from {here['name']}"
        seen.add(here["name"])
        _answer(page, here, answers)
        if here["control"] == "notes":
            page.keyboard.press("Alt+PageDown")
        else:
            page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Submit case")).to_be_focused()
    expect(page.locator("#entry-saved")).to_contain_text("Saved")


def _answer(page: Page, here: dict, answers: Mapping[str, str]) -> None:
    if here["control"] == "boxes":
        for code, column in here["boxes"].items():
            if answers.get(column) == "1":
                page.keyboard.press(here["keys"][code])
        return
    text = answers.get(here["name"], "")
    if here["control"] == "pills" and text:
        page.keyboard.press(here["keys"][text])
    elif here["control"] == "list":
        page.keyboard.type(here["labels"].get(text, text))
    elif text in here["keys"]:
        page.keyboard.press(MISSING_KEYS[text])
    else:
        page.keyboard.type(text)


# What each person's app keeps: the key, by address of the site and of the person.
_KEYS: dict[tuple[str, str], str] = {}


def sign_in(page: Page, *, email: str, password: str, home: str) -> None:
    """Sign in as people do: address, password, and a code where the account asks for one (set up the first time)."""
    page.goto("/sign-in/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"^{re.escape(home)}/(sign-in/code/)?$"))
    for _ in range(20):
        if "/sign-in/code/" not in page.url:
            return
        page.fill("input[name=code]", _code(page, of=(home, email)))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        if page.get_by_role("link", name="I have kept them").count():
            page.get_by_role("link", name="I have kept them").click()
            page.wait_for_url(f"{home}/")
        elif "/sign-in/code/" in page.url:
            page.wait_for_timeout(5000)  # the same person signed in three times within half a minute
            page.goto("/sign-in/code/")


def _code(page: Page, *, of: tuple[str, str] = ("", "")) -> str:
    """Read the code as the demo shows it, or as the app would make it from the key that the page showed the first time."""
    if page.locator("[data-code]").count():
        return page.locator("[data-code]").inner_text()
    if page.locator("code.hash").count():
        _KEYS[of] = page.locator("code.hash").inner_text().replace(" ", "")
    secret = base64.b32decode(_KEYS[of] + "=" * (-len(_KEYS[of]) % 8))
    return one_time.code(secret, one_time.step(datetime.now(UTC)))


def confirm(page: Page) -> None:
    """Show once more who one is, where a page asks for it."""
    page.fill("input[name=code]", _code(page))
    page.get_by_role("button", name="Confirm").click()


def close_the_quarter(staff: Page, look: Look) -> str:
    """Close the quarter that is over and still open; return its label."""
    staff.get_by_role("link", name="Periods").first.click()
    look(staff)
    staff.locator("tr", has_text="over, can be closed").get_by_role("link").first.click()
    label = staff.locator("h1").inner_text()
    look(staff)
    reason = staff.get_by_label("Why is it closed before its announced day?")
    if reason.count():
        reason.fill("The meeting of the collaborative is near.")
    staff.get_by_role("button", name=re.compile("^Close ")).click()
    expect(staff.get_by_role("heading", name="Snapshots")).to_be_visible(timeout=LONG)
    expect(staff.locator("main")).to_contain_text("closed", ignore_case=True)
    look(staff)
    return label


def compare(analyst: Page, look: Look, *, upto: str) -> str:
    """Run the comparison up to a quarter and watch it at work; return where it is reviewed."""
    analyst.goto("/comparisons/")
    look(analyst)
    offered = analyst.locator("select[name=upto] option").all_inner_texts()
    analyst.locator("select[name=upto]").select_option(label=next(words for words in offered if upto in words))
    analyst.get_by_role("button", name="Compare the hospitals").click()
    review = analyst.url
    state = analyst.locator("main")
    expect(state).to_contain_text(re.compile("waiting|Comparing|Reading|to be reviewed", re.IGNORECASE))
    expect(state).to_contain_text("to be reviewed", timeout=LONG)
    look(analyst)
    assert analyst.get_by_role("button", name="Publish to the hospitals").count() == 0
    return review


def publish(lead: Page, look: Look, *, review: str) -> None:
    """Publish a comparison to the hospitals."""
    lead.goto(review)
    lead.get_by_role("button", name="Publish to the hospitals").click()
    expect(lead.locator("main")).to_contain_text("published", timeout=LONG)
    look(lead)


def prepare(staff: Page, look: Look) -> str:
    """Prepare releases until one passes the rules; return its address."""
    staff.goto("/releases/")
    look(staff)
    for place in range(staff.locator("select[name=run] option").count()):
        staff.goto("/releases/")
        staff.locator("select[name=run]").select_option(index=place)
        staff.get_by_role("button", name="Prepare the release").click()
        state = staff.locator("main")
        expect(state).to_contain_text(re.compile("waits for the first checker|do not let this leave"), timeout=LONG)
        if "waits for the first checker" in state.inner_text():
            look(staff)
            assert staff.get_by_role("radio").count() == 0, "whoever prepares does not check"
            return staff.url
    raise AssertionError("no measure of the universe may be released")


def check(analyst: Page, look: Look, *, release: str, then: str) -> str:
    """Let pass what somebody else prepared, once; return its hash."""
    analyst.goto(release)
    look(analyst)
    sha256 = analyst.locator("code").filter(has_text=re.compile(r"^[0-9a-f]{64}$")).first.inner_text()
    analyst.get_by_label("Let it pass").check()
    analyst.locator("form[action$='/check/'] button").click()
    expect(analyst.locator("main")).to_contain_text(then)
    assert analyst.get_by_role("radio").count() == 0, "nobody checks twice"
    assert analyst.get_by_role("button", name="Release to the payer").count() == 0, "the hospitals look first"
    return sha256


def preview_passes(*, release: str) -> None:
    """Let the ten working days of a preview go by."""
    code = release.rstrip("/").split("/")[-1]
    with as_role("superuser"):
        ask("SELECT set_config('session_replication_role', 'replica', false)")
        ask("UPDATE feedback_release SET preview_until = current_date - 2 WHERE code = %s RETURNING 1", code)


def finish(lead: Page, look: Look, *, release: str) -> None:
    """Release to the payer what was checked twice and previewed."""
    lead.goto(release)
    look(lead)
    lead.get_by_role("button", name="Release to the payer").click()
    expect(lead.locator("main")).to_contain_text("released")


def read_release(payer: Page, look: Look, *, portal: str, sha256: str) -> bytes:
    """Sign in to the portal, wait for the release and download it; return its bytes, which are the checked ones."""
    payer.goto("/")
    assert payer.url.startswith(f"{portal}/sign-in/")
    look(payer)
    payer.get_by_label("E-mail").fill(PAYER[0])
    payer.get_by_label("Password").fill(PASSWORD)
    payer.get_by_role("button", name="Sign in").click()
    expect(payer.get_by_label("Code")).to_be_visible()
    look(payer)
    payer.get_by_label("Code").fill(_code(payer, of=(portal, PAYER[0])))
    payer.get_by_role("button", name="Sign in").click()
    look(payer)
    payer.get_by_role("link", name="I have kept them").click()
    for _ in range(60):
        if sha256 in payer.content():
            break
        payer.wait_for_timeout(500)
        payer.goto("/")
    assert sha256 in payer.content()
    look(payer)
    with payer.expect_download() as started:
        payer.locator(f"a[href$='{sha256}.json']").click()
    body = started.value.path().read_bytes()
    assert hashlib.sha256(body).hexdigest() == sha256
    return body
