"""The comparison itself: one cohort in, one result out, or a refusal with reasons."""

from __future__ import annotations

import platform
from dataclasses import asdict

import numpy as np
import scipy
from scipy.stats import norm

from feedback.statistics import calibration, curves, exact_test, fitting, funnel, posterior, site_results
from feedback.statistics.cohort import Cohort
from feedback.statistics.curves import Lattice
from feedback.statistics.firth import FirthFit
from feedback.statistics.fitting import Fits
from feedback.statistics.link import logit
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.result import InputPart, ModelPart, OverallPart, Result, Settings, Term, number, to_document
from feedback.statistics.risk_model import RiskModelFit
from feedback.statistics.rows import Rows, arrange
from feedback.statistics.shrunken import Shrunken, shrink
from feedback.statistics.site_results import Counts

__all__ = ["ComparisonRefusal", "Result", "Settings", "compare", "to_document"]

MODELS = ("random-intercept", "logistic")
SMALLEST_COUNT = 5
MOST_DRAWS = 100_000
BEST_TENTH = float(norm.isf(0.1))


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
    ComparisonRefusal with code ``BAD_SETTINGS``, ``ONE_SITE``, ``ALL_EQUAL``, ``ONE_CASE_EACH``, ``TOO_FEW_EVENTS``, ``SEPARATED`` or
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
    fits = fitting.fit(cohort, rows, settings=settings)
    rows = fits.rows
    counts = site_results.count(cohort, rows, fits=fits, settings=settings)
    lattice, shrunken = None, None
    distributions = exact_test.site_distributions(
        rows, risks=exact_test.tilted(rows, risks=fits.risk, ratio=counts.benchmark / counts.multiplier)
    )
    if fits.mixed is not None:
        lattice = curves.lattice(rows, rows.linear(fits.mixed.beta))
        shrunken = shrink(
            rows,
            lattice=lattice,
            expected=counts.expected,
            threshold=counts.benchmark / counts.multiplier,
            distributions=distributions,
            settings=settings,
        )
    return _result(
        cohort=cohort,
        rows=rows,
        fits=fits,
        counts=counts,
        lattice=lattice,
        shrunken=shrunken,
        distributions=distributions,
        settings=settings,
    )


def _result(
    *,
    cohort: Cohort,
    rows: Rows,
    fits: Fits,
    counts: Counts,
    lattice: Lattice | None,
    shrunken: Shrunken | None,
    distributions: tuple[exact_test.CountDistribution | None, ...],
    settings: Settings,
) -> Result:
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
        settings=_resolved(cohort, fits=fits, settings=settings, counts=counts),
        model=_model_part(cohort, rows, fits=fits, settings=settings),
        overall=OverallPart(
            rate=counts.pooled,
            observed=float(counts.observed.sum()),
            expected=float(counts.expected.sum()),
            dispersion_phi=None if found is None else found.phi,
            dispersion_tau2=None if found is None else found.tau2,
        ),
        sites=site_results.assemble(
            cohort=cohort,
            fits=fits,
            counts=counts,
            lattice=lattice,
            shrunken=shrunken,
            distributions=distributions,
            found=found,
            settings=settings,
        ),
        achievable_low=_achievable(lattice, fits=fits, counts=counts, z=-BEST_TENTH),
        achievable_high=_achievable(lattice, fits=fits, counts=counts, z=BEST_TENTH),
        notes=(*cohort.notes, *notes, *_fit_notes(fits)),
        expected_risk=rows.restored(fits.risk),
        risk_model=_keep(cohort, fits=fits, counts=counts),
    )


def _require_settings(settings: Settings) -> None:
    rules = [
        (settings.model in MODELS, f"The model must be one of {', '.join(MODELS)}."),
        (1 <= settings.quadrature <= 25, "The quadrature takes 1 to 25 nodes."),
        (settings.interval in ("exact", "byar", "midp"), "The interval must be exact, byar or midp."),
        (0 < settings.level < 1, "The level must lie between 0 and 1."),
        (
            settings.funnel in ("none", "additive", "multiplicative"),
            "The funnel must be none, additive or multiplicative.",
        ),
        (settings.benchmark is None or 0 < settings.benchmark < 1, "The benchmark must be a rate between 0 and 1."),
        (1 <= settings.draws <= MOST_DRAWS, f"The ranks take 1 to {MOST_DRAWS:,} draws."),
        (settings.seed >= 0, "The seed must be a whole number from 0 on."),
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
    if settings.model == "random-intercept" and np.bincount(cohort.site, weights=weights).max() < 2:
        raise ComparisonRefusal(
            "ONE_CASE_EACH", ("No site has two cases; the spread of site effects cannot be told from chance.",)
        )
    if len(cohort.design.names) > 1 and fewer < SMALLEST_COUNT:
        raise ComparisonRefusal(
            "TOO_FEW_EVENTS",
            (
                f"Only {fewer:g} cases have the rarer outcome: too few for any adjuster, at least {SMALLEST_COUNT} are needed.",
            ),
        )


def _dispersion(counts: Counts, *, settings: Settings) -> tuple[funnel.Dispersion | None, tuple[str, ...]]:
    scores = funnel.scores_of_ratio(
        counts.observed, counts.expected, transform="sqrt", target=counts.benchmark / counts.multiplier
    )
    found = funnel.dispersion(scores)
    if len(counts.n) < funnel.FEWEST_SITES:
        return found, ("Fewer than ten sites: over-dispersion is unstable and the funnel keeps its plain limits.",)
    return found, ()


def _fit_notes(fits: Fits) -> tuple[str, ...]:
    notes = () if fits.penalised is None else (fits.penalised.note,)
    if fits.mixed is not None and fits.mixed.sigma == 0:
        return (*notes, "The data cannot distinguish the sites: the estimated spread of site effects is 0.")
    return notes


def _estimation(cohort: Cohort, *, fits: Fits) -> str:
    if cohort.risk is not None:
        return "given"
    return "maximum likelihood" if fits.penalised is None else "penalised"


def _resolved(cohort: Cohort, *, fits: Fits, settings: Settings, counts: Counts) -> dict:
    resolved = asdict(settings)
    resolved["benchmark"] = counts.benchmark
    resolved["benchmark_kind"] = "pooled" if settings.benchmark is None else "given"
    resolved["risk"] = "given" if cohort.risk is not None else "fitted"
    resolved["estimation"] = _estimation(cohort, fits=fits)
    few = len(counts.n) < funnel.FEWEST_SITES
    resolved["outside_follows"] = "none" if few else settings.funnel
    resolved["sigma_prior"] = f"σ^{posterior.PRIOR_POWER:g} × half-normal, scale {settings.prior_scale:g}"
    resolved["versions"] = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    return resolved


def _model_part(cohort: Cohort, rows: Rows, *, fits: Fits, settings: Settings) -> ModelPart:
    discrimination = calibration.discrimination(rows.events, rows.trials, fits.risk)
    large, slope = calibration.recalibration(rows.events, rows.trials, fits.risk)
    shown = fits.mixed or fits.fixed
    z = float(norm.isf((1.0 - settings.level) / 2.0))
    terms = ()
    if fits.penalised is not None:
        terms = _penalised_terms(cohort, found=fits.penalised.found)
    elif shown is not None:
        variances = np.diag(shown.covariance)
        errors = np.sqrt(np.where(variances > 0, variances, np.nan))
        terms = tuple(
            Term(
                name=name, estimate=float(b), standard_error=number(e), lower=number(b - z * e), upper=number(b + z * e)
            )
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


def _penalised_terms(cohort: Cohort, *, found: FirthFit) -> tuple[Term, ...]:
    """Firth's own coefficients with their profile intervals (the intercept before FLIC, as published fits show it)."""
    columns = (found.beta, found.standard_error, found.lower, found.upper)
    return tuple(
        Term(name=name, estimate=float(b), standard_error=number(e), lower=number(low), upper=number(high))
        for name, b, e, low, high in zip(cohort.design.names, *columns, strict=True)
    )


def _achievable(lattice: Lattice | None, *, fits: Fits, counts: Counts, z: float) -> float | None:
    if fits.mixed is None or lattice is None or fits.mixed.sigma == 0:
        return None
    events = lattice.risks(np.full(len(counts.n), z * fits.mixed.sigma))
    return float(counts.multiplier * events.sum() / counts.expected.sum())


def _keep(cohort: Cohort, *, fits: Fits, counts: Counts) -> RiskModelFit | None:
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
