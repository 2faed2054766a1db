"""How much of what distinguishes sites is real: reliability, shrinkage and between-site variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import betaln
from scipy.stats import beta

LARGEST_PRECISION = 1e6


def of_effects(*, standard_error: np.ndarray, sigma: float) -> np.ndarray:
    """Reliability of site effects, 1 − SE²/σ².

    Parameters
    ----------
    standard_error : (J,) conditional SD of the effects; sigma : SD of the effects, >= 0.

    Returns
    -------
    (J,) in 0–1; all 0 when sigma is 0, for then the data cannot tell the sites apart.

    Source: Adams et al., RAND TR-653, 2009; Dimick et al. 2010.
    """
    if sigma == 0:
        return np.zeros(len(standard_error))
    return np.clip(1.0 - (np.asarray(standard_error) / sigma) ** 2, 0.0, 1.0)


def cases_needed(*, reliability: float, sigma: float, variance_per_case: float) -> float:
    """Cases a site needs to reach a reliability: ρ/(1 − ρ) / (σ²·v) with v = mean p(1 − p).

    Returns infinity when sigma is 0. Raises ValueError for a reliability outside (0, 1) or v <= 0.
    """
    if not 0 < reliability < 1 or variance_per_case <= 0:
        raise ValueError("a reliability lies between 0 and 1 and cases vary")
    if sigma == 0:
        return float("inf")
    return reliability / (1.0 - reliability) / (sigma**2 * variance_per_case)


@dataclass(frozen=True)
class BetaBinomial:
    """Beta-binomial fit: mean ``mu``, precision ``m`` (∞ when ``degenerate``) and, binomial coefficients included, the
    log-likelihood of the fit and of a common rate."""

    mu: float
    m: float
    log_likelihood: float
    binomial_log_likelihood: float
    degenerate: bool


def beta_binomial(events: np.ndarray, trials: np.ndarray) -> BetaBinomial:
    """Fit rates ~ Beta(μM, (1 − μ)M) by maximum likelihood.

    Parameters
    ----------
    events, trials : (J,) counts, trials > 0, not all events equal to 0 or to the trials.

    Returns
    -------
    ``BetaBinomial``; degenerate when the likelihood keeps rising as M grows: no between-site variance is detectable.

    Raises
    ------
    ValueError when no site or every case has the event.

    Source: Griffiths, Biometrics 29, 1973; Adams 2009.
    """
    r, n = np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    overall = r.sum() / n.sum()
    if not 0 < overall < 1:
        raise ValueError("rates that are all 0 or all 1 have no variance to model")
    constant = float((-np.log1p(n) - betaln(r + 1.0, n - r + 1.0)).sum())
    binomial = constant + float((r * np.log(overall) + (n - r) * np.log1p(-overall)).sum())

    def negative(theta: np.ndarray) -> float:
        mu, m = 1.0 / (1.0 + np.exp(-theta[0])), np.exp(theta[1])
        a, b = mu * m, (1.0 - mu) * m
        return -float((betaln(r + a, n - r + b) - betaln(a, b)).sum())

    start = np.log(overall / (1.0 - overall))
    fits = [
        minimize(
            negative, (start, first), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
        )
        for first in (np.log(20.0), np.log(200.0))
    ]
    best = min(fits, key=lambda fit: fit.fun)
    m = float(np.exp(best.x[1]))
    value = constant - float(best.fun)
    degenerate = m > LARGEST_PRECISION or value < binomial + 1e-6
    if degenerate:
        return BetaBinomial(
            mu=float(overall),
            m=float("inf"),
            log_likelihood=binomial,
            binomial_log_likelihood=binomial,
            degenerate=True,
        )
    return BetaBinomial(
        mu=float(1.0 / (1.0 + np.exp(-best.x[0]))),
        m=m,
        log_likelihood=value,
        binomial_log_likelihood=binomial,
        degenerate=False,
    )


@dataclass(frozen=True)
class ShrunkenRates:
    """Reliability, posterior mean and interval of each site's rate, all (J,)."""

    reliability: np.ndarray
    rate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def shrink(events: np.ndarray, trials: np.ndarray, *, model: BetaBinomial, level: float = 0.95) -> ShrunkenRates:
    """Shrink crude rates by a beta-binomial model.

    Parameters
    ----------
    events, trials : (J,); model : a fit of the same kind of rates.

    Returns
    -------
    ``ShrunkenRates``; with a degenerate model reliability 0 and every rate the overall one.

    Source: Adams 2009.
    """
    r, n = np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    if model.degenerate:
        same = np.full(len(r), model.mu)
        return ShrunkenRates(reliability=np.zeros(len(r)), rate=same, lower=same, upper=same)
    a, b = r + model.mu * model.m, n - r + (1.0 - model.mu) * model.m
    tail = (1.0 - level) / 2.0
    return ShrunkenRates(
        reliability=n / (n + model.m), rate=a / (a + b), lower=beta.ppf(tail, a, b), upper=beta.isf(tail, a, b)
    )


def moment_variance(events: np.ndarray, trials: np.ndarray) -> float:
    """Between-site variance of rates by weighted moments (may be negative; set to 0 before use).

    Source: Kleinman, JASA 68, 1973, weights = trials.
    """
    r, n = np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    pooled = r.sum() / n.sum()
    squares = float((n * (r / n - pooled) ** 2).sum())
    spare = float((n * (1.0 - n / n.sum())).sum())
    noise = float((1.0 - n / n.sum()).sum())
    return (squares - pooled * (1.0 - pooled) * noise) / (spare - noise)


@dataclass(frozen=True)
class BetweenVariance:
    """Between-site variance ``tau2`` with the pooled ``mean`` and its ``standard_error``."""

    tau2: float
    mean: float
    standard_error: float


def _pooled(value: np.ndarray, variance: np.ndarray, tau2: float) -> BetweenVariance:
    w = 1.0 / (variance + tau2)
    return BetweenVariance(
        tau2=tau2, mean=float((w * value).sum() / w.sum()), standard_error=float(np.sqrt(1.0 / w.sum()))
    )


def between_variance(value: np.ndarray, variance: np.ndarray, *, method: str) -> BetweenVariance:
    """Estimate the variance of true values behind I noisy ones.

    Parameters
    ----------
    value, variance : (I,) estimates and their sampling variances > 0, I >= 2.
    method : ``DL`` (DerSimonian–Laird), ``PM`` (Paule–Mandel) or ``REML``.

    Raises
    ------
    ValueError for another method.

    Source: Veroniki et al., Res. Synth. Methods 7, 2016 (all three).
    """
    y, v = np.asarray(value, dtype=float), np.asarray(variance, dtype=float)

    def surplus(tau2: float) -> float:
        w = 1.0 / (v + tau2)
        mean = (w * y).sum() / w.sum()
        return float((w * (y - mean) ** 2).sum() - (len(y) - 1))

    def restricted(tau2: float) -> float:
        w = 1.0 / (v + tau2)
        mean = (w * y).sum() / w.sum()
        score = (w**2 * (y - mean) ** 2).sum() - w.sum() + (w**2).sum() / w.sum()
        return float(score)

    if method == "DL":
        w = 1.0 / v
        return _pooled(y, v, max(0.0, surplus(0.0) / float(w.sum() - (w**2).sum() / w.sum())))
    if method not in ("PM", "REML"):
        raise ValueError(f"method {method} is none of DL, PM, REML")
    equation = surplus if method == "PM" else restricted
    if equation(0.0) <= 0:
        return _pooled(y, v, 0.0)
    ceiling = float(10.0 * (np.var(y) + v.max()))
    return _pooled(y, v, float(brentq(equation, 0.0, ceiling, xtol=1e-14)))
