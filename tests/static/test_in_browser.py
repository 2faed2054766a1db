"""The pages work in a real browser under the real policy: drawn, reachable by keys, readable by machines."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.static.pages import a_frame, page, served

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pages = {
        "/": page("gallery.html"),
        "/long/": page(
            "gallery.html",
            frame=a_frame(
                hospital="The Royal and Ancient University Hospital of Saint Brendan of the Western Isles Foundation Trust"
            ),
        ),
        "/missing/": page("errors/404.html"),
        "/home/": page("home.html", panels=[]),
    }
    with served(pages) as where:
        yield where


def opened(
    browser: Browser, where: str, *, width: int = 1280, dark: bool = False, policy: bool = True
) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport={"width": width, "height": 860}, color_scheme="dark" if dark else "light", bypass_csp=not policy
    )
    tab, said = context.new_page(), []
    tab.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(where)
    expect(tab.locator("[data-chart]:not([data-drawn])")).to_have_count(0, timeout=20_000)
    return tab, said


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["wide", "narrow and dark"])
def test_every_figure_is_drawn_without_breaking_the_policy(browser, address, width, dark):
    tab, said = opened(browser, address, width=width, dark=dark)
    assert said == []
    assert tab.locator(".chart-plot .main-svg").count() >= 7
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.context.close()


@pytest.mark.parametrize(
    ("path", "width", "dark"),
    [("/", 1280, False), ("/", 1280, True), ("/", 390, False), ("/missing/", 1280, False), ("/home/", 390, True)],
)
def test_axe_finds_nothing(browser, address, path, width, dark):
    tab, _ = opened(browser, address + path, width=width, dark=dark, policy=False)
    found = Axe().run(tab).response["violations"]
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    tab.context.close()


def test_a_long_hospital_name_does_not_widen_the_page(browser, address):
    tab, _ = opened(browser, f"{address}/long/", width=390)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.context.close()


def test_words_in_a_figure_never_touch_however_wide_the_window(browser, address):
    tab, _ = opened(browser, address)
    for width in (1280, 1000, 800, 600, 390, 320):
        tab.set_viewport_size({"width": width, "height": 860})
        tab.wait_for_timeout(700)
        assert tab.evaluate(TOUCHING) == [], width
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    tab.context.close()


TOUCHING = """() => [...document.querySelectorAll('.chart-plot')].flatMap((plot) => {
  const boxes = [...plot.querySelectorAll('.annotation-text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const frame = plot.getBoundingClientRect();
  const outside = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1).map(([words]) => words);
  const met = boxes.flatMap(([words, one], index) => boxes.slice(index + 1)
    .filter(([, two]) => one.left < two.right && two.left < one.right && one.top + 2 < two.bottom && two.top + 2 < one.bottom)
    .map(([other]) => words + ' / ' + other));
  return [...outside, ...met];
})"""


def test_the_table_of_a_figure_is_closed_and_opens_by_keyboard(browser, address):
    tab, _ = opened(browser, address)
    table = tab.locator("#standing .chart-table")
    assert table.get_attribute("open") is None
    table.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert table.get_attribute("open") == ""
    assert tab.locator("#standing .chart-table").get_by_text("You, after adjustment").is_visible()
    tab.context.close()


def test_without_scripts_the_table_stands_open(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator("#standing .chart-table").get_attribute("open") == ""
    assert tab.locator("#standing .chart-tools").is_hidden()
    context.close()


@pytest.mark.parametrize(("format_", "start"), [("csv", b"\xef\xbb\xbf"), ("svg", b"<svg"), ("png", b"\x89PNG")])
def test_a_figure_is_saved_with_its_period_and_without_a_hospital(browser, address, format_, start):
    tab, said = opened(browser, address)
    with tab.expect_download() as download:
        tab.locator(f"#standing [data-save={format_}]").click()
    assert download.value.suggested_filename == f"standing-ssi-2025.{format_}"
    content = download.value.path().read_bytes()
    assert content.startswith(start)
    if format_ != "png":
        assert "snapshot 9f3c…e1".encode() in content
        assert b"Harbor" not in content
    assert said == []
    tab.context.close()


def test_keys_lead_through_a_list(browser, address):
    tab, _ = opened(browser, address)
    tab.keyboard.press("?")
    assert tab.locator("#help").is_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("/")
    assert tab.locator("#search-words").evaluate("field => field === document.activeElement")
    tab.keyboard.type("j")
    assert tab.locator("#search-words").input_value() == "j"
    tab.keyboard.press("Escape")
    tab.keyboard.press("Escape")
    assert tab.locator("#search").is_hidden()
    tab.keyboard.press("n")
    assert tab.evaluate("document.activeElement.textContent") == "7F3K-22"
    tab.keyboard.press("n")
    assert tab.evaluate("document.activeElement.textContent") == "9QLA-04"
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.textContent") == "2BTM-71"
    tab.keyboard.press("k")
    assert tab.evaluate("document.activeElement.textContent") == "9QLA-04"
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#9QLA-04"
    tab.context.close()


def test_an_ended_session_keeps_the_page(browser, address):
    tab, _ = opened(browser, address)
    tab.locator("#field-comment").fill("typed before the session ended")
    tab.evaluate("cairn.signedOut()")
    assert tab.locator("#signed-out").is_visible()
    tab.route("**/session/", lambda route: route.fulfill(json={"person": "r@h.org", "token": "fresh"}))
    tab.locator("#field-again-email").fill("r@h.org")
    tab.locator("#field-again-password").fill("secret")
    tab.evaluate(
        "document.addEventListener('cairn:resume', (event) => { document.body.dataset.resumed = event.detail.token; })"
    )
    tab.get_by_role("button", name="Sign in and continue").click()
    tab.wait_for_selector("body[data-resumed=fresh]")
    assert tab.locator("#signed-out").is_hidden()
    assert tab.locator("#field-comment").input_value() == "typed before the session ended"
    assert tab.evaluate("cairn.token()") == "fresh"
    tab.context.close()


def test_a_figure_follows_the_scheme_when_it_changes(browser, address):
    tab, _ = opened(browser, address)
    words = tab.locator("#standing .annotation-text").first
    light = words.evaluate("element => getComputedStyle(element).fill")
    tab.emulate_media(color_scheme="dark")
    expect(words).not_to_have_css("fill", light)
    tab.context.close()


def test_on_a_telephone_the_bar_opens_to_every_entry_and_closes_by_keyboard(browser, address):
    entries = [
        SimpleNamespace(label=f"Entry {number}", url=f"/{number}/", count=0, current=number == 7, main=number < 3)
        for number in range(12)
    ]
    groups = [SimpleNamespace(heading="First", items=entries[:6]), SimpleNamespace(heading="Second", items=entries[6:])]
    with served({"/": page("home.html", frame=a_frame(groups=groups), panels=[])}) as where:
        tab, said = opened(browser, where, width=390)
        shown = tab.locator(".rail li a:visible")
        assert shown.all_inner_texts() == ["Entry 0", "Entry 1", "Entry 2", "Entry 7"]
        more = tab.get_by_role("button", name="More")
        more.focus()
        tab.keyboard.press("Enter")
        assert shown.count() == 12
        assert tab.locator(".rail-heading:visible").all_inner_texts() == ["First", "Second"]
        assert tab.evaluate("document.activeElement.textContent") == "Entry 7"
        tab.keyboard.press("Escape")
        assert shown.count() == 4
        assert tab.evaluate("document.activeElement.textContent") == "More"
        tab.set_viewport_size({"width": 1280, "height": 860})
        assert shown.count() == 12
        assert said == []
        tab.context.close()
