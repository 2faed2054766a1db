"""Beside every figure of every dashboard stands what it rests on; and no page but the verdict says “since” or “because”."""

import re
from html.parser import HTMLParser

import pytest

from feedback.views import fragments
from tests.house.test_access_table import objects
from tests.house.universe import Universe, addresses

PEOPLE = ("site_lead_a", "surgeon_ab", "abstractor_a", "staff", "analyst", "lead")
# Where results, associations and effects are drawn; written by hand. A new address under these paths is a dashboard too.
PATHS = (
    "/standing/",
    "/identified/",
    "/my-results/",
    "/comparisons/",
    "/learn/",
    "/scorecard/",
    "/panels/standing/",
    "/panels/learn/",
)
NEEDS = {
    "cases": re.compile(r"\d[\d,\u202f ]* (cases|of \d)|\b\d+ of \d+|cases$"),
    "completeness": re.compile(r"complete"),
    "follow-up": re.compile(r"followed up|follow-up"),
    "audit": re.compile(r"audit"),
}
# What hospitals say of themselves rests on no case: who told it and when stands beside it instead.
TOLD = {
    "figure spread": {
        "hospitals": re.compile(r"hospitals"),
        "whose words": re.compile(r"as they told it"),
        "day": re.compile(r"on \d"),
    }
}
CAUSAL = re.compile(r"\b(since|because)\b", re.IGNORECASE)


class Figures(HTMLParser):
    """Collect each figure of a page with the credibility line that stands nearest before it, in its own section or above."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._lines: list[str] = [""]
        self._open: list[str] = []
        self._into: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        classes = set(held.get("class", "").split())
        if tag in {"section", "article"} or (tag == "li" and "data-row" in held):
            self._open.append(tag)
            # A section with figures has a line of its own; only what stands before all sections may lean on the title's.
            self._lines.append("")
        if "credibility" in classes or tag == "small":
            self._into = tag
            self._lines[-1] += " "
        if tag == "figure" and "chart" in classes:
            self.found.append((f"figure {held.get('id', '')}", self._lines[-1] or self._above()))
        if tag == "svg" and "sparkline" in classes:
            self.found.append(("sparkline", self._lines[-1]))

    def _above(self) -> str:
        """Only a section inside a section that says it already may do without its own."""
        return self._lines[-2] if len(self._open) > 1 else ""

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag == self._open[-1]:
            self._open.pop()
            self._lines.pop()
        if tag == self._into:
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._lines[-1] += data.strip() + " · "


def lacking(page: str) -> list[str]:
    """Name each figure beside which something of its credibility is not said."""
    reader = Figures()
    reader.feed(page)
    return [
        f"{figure}: no {what} in “{line.strip()}”"
        for figure, line in reader.found
        for what, needed in TOLD.get(figure, NEEDS).items()
        if not needed.search(line)
    ]


def drawn(page: str) -> int:
    reader = Figures()
    reader.feed(page)
    return len(reader.found)


def said(page: str) -> str:
    """Return the words of the page's main part, without what people wrote themselves and without the verdict."""
    main = page[page.index("<main") : page.index("</main")] if "<main" in page else page
    main = re.sub(
        r"<script.*?</script>|<details><summary>The document</summary>.*?</details>", " ", main, flags=re.DOTALL
    )
    main = re.sub(r'<section class="section" aria-labelledby="did-it-help">.*?</section>', " ", main, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.fixture(scope="module")
def pages(shared_world):
    """Open every dashboard as everybody who may, once; another module's world has rows of the same numbers, so pages kept are forgotten."""
    fragments.forget()
    universe, letters, found = Universe(), objects(), {}
    for column in PEOPLE:
        client = universe.clients[column]
        for address in addresses():
            for letter in sorted(letters[address.name] - {"0"}):
                path = universe.path(address, letter)
                if not path.startswith(PATHS):
                    continue
                answer = client.get(path)
                if answer.status_code == 200 and "html" in answer["Content-Type"]:
                    found[column, path] = answer.content.decode()
    yield found
    fragments.forget()


def test_beside_every_figure_stands_what_it_rests_on(pages):
    wrong = [f"{who} {path}: {words}" for (who, path), page in pages.items() for words in lacking(page)]
    assert not wrong, "\n".join(wrong)
    shown = {path for (_, path), page in pages.items() if drawn(page)}
    assert len(shown) >= 8, shown
    for start in ("/standing/", "/my-results/", "/learn/toolkits/", "/learn/elements/"):
        assert any(path.startswith(start) for path in shown), f"no figure was drawn under {start}"


def test_without_the_line_every_figure_is_noticed(pages):
    """Take each line away: no figure passes any more."""
    n = 0
    for page in pages.values():
        bare = re.sub(r'<ul class="credibility".*?</ul>|<small>.*?</small>', "", page, flags=re.DOTALL)
        figures = {words.split(":")[0] for words in lacking(bare)}
        reader = Figures()
        reader.feed(bare)
        assert figures == {figure for figure, _ in reader.found}
        n += len(reader.found)
    assert n >= 20


def test_no_page_but_the_verdict_says_since_or_because(pages):
    hits = []
    for (who, path), page in pages.items():
        words = said(page)
        hits += [
            f"{who} {path}: …{words[max(0, hit.start() - 60) : hit.end() + 40]}…" for hit in CAUSAL.finditer(words)
        ]
    assert not hits, "\n".join(hits)


@pytest.mark.parametrize(
    "words", ["Who has begun what, and since when.", "<td>since Mar 2026</td>", "It fell because of the bundle."]
)
def test_such_a_word_is_noticed(words):
    assert CAUSAL.search(said(f"<main><p>{words}</p></main>"))
