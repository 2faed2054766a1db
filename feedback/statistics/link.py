"""The logistic link and its inverse, safe at both ends."""

from __future__ import annotations

import numpy as np

CHUNK = 16_384


def expit(eta: np.ndarray | float) -> np.ndarray:
    """Return 1 / (1 + exp(−eta)) without overflow, same shape as ``eta``."""
    small = np.exp(-np.abs(eta))
    return np.where(np.asarray(eta) >= 0, 1.0, small) / (1.0 + small)


def expit_and_softplus(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 / (1 + exp(−eta)) and log(1 + exp(eta)) from one exponential, both (R,), in parts that stay in the cache."""
    risk, lost = np.empty_like(eta), np.empty_like(eta)
    for begin in range(0, len(eta), CHUNK):
        part = slice(begin, begin + CHUNK)
        at = eta[part]
        small = np.exp(-np.abs(at))
        whole = 1.0 + small
        np.divide(np.where(at >= 0, 1.0, small), whole, out=risk[part])
        np.add(np.maximum(at, 0.0), np.log(whole), out=lost[part])
    return risk, lost


def softplus(eta: np.ndarray) -> np.ndarray:
    """Return log(1 + exp(eta)) without overflow, same shape as ``eta``."""
    return np.maximum(eta, 0.0) + np.log(1.0 + np.exp(-np.abs(eta)))


def logit(p: np.ndarray | float) -> np.ndarray:
    """Return log(p / (1 − p)) for p in (0, 1), same shape as ``p``."""
    p = np.asarray(p, dtype=float)
    return np.log(p) - np.log1p(-p)
