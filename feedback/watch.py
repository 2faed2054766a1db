"""Case by case against the frozen model: a private early signal for the site itself, never for its words. Pure."""

from typing import Any

import numpy as np
import pandas as pd

from feedback.measures.definition import Measure
from feedback.scored import Scored, score
from feedback.statistics.cusum import order_of_knowledge, risk_adjusted_cusum, vlad
from feedback.statistics.cusum_limits import calibrate_limit
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.dictionary.expression import Types

WORSE, BETTER = 2.0, 0.5
YEARS_BETWEEN_FALSE_ALARMS = 10
FEWEST_CASES = 50
STATES_PER_UNIT = 100
RISK_DECIMALS = 3
DRAWN = 160
DAYS_A_YEAR = 365.25


def by_site(
    *, measure: Measure, history: pd.DataFrame, types: Types, window: Window, model: RiskModelFit, follow_up_days: int
) -> dict[int, dict[str, Any]]:
    """Follow each site's dated cases in the order their outcome became known.

    model : the frozen reference model. follow_up_days : outcome is known so many days after the case.
    A site with fewer than 50 dated cases, or no year of them, has no chart. The limit is calibrated to the own case mix so
    that a false alarm on the side of harm comes once in ten years of such cases. Source: Steiner 2000; methods §11.
    """
    scored = score(measure=measure, history=history, types=types, as_of=window.as_of, models=(model,))
    scored = scored.only(scored.placed & ~np.isnat(scored.day))
    found = {}
    for site in np.unique(scored.site).tolist():
        document = _watch(scored.only(scored.site == site), follow_up_days=follow_up_days, adverse=measure.adverse)
        if document is not None:
            found[int(site)] = document
    return found


def _watch(mine: Scored, *, follow_up_days: int, adverse: bool) -> dict[str, Any] | None:
    if len(mine.key) < FEWEST_CASES:
        return None
    known_on = mine.day + np.timedelta64(follow_up_days, "D")
    order = order_of_knowledge(known_on=known_on, case_number=mine.key)
    outcome, risk, day = mine.outcome[order], mine.risks[0][order], known_on[order]
    years = (day[-1] - day[0]).astype(int) / DAYS_A_YEAR
    if years < 1:
        return None
    per_year = len(risk) / years
    odds = WORSE if adverse else BETTER
    limit = _limit(risk, odds=odds, run_length=YEARS_BETWEEN_FALSE_ALARMS * per_year)
    if limit is None:
        return None
    chart = risk_adjusted_cusum(
        outcome=outcome,
        risk=risk,
        upper_limit=limit if adverse else None,
        lower_limit=None if adverse else limit,
        worse=WORSE,
        better=BETTER,
    )
    path, signals = (chart.upper, chart.upper_signals) if adverse else (chart.lower, chart.lower_signals)
    total = vlad(outcome=outcome, risk=risk)
    drawn = _drawn(len(path), keep=signals)
    return {
        "n": len(path),
        "per_year": round(per_year, 1),
        "limit": limit,
        "years": YEARS_BETWEEN_FALSE_ALARMS,
        "odds": odds,
        "latest": str(day[-1]),
        "days": [str(day[at]) for at in drawn],
        "path": [float(path[at]) for at in drawn],
        "vlad": [float(total[at]) for at in drawn],
        "vlad_end": float(total[-1]),
        "signals": [str(day[at]) for at in signals],
    }


def _limit(risk: np.ndarray, *, odds: float, run_length: float) -> float | None:
    """Calibrate on the own case mix, risks rounded to a thousandth; None when no limit gives such a run length."""
    mix, weights = np.unique(np.round(risk, RISK_DECIMALS), return_counts=True)
    inside = (mix > 0) & (mix < 1)
    try:
        return calibrate_limit(
            risk=mix[inside],
            weights=weights[inside],
            target_run_length=run_length,
            odds_ratio=odds,
            states_per_unit=STATES_PER_UNIT,
        )
    except ValueError:
        return None


def _drawn(n: int, *, keep: tuple[int, ...]) -> list[int]:
    """Choose at most about 160 positions to draw, always the last and every signal."""
    step = max(1, n // DRAWN)
    return sorted({*range(0, n, step), *keep, n - 1})
