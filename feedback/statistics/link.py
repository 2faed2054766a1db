"""The logistic link and its inverse, safe at both ends."""

from __future__ import annotations

import numpy as np

CHUNK = 16_384


def expit(eta: np.ndarray | float) -> np.ndarray:
    """Return 1 / (1 + exp(−eta)) without overflow, same shape as ``eta``."""
    small = np.exp(-np.abs(eta))
    return np.where(np.asarray(eta) >= 0, 1.0, small) / (1.0 + small)


def odds_against(eta: np.ndarray, *, rough: bool = False) -> np.ndarray:
    """Return exp(−eta), (m,); ``rough``: to about seven digits, in single precision, as an early step may take it."""
    if not rough:
        out = np.negative(eta)
        return np.exp(out, out=out)
    narrow = np.negative(eta, out=np.empty(len(eta), dtype=np.float32), casting="same_kind")
    return np.exp(narrow, out=narrow).astype(float)


def risks_and_log_likelihood(
    eta: np.ndarray, *, events: np.ndarray, trials: np.ndarray | None, rough: bool = False
) -> tuple[np.ndarray, float]:
    """Return 1 / (1 + exp(−eta)) and Σ events·eta − trials·log(1 + exp(eta)) from one exponential for each row.

    Parameters
    ----------
    eta, events : (R,) linear predictor and counts; trials : (R,), or None for 1 each; rough : see ``odds_against``.

    Returns
    -------
    risk : (R,); value : float. Parts stay in the cache; with one trial each a row costs an eighth of a logarithm.
    """
    risk, value = np.empty_like(eta), 0.0
    with np.errstate(over="ignore"):
        for begin in range(0, len(eta), CHUNK):
            part = slice(begin, begin + CHUNK)
            at = eta[part]
            whole = odds_against(at, rough=rough)
            whole += 1.0
            np.divide(1.0, whole, out=risk[part])
            if trials is None:
                value += float(np.einsum("i,i->", events[part], at)) - float(at.sum()) - log_sum(whole, at)
            else:
                value += float(((events[part] - trials[part]) * at - trials[part] * logs(whole, at)).sum())
    return risk, value


def logs(whole: np.ndarray, eta: np.ndarray) -> np.ndarray:
    """Return log(1 + exp(−eta)) for ``whole`` (m,) = 1 + exp(−eta), also where that has overflowed."""
    return np.where(np.isfinite(whole), np.log(whole), -eta)


def log_sum(whole: np.ndarray, eta: np.ndarray) -> float:
    """Return Σ log(1 + exp(−eta)) for ``whole`` (m,) = 1 + exp(−eta), by products of eight where those do not overflow."""
    even = len(whole) // 8 * 8
    total = float(np.log(np.multiply.reduce(whole[:even].reshape(8, -1), axis=0)).sum() + np.log(whole[even:]).sum())
    if np.isfinite(total):
        return total
    return float(logs(whole, eta).sum())


def softplus(eta: np.ndarray) -> np.ndarray:
    """Return log(1 + exp(eta)) without overflow, same shape as ``eta``."""
    return np.maximum(eta, 0.0) + np.log(1.0 + np.exp(-np.abs(eta)))


def logit(p: np.ndarray | float) -> np.ndarray:
    """Return log(p / (1 − p)) for p in (0, 1), same shape as ``p``."""
    p = np.asarray(p, dtype=float)
    return np.log(p / (1.0 - p))
