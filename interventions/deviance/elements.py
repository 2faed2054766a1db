"""Does an element of care relate to the outcome? Variation, association within and between sites, dose response; never cause."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from feedback.statistics.intervals import wilson
from feedback.statistics.link import logit
from interventions.deviance.refusal import DevianceRefusal

FEWEST_SITES = 8
FEWEST_EVENTS = 20
STEEPEST = 4.0
"""Log-odds per SD beyond which a coefficient runs off to infinity."""
CAVEATS = (
    "This is an association, not a cause: hospitals and patients with this element may differ in ways nobody recorded.",
    "Between hospitals it compares places, which differ in much else; within hospitals it compares patients, who may have been chosen for it.",
    "Only a test (starting it and watching what follows) can tell whether it helps.",
)


@dataclass(frozen=True)
class Effect:
    """An odds ratio of the outcome with its 95 per cent interval and two-sided p; the unit is named where it is used."""

    odds_ratio: float
    lower: float
    upper: float
    p: float


@dataclass(frozen=True, eq=False)
class Variation:
    """How an element varies: share of cases with it per site (J,), NaN without cases; `overall`; tenth and ninetieth percentile
    over sites; `reliable`: between-site variance over total variance of the sites' shares, 0–1 (low: chance alone)."""

    share: np.ndarray
    overall: float
    low: float
    high: float
    reliable: float


@dataclass(frozen=True)
class Association:
    """`within`: odds ratio of having the element among patients of the same site; `between`: of a site that always uses it
    against one that never does; `agreement_p`: of both being the same; `sites`, `cases`, `events` behind it; `caveats`."""

    within: Effect
    between: Effect
    agreement_p: float
    sites: int
    cases: int
    events: int
    caveats: tuple[str, ...] = CAVEATS


@dataclass(frozen=True)
class Dose:
    """Cases with one bundle score: observed rate with Wilson interval and the rate the model expects, 0–1."""

    score: int
    cases: int
    events: int
    rate: float
    lower: float
    upper: float
    expected: float


@dataclass(frozen=True)
class DoseResponse:
    """The outcome along a bundle score: one `Dose` per score that occurs, and the odds ratio per further element, adjusted for
    risk, within sites and between sites."""

    doses: tuple[Dose, ...]
    per_element: Association


def variation(*, site, element, n_sites: int) -> Variation:
    """Return how the use of an element differs between sites.

    `site`: whole numbers 0 … n_sites − 1, `element`: 0 or 1, both (n,), cases where it is not known left out before.
    Raises DevianceRefusal NO_VARIATION when everybody or nobody has it, ValueError for other shapes or values.
    Source: Kleinman 1973 (moments); methods §7.
    """
    where, has = np.asarray(site, dtype=np.int64), np.asarray(element, dtype=float)
    if where.ndim != 1 or where.shape != has.shape or not np.isin(has, (0.0, 1.0)).all():
        raise ValueError("sites and elements need one entry per case, elements 0 or 1")
    size = np.bincount(where, minlength=n_sites).astype(float)
    overall = float(has.mean()) if has.size else 0.0
    if not 0 < overall < 1:
        raise DevianceRefusal(
            "NO_VARIATION", ("Every case is the same in this element, so it cannot explain anything.",)
        )
    count = np.bincount(where, weights=has, minlength=n_sites)
    share = np.divide(count, size, out=np.full(n_sites, np.nan), where=size > 0)
    used = size > 0
    chance = (overall * (1 - overall) / size[used]).mean()
    total = float(np.var(share[used], ddof=1)) if used.sum() > 1 else 0.0
    low, high = np.quantile(share[used], (0.1, 0.9))
    return Variation(
        share=share,
        overall=overall,
        low=float(low),
        high=float(high),
        reliable=max(0.0, 1.0 - chance / total) if total > 0 else 0.0,
    )


def association(*, site, score, outcome, risk) -> Association:
    """Relate an element (0/1) or a score to the outcome, within and between sites at once, with the risk as offset.

    `site`: whole numbers from 0; `score`: numbers, for an element 0 or 1; `outcome`: 0 or 1; `risk`: 0–1 (exclusive) by the
    frozen model; all (n,). The model is logit P = logit risk + a + w·(score − site mean) + b·(site mean); errors are clustered
    by site, intervals by t with J − 2 degrees of freedom.
    Raises DevianceRefusal TOO_FEW_SITES (under 8), TOO_FEW_EVENTS (under 20 of either kind), NO_VARIATION (within or between
    sites), SEPARATED (an odds ratio without bound), ValueError for shapes and values.
    Source: Mundlak 1978; Begg & Parides 2003; Bell, Fairbrother & Jones 2019; Liang & Zeger 1986.
    """
    where, dose, happened, chance = _cases(site=site, score=score, outcome=outcome, risk=risk)
    names, place = np.unique(where, return_inverse=True)
    _refuse_few(sites=names.size, events=int(happened.sum()), cases=happened.size)
    mean = np.bincount(place, weights=dose) / np.bincount(place)
    inside, across = dose - mean[place], mean[place] - dose.mean()
    if min(inside.std(), across.std()) < 1e-9:
        raise DevianceRefusal(
            "NO_VARIATION",
            ("It does not vary within hospitals, or not between them, so the two cannot be told apart.",),
        )
    coefficients, covariance = _fit(inside=inside, across=across, outcome=happened, risk=chance, groups=place)
    freedom = names.size - 2
    gap = np.array([0.0, 1.0, -1.0])
    return Association(
        within=_effect(coefficients[1], np.sqrt(covariance[1, 1]), freedom=freedom),
        between=_effect(coefficients[2], np.sqrt(covariance[2, 2]), freedom=freedom),
        agreement_p=_effect(float(gap @ coefficients), float(np.sqrt(gap @ covariance @ gap)), freedom=freedom).p,
        sites=int(names.size), cases=int(happened.size), events=int(happened.sum()),
    )  # fmt: skip


def dose_response(*, site, elements, outcome, risk) -> DoseResponse:
    """Return the outcome along the number of elements a case had.

    `elements`: 0 or 1, shape (n, k), k ≥ 2; the others as in `association`, which gives the odds ratio per further element.
    Raises what `association` raises; ValueError for elements of another shape or value.
    Source: Waits et al. 2014 (bundle score and surgical site infection).
    """
    each = np.asarray(elements, dtype=float)
    if each.ndim != 2 or each.shape[1] < 2 or not np.isin(each, (0.0, 1.0)).all():
        raise ValueError("a bundle needs one row per case and at least two columns of 0 and 1")
    score = each.sum(axis=1)
    per_element = association(site=site, score=score, outcome=outcome, risk=risk)
    happened, chance = np.asarray(outcome, dtype=float), np.asarray(risk, dtype=float)
    return DoseResponse(
        doses=tuple(_dose(value, score, happened, chance) for value in np.unique(score)), per_element=per_element
    )


def _cases(*, site, score, outcome, risk) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    where, dose = np.asarray(site), np.asarray(score, dtype=float)
    happened, chance = np.asarray(outcome, dtype=float), np.asarray(risk, dtype=float)
    if where.ndim != 1 or not where.shape == dose.shape == happened.shape == chance.shape:
        raise ValueError("sites, scores, outcomes and risks need one entry per case")
    if not (np.isfinite(dose).all() and np.isin(happened, (0.0, 1.0)).all() and ((chance > 0) & (chance < 1)).all()):
        raise ValueError("scores are numbers, outcomes 0 or 1, and risks lie between 0 and 1")
    return where, dose, happened, chance


def _refuse_few(*, sites: int, events: int, cases: int) -> None:
    if sites < FEWEST_SITES:
        raise DevianceRefusal("TOO_FEW_SITES", (f"Fewer than {FEWEST_SITES} hospitals have cases with it recorded.",))
    if min(events, cases - events) < FEWEST_EVENTS:
        raise DevianceRefusal("TOO_FEW_EVENTS", (f"Fewer than {FEWEST_EVENTS} cases with, or without, the outcome.",))


def _fit(*, inside, across, outcome, risk, groups) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and cluster-robust covariance of (1, within, between)."""
    # Takes a second, which the start of the web must not; statsmodels.api would take three.
    from statsmodels.genmod.families import Binomial  # noqa: PLC0415
    from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning  # noqa: PLC0415

    design = np.column_stack([np.ones(inside.size), inside, across])
    model = GLM(outcome, design, family=Binomial(), offset=logit(risk))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True})
    if (np.abs(fitted.params[1:]) * design[:, 1:].std(axis=0)).max() > STEEPEST:
        raise DevianceRefusal(
            "SEPARATED", ("With or without it, the outcome always or never happens; no odds ratio can be given.",)
        )
    return np.asarray(fitted.params), np.asarray(fitted.cov_params())


def _effect(value: float, error: float, *, freedom: int) -> Effect:
    reach = student.ppf(0.975, freedom) * error
    p = 2 * student.sf(abs(value) / error, freedom)
    return Effect(
        odds_ratio=float(np.exp(value)),
        lower=float(np.exp(value - reach)),
        upper=float(np.exp(value + reach)),
        p=float(p),
    )


def _dose(value: float, score: np.ndarray, outcome: np.ndarray, risk: np.ndarray) -> Dose:
    held = score == value
    n, events = int(held.sum()), int(outcome[held].sum())
    low, high = wilson(np.array([float(events)]), np.array([float(n)]))
    return Dose(
        score=int(value),
        cases=n,
        events=events,
        rate=events / n,
        lower=float(low[0]),
        upper=float(high[0]),
        expected=float(risk[held].mean()),
    )
