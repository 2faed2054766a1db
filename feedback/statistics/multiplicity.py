"""Adjusting p-values for how many comparisons were looked at."""

from __future__ import annotations

import numpy as np


def _checked(p: np.ndarray) -> np.ndarray:
    values = np.asarray(p, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a p-value lies between 0 and 1")
    return values


def bonferroni(p: np.ndarray) -> np.ndarray:
    """Return min(1, m·p), (m,), for (m,) p-values. Raises ValueError outside 0–1. Source: Dunn 1961."""
    values = _checked(p)
    return np.minimum(1.0, len(values) * values)


def holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's step-down adjusted p-values, (m,). Raises ValueError outside 0–1. Source: Holm 1979."""
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    factors = len(values) - np.arange(len(values))
    out = np.empty(len(values))
    out[order] = np.minimum(1.0, np.maximum.accumulate(factors * values[order]))
    return out


def _step_up(values: np.ndarray, constant: float) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    m = len(values)
    scaled = constant * m * values[order] / np.arange(1, m + 1)
    out = np.empty(m)
    out[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return out


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return q-values, (m,), controlling the false discovery rate under independence.

    Raises ValueError outside 0–1. Source: Benjamini & Hochberg, JRSS B 57, 1995.
    """
    return _step_up(_checked(p), 1.0)


def benjamini_yekutieli(p: np.ndarray) -> np.ndarray:
    """Return q-values, (m,), valid under any dependence.

    Raises ValueError outside 0–1. Source: Benjamini & Yekutieli, Ann. Stat. 29, 2001.
    """
    values = _checked(p)
    return _step_up(values, float((1.0 / np.arange(1, len(values) + 1)).sum()))
