"""Template tags over templates/components: every mark on a page is drawn by one of these; no rule lives here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from config import components_fields, components_figures, gallery
from feedback.charts import numbers

register = template.Library()
for library in (components_fields.register, components_figures.register):
    register.tags.update(library.tags)
    register.filters.update(library.filters)

# Shape of a state: the path in a 12 × 12 box. Judgements differ by shape and word, then by colour.
SHAPES = {
    "better": "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1z",
    "worse": "M6 .5 11.5 6 6 11.5 .5 6z",
    "same": "M6 3.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6zm0 1.1a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4z",
    "unclear": "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1zm0 1.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z",
    "done": "M1.5 6.5 4.7 9.7 10.5 2.8",
    "saved": "M1.5 6.5 4.7 9.7 10.5 2.8",
    "current": "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1z",
    "todo": "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1zm0 1.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6z",
    "due": "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1zm0 1.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6zm0 .9a2.9 2.9 0 0 1 2.9 2.9H6z",
    "warning": "M6 1 11.5 11H.5z",
    "error": "M3.5 .5h5l3 3v5l-3 3h-5l-3-3v-5z",
    "locked": "M3 5V3.6a3 3 0 0 1 6 0V5h1v6H2V5zm1.4 0h3.2V3.6a1.6 1.6 0 0 0-3.2 0z",
    "none": "M2 5.4h8v1.2H2z",
}


def _component(name: str, context: Mapping[str, Any]) -> SafeString:
    return render_to_string(f"components/{name}.html", dict(context))


# Titles and sentences


@register.inclusion_tag("components/page_title.html")
def page_title(
    title: str, *, credibility: Iterable[str] = (), kicker: str = "", level: int = 1, id: str = ""
) -> dict[str, Any]:
    """Put a title with its credibility line (n, period, completeness, reliability, as of), always in that place."""
    return {
        "title": title,
        "credibility": [item for item in ([credibility] if isinstance(credibility, str) else credibility) if item],
        "kicker": kicker,
        "tag": f"h{level}",
        "id": id,
    }


@register.inclusion_tag("components/headline.html")
def headline(sentence: str, *, quiet: bool = False) -> dict[str, Any]:
    """Say what a figure means for this reader; ``**…**`` marks the words that carry it."""
    return {"sentence": emphasis(sentence), "quiet": quiet}


@register.simple_block_tag
def section(
    content: str, title: str, *, note: str = "", id: str = "", level: int = 2, credibility: Iterable[str] = ()
) -> SafeString:
    """Group what belongs together under a heading, without a box; figures inside have their credibility line under it."""
    anchor, believed = id or slugify(title), [item for item in credibility if item]
    held = {"content": content, "title": title, "note": note, "id": anchor, "tag": f"h{level}", "credibility": believed}
    return _component("section", held)


# Lists and tables


@register.simple_block_tag(takes_context=True)
def data_table(
    context: template.Context,
    content: str,
    *,
    caption: str,
    columns: Sequence[Any],
    sort: str = "",
    quiet_caption: bool = False,
) -> SafeString:
    """Draw a table whose rows are the content; a column is a label or (label, key, "num" or ""), a key makes it a link that sorts."""
    request = context.get("request")
    return _component(
        "data_table",
        {
            "content": content,
            "caption": caption,
            "quiet_caption": quiet_caption,
            "columns": [_column(column, sort=sort, query=request.GET if request else None) for column in columns],
        },
    )


def _column(column: Any, *, sort: str, query: Any) -> dict[str, str]:
    label, key, kind = (column, "", "") if isinstance(column, str) else (*column, "", "")[:3]
    ascending, descending = sort == key and key != "", sort == f"-{key}" and key != ""
    href = ""
    if key:
        parameters = query.copy() if query is not None else None
        target = f"-{key}" if ascending else key
        if parameters is None:
            href = f"?sort={target}"
        else:
            parameters["sort"] = target
            parameters.pop("page", None)
            href = f"?{parameters.urlencode()}"
    return {
        "label": label,
        "kind": kind,
        "href": href,
        "aria": "ascending" if ascending else "descending" if descending else "",
        "arrow": " ↑" if ascending else " ↓" if descending else "",
    }


@register.inclusion_tag("components/value_table.html")
def value_table(table: Any, *, fit: bool = False, stacks: bool = False) -> dict[str, Any]:
    """Draw a feedback.charts Table: columns, rows of text, caption; the first cell of a row is its heading.

    stacks: on a narrow window each row stands as a block, every cell after its column's name.
    """
    rows = [list(zip(table.columns, row, strict=True)) for row in table.rows]
    return {"table": table, "fit": fit, "stacks": stacks, "rows": rows}


@register.inclusion_tag("components/chips.html")
def chips(items: Iterable[Any], *, label: str = "Show") -> dict[str, Any]:
    """Filter a list: each chip is (label, url, count or None, current)."""
    return {
        "label": label,
        "items": [dict(zip(("label", "url", "count", "current"), item, strict=True)) for item in items],
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any, *, noun: str = "rows") -> dict[str, Any]:
    """Lead through a list paged by the server (a Django Page); other parameters of the address are kept."""
    request = context.get("request")

    def href(number: int) -> str:
        if request is None:
            return f"?page={number}"
        parameters = request.GET.copy()
        parameters["page"] = str(number)
        return f"?{parameters.urlencode()}"

    return {
        "page": page,
        "noun": noun,
        "previous": href(page.previous_page_number()) if page.has_previous() else "",
        "next": href(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("components/needs_me.html")
def needs_me(rows: Iterable[Any], *, label: str = "What needs you now") -> dict[str, Any]:
    """List at most seven things, most urgent first: each (kind of shape, sentence, when, url, action) and perhaps a Sparkline."""
    keys = ("kind", "sentence", "when", "url", "action", "spark")
    prepared = [dict(zip(keys, (*row, None)[:6], strict=True)) for row in rows][:7]
    return {"rows": [row | {"sentence": emphasis(row["sentence"])} for row in prepared], "label": label}


@register.inclusion_tag("components/definitions.html")
def definitions(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Draw pairs of (term, description)."""
    return {"items": list(items)}


@register.inclusion_tag("components/section_nav.html")
def section_nav(items: Iterable[Any], *, label: str = "Sections") -> dict[str, Any]:
    """List the sections of a case: each (kind of shape, label, url, note, current)."""
    keys = ("kind", "label", "url", "note", "current")
    return {"label": label, "items": [dict(zip(keys, item, strict=True)) for item in items]}


# Marks


@register.simple_tag
def shape(kind: str) -> SafeString:
    """Draw the shape of a state; it never stands without a word beside it."""
    path = SHAPES[kind]
    stroke = mark_safe(' fill="none" stroke-width="1.8"') if kind in ("done", "saved") else mark_safe(' stroke="none"')
    return format_html(
        '<svg class="shape shape-{}" viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path d="{}"{} fill-rule="evenodd"/></svg>',
        kind,
        path,
        stroke,
    )


@register.inclusion_tag("components/status.html")
def status(kind: str, words: str) -> dict[str, str]:
    """Say a state by shape and word."""
    return {"kind": kind, "words": words}


@register.inclusion_tag("components/tally.html")
def tally(count: int, *, words: str = "", due: bool = False) -> dict[str, Any]:
    """Count what is waiting; words are read out after the number."""
    return {"count": count, "words": words, "due": due}


@register.inclusion_tag("components/source_mark.html")
def source_mark(words: str) -> dict[str, str]:
    """Say where a pre-filled value came from."""
    return {"words": words}


@register.inclusion_tag("components/key_hints.html")
def key_hints(hints: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Name keys and what they do: pairs of (key, words)."""
    return {"hints": list(hints)}


# Messages


@register.inclusion_tag("components/banner.html")
def banner(kind: str, words: Any, *, url: str | None = "", action: str | None = "") -> dict[str, Any]:
    """Say something about the whole page; kind: info, caution, error, saved (Django's message levels are understood)."""
    known = {"warning": "caution", "success": "saved", "debug": "info", "identified": "error"}
    return {"kind": known.get(kind, kind or "info"), "words": words, "url": url, "action": action}


@register.simple_block_tag
def finding(content: str, severity: str, words: str, *, id: str = "") -> SafeString:
    """Say what an edit check found, beside its field; severity hard or soft; the content is what one can do."""
    hard = severity in ("hard", "error")
    return _component("finding", {"content": mark_safe(content.strip()), "hard": hard, "words": words, "id": id})


@register.inclusion_tag("components/error_summary.html")
def error_summary(
    items: Iterable[tuple[str, str]], *, title: str = "Before this can be submitted", focus: bool = True
) -> dict[str, Any]:
    """List what stands in the way, on top of the page: pairs of (words, address of the field); nothing when there is none."""
    return {"items": list(items), "title": title, "focus": focus}


@register.simple_block_tag
def empty_state(content: str, title: str, *, level: int = 2) -> SafeString:
    """Say what would stand here and what to do."""
    return _component("empty_state", {"content": content, "title": title, "tag": f"h{level}"})


@register.inclusion_tag("components/progress.html")
def progress(
    words: str, *, done: int = 0, total: int = 0, url: str = "", every: int = 1, finished: bool = False, late: str = ""
) -> dict[str, Any]:
    """Show a job at work; while not finished the url is asked for the same component again; ``late`` appears after 3 s."""
    return {
        "words": words,
        "done": done,
        "total": total,
        "url": url,
        "every": every,
        "polls": bool(url) and not finished,
        "late": late,
        "finished": finished,
    }


@register.inclusion_tag("components/skeleton.html")
def skeleton(lines: int = 3, *, words: str = "Still loading.") -> dict[str, Any]:
    """Hold the place of what is loading: a shape after 300 ms, words after 3 s."""
    return {"lines": range(lines), "words": words}


# Ways through


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Lead back: pairs of (words, url); the page itself is the last, with an empty url."""
    return {"items": list(items)}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[Any], *, label: str) -> dict[str, Any]:
    """Turn between views of one thing: each (words, url, current)."""
    return {"label": label, "items": list(items)}


@register.inclusion_tag("components/steps.html")
def steps(items: Iterable[Any]) -> dict[str, Any]:
    """Show where one stands: each (words, state, note); state: done, current, todo."""
    return {"items": list(items)}


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """Float a question over the page; anything with ``data-opens="<id>"`` opens it."""
    return _component("dialog", {"content": content, "id": id, "title": title})


@register.inclusion_tag("components/post_button.html", takes_context=True)
def post_button(
    context: template.Context, words: str, url: str, *, kind: str = "", name: str = "", value: str = ""
) -> dict[str, Any]:
    """Draw a button that does one thing by POST, with or without scripts; kind: quiet, danger, link or nothing."""
    return {
        "words": words,
        "url": url,
        "kind": kind,
        "name": name,
        "value": value,
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("components/attestation.html")
def attestation(provenance: str, *, legend: str = "") -> dict[str, str]:
    """Say what a printed figure was made from and under which privilege."""
    return {"provenance": provenance, "legend": legend}


# Numbers and words


@register.filter
def emphasis(sentence: str) -> SafeString:
    """Escape a sentence and turn ``**words**`` into strong words."""
    return mark_safe(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", conditional_escape(sentence)))


@register.filter
def rate(value: float | None, digits: int = 1) -> str:
    """Write a proportion as per cent."""
    return numbers.words_rate(value, digits=digits)


@register.filter
def fixed(value: float | None, digits: int = 2) -> str:
    """Write a number with fixed decimals."""
    return numbers.fixed(value, digits=digits)


@register.filter
def count(value: int | None) -> str:
    """Write a count with commas."""
    return numbers.words_count(value)


@register.simple_tag
def rates(low: float | None, high: float | None, *, digits: int = 1) -> str:
    """Write a range of proportions as per cent."""
    return numbers.words_rates(low, high, digits=digits)


@register.simple_tag
def number_range(low: float | None, high: float | None, *, digits: int = 2) -> str:
    """Write a range of numbers."""
    return numbers.words_range(low, high, digits=digits)


@register.simple_tag
def gallery_samples() -> dict[str, Any]:
    """Build what the gallery shows."""
    return gallery.samples()
