"""How far figures can be believed: what hospitals contributed over a window, added up, without any hospital's name. Pure."""

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

COUNTS = ("n_cases", "n_drafts", "n_eligible", "n_followed", "n_follow_up_due")
FEWEST_AUDITED = 6
"""One's own hospital and five others: of fewer audited ones, agreement would tell that of a single other hospital."""


def pooled(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up what hospitals contributed.

    documents : each hospital's credibility as stored with its result: counts of cases, completeness (0–1 or None), agreement of the
    last audit (0–1 or None) and its day. Completeness is the mean over cases, agreement the median over audited hospitals. Where
    nothing was kept of any of them the answer is empty: nothing is known then, which is not that nothing was due or audited.
    """
    rows = [document for document in documents if document]
    if not rows:
        return {}
    known = [(row["completeness"], row["n_cases"]) for row in rows if row.get("completeness") is not None]
    cases = sum(n for _, n in known)
    audited = [row for row in rows if row.get("agreement") is not None]
    return {
        **{name: sum(row.get(name) or 0 for row in rows) for name in COUNTS},
        "completeness": round(sum(share * n for share, n in known) / cases, 4) if cases else None,
        "agreement": round(median(row["agreement"] for row in audited), 4) if audited else None,
        "audited_on": max((row["audited_on"] for row in audited), default=None),
        "n_audited": len(audited),
        "n_hospitals": len(rows),
    }


def for_all(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was added up of all hospitals as any of them may read it: of fewer than six audited ones only how many they are."""
    few = 0 < summary.get("n_audited", 0) < FEWEST_AUDITED
    return {**summary, "agreement": None, "audited_on": None} if few else dict(summary)


def of_all(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up what all hospitals contributed, as any of them may read it."""
    return for_all(pooled(documents))
