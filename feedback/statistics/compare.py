"""The comparison itself: one cohort in, one result out, or a refusal with reasons."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass

import numpy as np
import scipy
from scipy.stats import norm

from feedback.statistics import calibration, exact_test, funnel, hierarchical, logistic, multiplicity, standardise
from feedback.statistics.cohort import Cohort
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.link import expit, logit
from feedback.statistics.logistic import LogisticFit
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.reliability import of_effects
from feedback.statistics.result import (
    InputPart,
    ModelPart,
    OverallPart,
    Result,
    Settings,
    SiteResult,
    Term,
    number,
    to_document,
)
from feedback.statistics.risk_model import RiskModelFit
from feedback.statistics.rows import Rows, arrange
from feedback.statistics.separation import separating_columns
from feedback.statistics.shrunken import Shrunken, shrink

__all__ = ["ComparisonRefusal", "Result", "Settings", "compare", "to_document"]

MODELS = ("random-intercept", "logistic")
SMALLEST_COUNT = 5
PROGRAMME_ROWS = 6000
BEST_TENTH = float(norm.isf(0.1))


@dataclass(frozen=True)
class _Fits:
    """What was fitted: ``fixed`` and ``mixed`` may be None; ``risk`` (R,) is the expected risk of each row."""

    fixed: LogisticFit | None
    mixed: HierarchicalFit | None
    risk: np.ndarray


@dataclass(frozen=True)
class _Counts:
    n: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    pooled: float
    multiplier: float
    benchmark: float


def compare(cohort: Cohort, *, settings: Settings | None = None) -> Result:
    """Compare the sites of a cohort.

    Parameters
    ----------
    cohort : n cases of J sites, from ``cohort.build``.
    settings : see ``Settings``; defaults when left out.

    Returns
    -------
    ``Result``; equal inputs and settings give equal results to the last bit.

    Raises
    ------
    ComparisonRefusal with code ``BAD_SETTINGS``, ``ONE_SITE``, ``ALL_EQUAL``, ``TOO_FEW_EVENTS``, ``SEPARATED`` or
    ``NOT_CONVERGED``.

    Source: methods named at each step's own function.
    """
    settings = settings or Settings()
    _require_settings(settings)
    _require_data(cohort, settings)
    rows = arrange(
        cohort.design,
        site=cohort.site,
        outcome=cohort.outcome,
        weights=cohort.weights,
        offset=None if cohort.risk is None else logit(cohort.risk),
    )
    fits = _fit(cohort, rows, settings=settings)
    counts = _count(cohort, rows, fits=fits, settings=settings)
    shrunken = None
    distributions = exact_test.site_distributions(
        rows, risks=exact_test.tilted(rows, risks=fits.risk, ratio=counts.benchmark / counts.multiplier)
    )
    if fits.mixed is not None:
        shrunken = shrink(
            rows,
            beta=fits.mixed.beta,
            expected=counts.expected,
            threshold=counts.benchmark / counts.multiplier,
            distributions=distributions,
            settings=settings,
        )
    found, notes = _dispersion(counts, settings=settings)
    return Result(
        input=InputPart(
            rows=cohort.rows,
            rows_used=int(np.count_nonzero(cohort.kept)),
            excluded=cohort.excluded,
            sites=len(cohort.labels),
            events=float(counts.observed.sum()),
            sha256=cohort.digest,
        ),
        settings=_resolved(cohort, settings=settings, counts=counts),
        model=_model_part(cohort, rows, fits=fits, settings=settings),
        overall=OverallPart(
            rate=counts.pooled,
            observed=float(counts.observed.sum()),
            expected=float(counts.expected.sum()),
            dispersion_phi=None if found is None else found.phi,
            dispersion_tau2=None if found is None else found.tau2,
        ),
        sites=_site_results(cohort, rows, fits, counts, shrunken, distributions, found, settings=settings),
        achievable_low=_achievable(rows, fits=fits, counts=counts, z=-BEST_TENTH),
        achievable_high=_achievable(rows, fits=fits, counts=counts, z=BEST_TENTH),
        notes=(*cohort.notes, *notes, *_sigma_note(fits)),
        expected_risk=fits.risk[rows.row_of],
        risk_model=_keep(cohort, fits=fits, counts=counts),
    )


def _require_settings(settings: Settings) -> None:
    rules = [
        (settings.model in MODELS, f"The model must be one of {', '.join(MODELS)}."),
        (1 <= settings.quadrature <= 25, "The quadrature takes 1 to 25 nodes."),
        (settings.interval in ("exact", "byar", "midp"), "The interval must be exact, byar or midp."),
        (0 < settings.level < 1, "The level must lie between 0 and 1."),
        (settings.funnel in ("none", "additive", "multiplicative"), "The funnel must be none, additive or multiplicative."),
        (settings.benchmark is None or 0 < settings.benchmark < 1, "The benchmark must be a rate between 0 and 1."),
        (settings.draws >= 1, "The ranks need at least one draw."),
        (settings.prior_scale > 0, "The prior scale of sigma must be above 0."),
    ]
    faults = tuple(sentence for holds, sentence in rules if not holds)
    if faults:
        raise ComparisonRefusal("BAD_SETTINGS", faults)


def _require_data(cohort: Cohort, settings: Settings) -> None:
    if len(cohort.labels) < 2:
        raise ComparisonRefusal("ONE_SITE", (f"Only {cohort.labels[0]} has cases; a comparison needs two sites.",))
    weights = np.ones(len(cohort.outcome)) if cohort.weights is None else cohort.weights
    events = float((weights * cohort.outcome).sum())
    fewer = min(events, float(weights.sum()) - events)
    if fewer == 0:
        every = "No case has" if events == 0 else "Every case has"
        raise ComparisonRefusal("ALL_EQUAL", (f"{every} the outcome; there is nothing to model.",))
    k = len(cohort.design.names)
    need = max(SMALLEST_COUNT, settings.events_per_parameter * k) if k > 1 else SMALLEST_COUNT
    if fewer < need:
        raise ComparisonRefusal(
            "TOO_FEW_EVENTS",
            (f"{fewer:g} cases with the rarer outcome for {k} coefficients; at least {need:g} are needed.",),
        )


def _fit(cohort: Cohort, rows: Rows, *, settings: Settings) -> _Fits:
    if cohort.risk is not None and settings.model == "logistic":
        return _Fits(fixed=None, mixed=None, risk=expit(rows.offset))
    _require_overlap(cohort)
    fixed = logistic.fit(rows)
    if not fixed.converged:
        raise ComparisonRefusal("NOT_CONVERGED", ("The risk model did not converge.",))
    mixed = None
    if settings.model == "random-intercept":
        mixed = hierarchical.fit(rows, fixed=fixed, quadrature=settings.quadrature)
        if not mixed.converged:
            raise ComparisonRefusal("NOT_CONVERGED", ("The random-intercept model did not converge.",))
    risk = fixed.fitted if cohort.risk is None else expit(rows.offset)
    return _Fits(fixed=fixed, mixed=mixed, risk=risk)


def _require_overlap(cohort: Cohort) -> None:
    """Refuse, naming the columns, when the outcome is separated.

    Distinct rows suffice. With more than 6,000 of them a full-rank part that is not separated proves that the whole is
    not; only otherwise does the programme see all rows.
    """
    design = cohort.design
    if design.free:
        step = max(1, len(cohort.outcome) // PROGRAMME_ROWS)
        parts = [np.arange(0, len(cohort.outcome), step), np.arange(len(cohort.outcome))][step == 1 :]
        for part in parts:
            matrix = np.empty((len(part), len(design.names)))
            matrix[:, list(design.discrete)] = design.table[design.pattern[part]]
            matrix[:, list(design.free)] = design.dense[:, part].T
            names = separating_columns(matrix, outcome=cohort.outcome[part], names=design.names)
            if not names and np.linalg.matrix_rank(matrix / np.abs(matrix).max(axis=0).clip(1e-300)) == matrix.shape[1]:
                return
    else:
        code = np.unique(design.pattern * 2 + cohort.outcome.astype(np.int32))
        names = separating_columns(design.table[code // 2], outcome=code % 2, names=design.names)
    if names:
        listed = ", ".join(names)
        raise ComparisonRefusal(
            "SEPARATED", (f"The outcome is fully determined along {listed}; merge rare levels or drop the adjuster.",)
        )


def _count(cohort: Cohort, rows: Rows, *, fits: _Fits, settings: Settings) -> _Counts:
    n, observed = rows.by_site(rows.trials), rows.by_site(rows.events)
    pooled = float(observed.sum() / n.sum())
    benchmark = pooled if settings.benchmark is None else settings.benchmark
    return _Counts(
        n=n,
        observed=observed,
        expected=rows.by_site(rows.trials * fits.risk),
        pooled=pooled,
        multiplier=pooled if cohort.risk is None else benchmark,
        benchmark=benchmark,
    )


def _dispersion(counts: _Counts, *, settings: Settings) -> tuple[funnel.Dispersion | None, tuple[str, ...]]:
    scores = funnel.scores_of_ratio(
        counts.observed, counts.expected, transform="sqrt", target=counts.benchmark / counts.multiplier
    )
    found = funnel.dispersion(scores)
    if len(counts.n) < funnel.FEWEST_SITES:
        return found, ("Fewer than ten sites: over-dispersion is unstable and the funnel keeps its plain limits.",)
    return found, ()


def _sigma_note(fits: _Fits) -> tuple[str, ...]:
    if fits.mixed is not None and fits.mixed.sigma == 0:
        return ("The data cannot distinguish the sites: the estimated spread of site effects is 0.",)
    return ()


def _resolved(cohort: Cohort, *, settings: Settings, counts: _Counts) -> dict:
    resolved = asdict(settings)
    resolved["benchmark"] = counts.benchmark
    resolved["benchmark_kind"] = "pooled" if settings.benchmark is None else "given"
    resolved["risk"] = "given" if cohort.risk is not None else "fitted"
    few = len(counts.n) < funnel.FEWEST_SITES
    resolved["outside_follows"] = "none" if few else settings.funnel
    resolved["sigma_prior"] = f"half-normal, scale {settings.prior_scale:g}"
    resolved["versions"] = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    return resolved


def _model_part(cohort: Cohort, rows: Rows, *, fits: _Fits, settings: Settings) -> ModelPart:
    discrimination = calibration.discrimination(rows.events, rows.trials, fits.risk)
    large, slope = calibration.recalibration(rows.events, rows.trials, fits.risk)
    shown = fits.mixed or fits.fixed
    z = float(norm.isf((1.0 - settings.level) / 2.0))
    terms = ()
    if shown is not None:
        errors = np.sqrt(np.diag(shown.covariance))
        terms = tuple(
            Term(name=name, estimate=float(b), standard_error=float(e), lower=float(b - z * e), upper=float(b + z * e))
            for name, b, e in zip(cohort.design.names, shown.beta, errors, strict=True)
        )
    return ModelPart(
        kind=settings.model if shown is not None else "given risk",
        terms=terms,
        sigma=None if fits.mixed is None else fits.mixed.sigma,
        sigma_p_value=None if fits.mixed is None else fits.mixed.sigma_p_value,
        log_likelihood=None if shown is None else shown.log_likelihood,
        quadrature=None if fits.mixed is None else fits.mixed.quadrature,
        iterations=None if shown is None else shown.iterations,
        converged=True,
        c_statistic=discrimination.c,
        c_statistic_standard_error=number(discrimination.standard_error),
        brier=calibration.brier(rows.events, rows.trials, fits.risk)[0],
        calibration_intercept=large,
        calibration_slope=number(slope),
    )


def _achievable(rows: Rows, *, fits: _Fits, counts: _Counts, z: float) -> float | None:
    if fits.mixed is None or fits.mixed.sigma == 0:
        return None
    events = rows.trials * expit(rows.linear(fits.mixed.beta) + z * fits.mixed.sigma)
    return float(counts.multiplier * events.sum() / counts.expected.sum())


def _keep(cohort: Cohort, *, fits: _Fits, counts: _Counts) -> RiskModelFit | None:
    if cohort.risk is not None:
        return None
    return RiskModelFit(
        names=cohort.design.names,
        codings=cohort.codings,
        beta=tuple(float(value) for value in fits.fixed.beta),
        covariance=tuple(tuple(float(value) for value in row) for row in fits.fixed.covariance),
        n=float(counts.n.sum()),
        events=float(counts.observed.sum()),
        sigma=None if fits.mixed is None else fits.mixed.sigma,
    )


def _site_results(
    cohort: Cohort,
    rows: Rows,
    fits: _Fits,
    counts: _Counts,
    shrunken: Shrunken | None,
    distributions: tuple,
    found: funnel.Dispersion | None,
    *,
    settings: Settings,
) -> tuple[SiteResult, ...]:
    known = {
        "n": counts.n,
        "observed": counts.observed,
        "expected": counts.expected,
        **_standardised(counts, settings=settings),
        **_tested(counts, distributions),
    }
    if fits.mixed is not None and shrunken is not None:
        known |= _plug_in(rows, fits.mixed) | _shrunken(shrunken, multiplier=counts.multiplier)
    plain = len(counts.n) < funnel.FEWEST_SITES
    words = funnel.outside(
        known["oe"],
        counts.expected,
        funnel=settings.funnel,
        target=counts.benchmark / counts.multiplier,
        found=None if plain else found,
    )
    flags = standardise.flag(
        lower=known["adjusted_rate_lower"], upper=known["adjusted_rate_upper"], benchmark=counts.benchmark
    )
    sites = [
        SiteResult(
            site=label,
            flag=flags[j],
            outside=words[j],
            notes=_notes(n=counts.n[j], observed=counts.observed[j]),
            **{name: number(values[j]) for name, values in known.items()},
        )
        for j, label in enumerate(cohort.labels)
    ]
    sites += [SiteResult(site=label, n=0.0, observed=0.0, expected=0.0, notes=("no cases",)) for label in cohort.empty_labels]
    return tuple(sorted(sites, key=lambda site: site.site))


def _notes(*, n: float, observed: float) -> tuple[str, ...]:
    if observed == 0:
        return ("no events",)
    return ("every case has the event",) if observed == n else ()


def _standardised(counts: _Counts, *, settings: Settings) -> dict[str, np.ndarray]:
    found = standardise.indirect(
        observed=counts.observed,
        expected=counts.expected,
        rate=counts.multiplier,
        method=settings.interval,
        level=settings.level,
    )
    return {
        "oe": found.ratio,
        "oe_lower": found.ratio_lower,
        "oe_upper": found.ratio_upper,
        "adjusted_rate": found.rate,
        "adjusted_rate_lower": found.rate_lower,
        "adjusted_rate_upper": found.rate_upper,
    }


def _tested(counts: _Counts, distributions: tuple) -> dict[str, np.ndarray]:
    upper = np.array(
        [np.nan if item is None else item.upper_midp(x) for item, x in zip(distributions, counts.observed, strict=True)]
    )
    whole = np.isfinite(upper)
    q = np.full(len(upper), np.nan)
    q[whole] = multiplicity.benjamini_hochberg(exact_test.two_sided(upper[whole]))
    return {"z": exact_test.z_score(upper), "p_value": exact_test.two_sided(upper), "q_value": q}


def _plug_in(rows: Rows, mixed: HierarchicalFit) -> dict[str, np.ndarray]:
    predicted = hierarchical.predicted_events(rows, beta=mixed.beta, effect=mixed.effect)
    average = hierarchical.predicted_events(rows, beta=mixed.beta, effect=np.zeros(rows.n_sites))
    return {
        "effect": mixed.effect,
        "effect_standard_error": mixed.effect_standard_error,
        "predicted": predicted,
        "expected_average_site": average,
        "predicted_to_expected": predicted / average,
        "reliability": of_effects(standard_error=mixed.effect_standard_error, sigma=mixed.sigma),
    }


def _shrunken(found: Shrunken, *, multiplier: float) -> dict[str, np.ndarray]:
    return {
        "shrunken_rate": found.ratio * multiplier,
        "shrunken_rate_lower": found.lower * multiplier,
        "shrunken_rate_upper": found.upper * multiplier,
        "probability_below": found.probability_below,
        "expected_rank": found.ranks.expected,
        "rank_lower": found.ranks.lower,
        "rank_upper": found.ranks.upper,
        "probability_lowest": found.ranks.lowest,
        "probability_lowest_tenth": found.ranks.lowest_tenth,
        "probability_highest_tenth": found.ranks.highest_tenth,
        "chance_lower": found.chance_lower * multiplier,
        "chance_upper": found.chance_upper * multiplier,
    }
