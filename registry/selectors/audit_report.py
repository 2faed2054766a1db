"""The final report of an audit in words and tables, from its stored document alone."""

from dataclasses import dataclass
from typing import Any

from registry.calendar import day_words
from registry.models import AuditReport
from registry.selectors.audit_lists import STRATA, window_words

THIN = "\u202f"
NONE = "\u2013"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of text: the first cell of a row is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: bool = True


COLUMNS = ("", "Values", "Differing", "Agreement", "95 %", "Under", "Inaccurate", "Over", "Kappa", "AC1", "Found")


def page(found: AuditReport) -> dict[str, Any]:
    """Return what the report's page shows."""
    document, audit = found.document, found.audit
    headline = document["headline"]
    flagged = [row for row in document["elements"] if row["is_flagged"]]
    return {
        "report": found,
        "audit": audit,
        "document": document,
        "window": window_words(audit),
        "final_on": day_words(found.made_at.date()),
        "sentence": sentence(document),
        "credibility": _credibility(document),
        "is_red": headline["is_flagged"],
        "flagged": [f"{row['label']}: {row['n_differing']} of {row['n_cases']}" for row in flagged],
        "tables": _tables(document),
        "elements": Table(
            caption="Every element that was compared",
            columns=("Element", *COLUMNS[1:]),
            rows=tuple(_cells(row["label"], row) for row in sorted(document["elements"], key=lambda row: not row["n_differing"])),
        ),
        "readers": _readers(document["readers"]),
    }


def sentence(document: dict[str, Any]) -> str:
    """Say what the audit found in one sentence, with its uncertainty."""
    row = document["headline"]
    share, low, high = row["after"]
    whom = "drawn at random" if document["headline_is_random"] else "audited"
    words = (
        f"In the {row['n_cases']} cases {whom}, **{_rate(share)} of {row['n_values']:,} values** stand as first read"
        f" ({_rates(low, high)})."
    )
    if row["is_flagged"]:
        return f"{words} More than one in twenty differ: training is asked for."
    return f"{words} That is within the limit of one in twenty."


def _credibility(document: dict[str, Any]) -> list[str]:
    plan, n = document["plan"], document["n_cases"]
    return [
        f"{n} of {document['n_frame']:,} submitted cases",
        f"{plan['random']} at random, {plan['high_yield']} high-yield, {plan['zero']} without event asked",
        f"seed {document['seed']}",
        f"agreement before adjudication {_rate(document['headline']['before'][0])}",
    ]


def _tables(document: dict[str, Any]) -> list[Table]:
    named = (
        ("By how the case was drawn", "Stratum", [(STRATA[row["name"]], row) for row in document["strata"]]),
        ("By section", "Section", [(row["name"], row) for row in document["sections"]]),
        ("By abstractor", "Abstractor", [(row["name"], row) for row in document["abstractors"]]),
        ("All audited cases together", "Hospital", [(document["hospital"], document["all"])]),
    )
    return [
        Table(caption=caption, columns=(first, *COLUMNS[1:]), rows=tuple(_cells(name, row) for name, row in rows))
        for caption, first, rows in named
    ]


def _readers(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    kappa, ac1 = (f"{name} {_number(row[key][0])}{_interval(row[key])}" for name, key in (("kappa", "kappa"), ("AC1", "ac1")))
    return (
        f"Two reviewers read {row['n_cases']} of the cases and agree in {_rate(row['before'][0])} of {row['n_values']:,} values"
        f" ({_rates(*row['before'][1:])}); on whether something was found: {kappa}, {ac1}."
    )


def _cells(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    share, low, high = row["after"]
    kinds = row["kinds"]
    flag = " ◆" if row["is_flagged"] else ""
    return (
        f"{name}{flag}",
        f"{row['n_values']:,}",
        str(row["n_differing"]),
        _rate(share),
        _rates(low, high),
        str(kinds["UNDER"]),
        str(kinds["INACCURATE"]),
        str(kinds["OVER"]),
        f"{_number(row['kappa'][0])}{_interval(row['kappa'])}",
        f"{_number(row['ac1'][0])}{_interval(row['ac1'])}",
        _rate(row["prevalence"]),
    )


def _rate(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f}{THIN}%"


def _rates(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}{THIN}%"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}".replace("-", "\u2212")


def _interval(figure: list[float | None]) -> str:
    """Write an interval; none where every chart agrees, because then the charts do not tell how far chance goes."""
    if figure[1] is None or figure[2] is None or figure[1] == figure[2]:
        return ""
    return f" ({_number(figure[1])} to {_number(figure[2])})"
