"""Why did a site's O/E move since the last published comparison? Terms that add up exactly, for each site. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from feedback.measures.covariates import cohort_columns
from feedback.measures.definition import Measure, Status
from feedback.measures.evaluate import evaluate
from feedback.statistics.coding import Categorical
from feedback.statistics.decompose import Cases, Decomposition, decompose
from feedback.statistics.risk_model import RiskModelFit, expected_under
from feedback.window import Window
from registry.dictionary.expression import Types
from registry.dictionary.frame import TypedFrame


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


@dataclass(frozen=True)
class _Scored:
    """Every counted case of the history with its risk under both models; rows a model cannot place are left out."""

    site: np.ndarray
    period: np.ndarray
    key: np.ndarray
    outcome: np.ndarray
    earlier: np.ndarray
    later: np.ndarray

    def cases(self, *, site: int, periods: tuple[int, ...]) -> Cases:
        """Return one site's cases in some periods."""
        rows = (self.site == site) & np.isin(self.period, periods)
        return Cases(
            key=self.key[rows],
            outcome=self.outcome[rows],
            earlier_risk=self.earlier[rows],
            later_risk=self.later[rows],
        )


def by_site(
    *, measure: Measure, history: pd.DataFrame, types: Types, window: Window, earlier: Earlier, model: RiskModelFit
) -> dict[int, dict[str, Any]]:
    """Return each site's decomposition as plain data, for sites that both comparisons know.

    history : the newest frozen cases of all periods. model : the one fitted now; earlier.model : the one before.
    """
    scored = _score(measure=measure, history=history, types=types, window=window, models=(earlier.model, model))
    found = {}
    for site in sorted(set(earlier.sites) & set(np.unique(scored.site).tolist())):
        parts = decompose(
            before=_then(earlier.sites[site]),
            restated=scored.cases(site=site, periods=earlier.inside),
            after=scored.cases(site=site, periods=window.inside),
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


def _score(
    *,
    measure: Measure,
    history: pd.DataFrame,
    types: Types,
    window: Window,
    models: tuple[RiskModelFit, RiskModelFit],
) -> _Scored:
    typed = TypedFrame.of(history, types=types)
    judged = evaluate(measure, typed, types=types, today=window.as_of)
    counted = judged.counted
    columns = {
        covariate.adjuster.element: covariate.values
        if covariate.codes is None
        else Categorical(codes=covariate.codes, levels=covariate.levels)
        for covariate in cohort_columns(measure, typed, types=types, rows=counted)
    }
    risks, unseen = [], np.zeros(int(counted.sum()), dtype=bool)
    for model in models:
        design, strange = model.design(columns, n=int(counted.sum()))
        risks.append(expected_under(model, design))
        unseen |= strange
    known = ~unseen

    def kept(name: str) -> np.ndarray:
        return history[name].to_numpy()[counted][known]

    return _Scored(
        site=kept("hospital_id"),
        period=kept("period"),
        key=kept("case_code"),
        outcome=judged.met[counted][known].astype(float),
        earlier=risks[0][known],
        later=risks[1][known],
    )


def _document(parts: Decomposition, *, since: str) -> dict[str, Any]:
    return {
        "since": since,
        "before": parts.before,
        "after": parts.after,
        "change": parts.change,
        "bars": [{"term": bar.term.value, "value": bar.value, "start": bar.start, "stop": bar.stop} for bar in parts.bars],
        "outcomes_standard_error": parts.outcomes_standard_error,
        "late": parts.counts.late,
        "withdrawn": parts.counts.withdrawn,
        "revised_outcome": parts.counts.revised_outcome,
        "revised_risk": parts.counts.revised_risk,
        "cases_before": parts.counts.before,
        "cases_after": parts.counts.after,
        "reason": parts.reason.value if parts.reason else None,
    }
