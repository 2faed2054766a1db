"""Why did a site's O/E move since the last published comparison? Terms that add up exactly, for each site. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from feedback.measures.definition import Measure, Status
from feedback.scored import Scored, score
from feedback.statistics.decompose import Cases, Decomposition, decompose
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.dictionary.expression import Types


@dataclass(frozen=True)
class KnownThen:
    """One site's cases as the earlier comparison judged them: status numbers and expected risks, by case code."""

    case_codes: tuple[str, ...]
    status: tuple[int, ...]
    expected: tuple[float | None, ...]


@dataclass(frozen=True)
class Earlier:
    """The comparison published before: its window (period ordinals), its model, its cases by site."""

    label: str
    inside: tuple[int, ...]
    model: RiskModelFit
    sites: Mapping[int, KnownThen]


def by_site(
    *, measure: Measure, history: pd.DataFrame, types: Types, window: Window, earlier: Earlier, model: RiskModelFit
) -> dict[int, dict[str, Any]]:
    """Return each site's decomposition as plain data, for sites that both comparisons know.

    history : the newest frozen cases of all periods. model : the one fitted now; earlier.model : the one before.
    """
    scored = score(measure=measure, history=history, types=types, as_of=window.as_of, models=(earlier.model, model))
    scored = scored.only(scored.placed)
    found = {}
    for site in sorted(set(earlier.sites) & set(np.unique(scored.site).tolist())):
        mine = scored.only(scored.site == site)
        parts = decompose(
            before=_then(earlier.sites[site]),
            restated=_cases(mine, periods=earlier.inside),
            after=_cases(mine, periods=window.inside),
        )
        found[int(site)] = _document(parts, since=earlier.label)
    return found


def _then(known: KnownThen) -> Cases:
    counted = [
        (code, status, risk)
        for code, status, risk in zip(known.case_codes, known.status, known.expected, strict=True)
        if status <= Status.MET and risk is not None
    ]
    risks = np.array([risk for _, _, risk in counted], dtype=float)
    return Cases(
        key=np.array([code for code, _, _ in counted], dtype=object),
        outcome=np.array([float(status == Status.MET) for _, status, _ in counted]),
        earlier_risk=risks,
        later_risk=risks,
    )


def _cases(mine: Scored, *, periods: tuple[int, ...]) -> Cases:
    part = mine.only(np.isin(mine.period, periods))
    return Cases(key=part.key, outcome=part.outcome, earlier_risk=part.risks[0], later_risk=part.risks[1])


def _document(parts: Decomposition, *, since: str) -> dict[str, Any]:
    return {
        "since": since,
        "before": parts.before,
        "after": parts.after,
        "change": parts.change,
        "bars": [
            {"term": bar.term.value, "value": bar.value, "start": bar.start, "stop": bar.stop} for bar in parts.bars
        ],
        "outcomes_standard_error": parts.outcomes_standard_error,
        "late": parts.counts.late,
        "withdrawn": parts.counts.withdrawn,
        "revised_outcome": parts.counts.revised_outcome,
        "revised_risk": parts.counts.revised_risk,
        "cases_before": parts.counts.before,
        "cases_after": parts.counts.after,
        "reason": parts.reason.value if parts.reason else None,
    }
