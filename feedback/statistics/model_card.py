"""The figures of a model card: how good the risks are, how honest that is, and how reliable the sites can be told apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from feedback.statistics import calibration, logistic
from feedback.statistics.calibration import Curve, Group
from feedback.statistics.cohort import Cohort, Missingness
from feedback.statistics.link import expit
from feedback.statistics.result import Result, Term, number
from feedback.statistics.rows import Rows, arrange

GOOD = 0.7


@dataclass(frozen=True)
class Optimism:
    """Apparent c-statistic, mean optimism over ``draws`` bootstrap fits, and the corrected c; ``failed`` fits are left out."""

    apparent: float
    optimism: float
    corrected: float
    draws: int
    failed: int


@dataclass(frozen=True)
class SiteCalibration:
    """Observed and expected events of one site under the fixed part."""

    site: str
    observed: float
    expected: float


@dataclass(frozen=True)
class ModelCard:
    """Everything a model card prints about one fit.

    ``reliability_quantiles`` are the 0, 25, 50, 75 and 100 % points over sites and ``reliability_share_good`` the share of
    sites at 0.7 or more (both None without a random intercept). Discrimination and calibration are of the expected risks.
    """

    terms: tuple[Term, ...]
    n: float
    events: float
    c_statistic: float
    c_statistic_standard_error: float | None
    optimism: Optimism | None
    brier: float
    brier_scaled: float | None
    calibration_intercept: float
    calibration_slope: float | None
    groups: tuple[Group, ...]
    curve: Curve | None
    sites: tuple[SiteCalibration, ...]
    sigma: float | None
    sigma_p_value: float | None
    reliability_quantiles: tuple[float, ...] | None
    reliability_share_good: float | None
    dispersion_phi: float | None
    dispersion_tau2: float | None
    missing: tuple[Missingness, ...]
    notes: tuple[str, ...]


def optimism(rows: Rows, *, fitted: np.ndarray, draws: int, seed: int) -> Optimism:
    """Correct the c-statistic for having been measured on the cases the model was fitted on.

    Parameters
    ----------
    rows : R rows; fitted : (R,) risks of the model fitted on them.
    draws : bootstrap samples of cases, >= 1; seed : of the generator.

    Returns
    -------
    ``Optimism``: each sample is fitted anew and its c on itself compared with its c on the original cases.

    Source: Harrell, Lee & Mark, Stat. Med. 15, 1996.
    """
    apparent = calibration.discrimination(rows.events, rows.trials, fitted).c
    random = np.random.default_rng(seed)
    n = round(float(rows.trials.sum()))
    cells = np.concatenate([rows.events, rows.trials - rows.events]) / rows.trials.sum()
    surplus, failed = [], 0
    for _ in range(draws):
        counts = random.multinomial(n, cells).astype(float)
        events = counts[: len(rows.events)]
        trials = events + counts[len(rows.events) :]
        found = logistic.fit(rows.recounted(trials=trials, events=events))
        if not found.converged:
            failed += 1
            continue
        risk = expit(rows.linear(found.beta))
        own = calibration.discrimination(events, trials, risk).c
        surplus.append(own - calibration.discrimination(rows.events, rows.trials, risk).c)
    mean = float(np.mean(surplus)) if surplus else float("nan")
    return Optimism(apparent=apparent, optimism=mean, corrected=apparent - mean, draws=draws, failed=failed)


def card(cohort: Cohort, *, result: Result, draws: int = 100, seed: int = 1) -> ModelCard:
    """Collect a model card.

    Parameters
    ----------
    cohort, result : a cohort and its comparison.
    draws, seed : of the bootstrap; 0 draws leave the optimism out, as does a risk that came with the data.
    """
    trials = np.ones(len(cohort.outcome)) if cohort.weights is None else cohort.weights
    events, risk = cohort.outcome * trials, result.expected_risk
    reliable = np.array([site.reliability for site in result.sites if site.reliability is not None])
    return ModelCard(
        terms=result.model.terms,
        n=float(trials.sum()),
        events=float(events.sum()),
        c_statistic=result.model.c_statistic,
        c_statistic_standard_error=result.model.c_statistic_standard_error,
        optimism=_optimism(cohort, risk=risk, draws=draws, seed=seed) if draws and cohort.risk is None else None,
        brier=result.model.brier,
        brier_scaled=number(calibration.brier(events, trials, risk)[1]),
        calibration_intercept=result.model.calibration_intercept,
        calibration_slope=result.model.calibration_slope,
        groups=calibration.table(events, trials, risk),
        curve=calibration.curve(events, trials, risk),
        sites=tuple(
            SiteCalibration(site=site.site, observed=site.observed, expected=site.expected)
            for site in result.sites
            if site.n > 0
        ),
        sigma=result.model.sigma,
        sigma_p_value=result.model.sigma_p_value,
        reliability_quantiles=tuple(np.quantile(reliable, np.arange(5) / 4).tolist()) if len(reliable) else None,
        reliability_share_good=float((reliable >= GOOD).mean()) if len(reliable) else None,
        dispersion_phi=result.overall.dispersion_phi,
        dispersion_tau2=result.overall.dispersion_tau2,
        missing=cohort.missing,
        notes=result.notes,
    )


def _optimism(cohort: Cohort, *, risk: np.ndarray, draws: int, seed: int) -> Optimism:
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome, weights=cohort.weights)
    fitted = np.empty(len(rows.site))
    fitted[rows.row_of] = risk
    return optimism(rows, fitted=fitted, draws=draws, seed=seed)


def to_document(found: ModelCard) -> dict:
    """Return the card as plain dicts, lists, numbers, text and None, ready for JSON."""
    return _plain(asdict(found))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return number(value) if isinstance(value, float) else value
