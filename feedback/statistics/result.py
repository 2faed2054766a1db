"""The one result object of a comparison, and its JSON form; undefined is None, never NaN."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from feedback.statistics.cohort import Exclusion
from feedback.statistics.risk_model import RiskModelFit


@dataclass(frozen=True)
class Settings:
    """How to compare.

    ``model``: ``random-intercept`` or ``logistic``; ``quadrature`` 1–25; ``interval``: ``exact``, ``byar`` or ``midp``;
    ``level`` of every interval; ``funnel``: ``none``, ``additive`` or ``multiplicative``; ``benchmark``: a rate in
    (0, 1), or None for the pooled rate; ``draws`` and ``seed`` of the ranks; ``prior_scale`` of the half-normal part of the prior
    on sigma; ``events_per_parameter``: with fewer cases of the rarer outcome for each coefficient the risk model is Firth's
    penalised one, as it is under separation.
    """

    model: str = "random-intercept"
    quadrature: int = 15
    interval: str = "exact"
    level: float = 0.95
    funnel: str = "none"
    benchmark: float | None = None
    draws: int = 2000
    seed: int = 1
    prior_scale: float = 1.0
    events_per_parameter: float = 5.0


@dataclass(frozen=True)
class InputPart:
    """What came in: rows, rows used, what was excluded, sites with a case, events and the source's SHA-256."""

    rows: int
    rows_used: int
    excluded: tuple[Exclusion, ...]
    sites: int
    events: float
    sha256: str | None


@dataclass(frozen=True)
class Term:
    """One coefficient (log-odds) with standard error and interval."""

    name: str
    estimate: float
    standard_error: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class ModelPart:
    """The fitted model. Terms, sigma and likelihood are of the kind named; discrimination and calibration describe the
    expected risks, that is the fixed part fitted without site terms (or the given risk)."""

    kind: str
    terms: tuple[Term, ...]
    sigma: float | None
    sigma_p_value: float | None
    log_likelihood: float | None
    quadrature: int | None
    iterations: int | None
    converged: bool
    c_statistic: float
    c_statistic_standard_error: float | None
    brier: float
    calibration_intercept: float
    calibration_slope: float | None


@dataclass(frozen=True)
class OverallPart:
    """All sites together; phi and tau² are winsorised at 10 %, on the square-root scale of O/E."""

    rate: float
    observed: float
    expected: float
    dispersion_phi: float | None
    dispersion_tau2: float | None


@dataclass(frozen=True)
class SiteResult:
    """One site. ``chance_lower`` and ``chance_upper`` bound where chance alone would put the shrunken rate of a site of
    this size and case mix that truly equals the collaborative."""

    site: str
    n: float
    observed: float
    expected: float
    oe: float | None = None
    oe_lower: float | None = None
    oe_upper: float | None = None
    adjusted_rate: float | None = None
    adjusted_rate_lower: float | None = None
    adjusted_rate_upper: float | None = None
    flag: str | None = None
    effect: float | None = None
    effect_standard_error: float | None = None
    predicted: float | None = None
    expected_average_site: float | None = None
    predicted_to_expected: float | None = None
    shrunken_rate: float | None = None
    shrunken_rate_lower: float | None = None
    shrunken_rate_upper: float | None = None
    probability_below: float | None = None
    reliability: float | None = None
    expected_rank: float | None = None
    rank_lower: float | None = None
    rank_upper: float | None = None
    probability_lowest: float | None = None
    probability_lowest_tenth: float | None = None
    probability_highest_tenth: float | None = None
    chance_lower: float | None = None
    chance_upper: float | None = None
    z: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    outside: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A comparison.

    ``achievable_low`` and ``achievable_high`` are the collaborative's rate at the 10th and 90th percentile of the fitted
    distribution of site effects: the best-tenth point of an adverse and of a favourable outcome (None when sigma is 0
    or was not fitted). ``expected_risk`` (n,) holds the expected risk of every used row in input order. ``risk_model``
    is the frozen fixed part, None when the risk was given.
    """

    input: InputPart
    settings: dict
    model: ModelPart
    overall: OverallPart
    sites: tuple[SiteResult, ...]
    achievable_low: float | None
    achievable_high: float | None
    notes: tuple[str, ...]
    expected_risk: np.ndarray = field(repr=False)
    risk_model: RiskModelFit | None = field(repr=False)


def number(value: float | None) -> float | None:
    """Return a plain float, or None for an undefined one."""
    return None if value is None or not np.isfinite(value) else float(value)


def numbers(values: np.ndarray) -> list[float | None]:
    """Return the plain floats of (J,) values, None for undefined ones."""
    return [
        value if known else None for value, known in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)
    ]


def to_document(result: Result) -> dict:
    """Return the result as plain dicts, lists, numbers, text and None, ready for JSON; row-level risks stay out."""
    document = {
        "input": asdict(result.input),
        "settings": dict(result.settings),
        "model": asdict(result.model),
        "overall": asdict(result.overall),
        "sites": [asdict(site) for site in result.sites],
        "achievable_low": result.achievable_low,
        "achievable_high": result.achievable_high,
        "notes": [*result.notes, *_notes(result.model)],
    }
    return _plain(document)


def _notes(model: ModelPart) -> tuple[str, ...]:
    if model.calibration_slope is None:
        return ("The calibration slope is undefined: the risks are all equal, or they part the outcomes wholly.",)
    return ()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
