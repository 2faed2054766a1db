"""The verdict a standing may speak: one rule, from the posterior alone."""

from __future__ import annotations

from enum import StrEnum

CLEAR = 0.975
TOO_UNRELIABLE = 0.4


class Verdict(StrEnum):
    """What may be said of a site beside the collaborative."""

    LIKELY_BETTER = "LIKELY_BETTER"
    LIKELY_HIGHER = "LIKELY_HIGHER"
    LIKELY_LOWER = "LIKELY_LOWER"
    NOT_DISTINGUISHABLE = "NOT_DISTINGUISHABLE"
    TOO_FEW = "TOO_FEW"


def verdict(*, probability_below: float, reliability: float, adverse: bool) -> Verdict:
    """Choose the words.

    Parameters
    ----------
    probability_below : posterior probability that the site's rate lies below the collaborative's, 0–1.
    reliability : 0–1; below 0.4 an undecided site has too few cases to tell.
    adverse : True when events are bad (a death), False when they are good (care given).

    Returns
    -------
    For an adverse outcome ``LIKELY_BETTER`` from 0.975 on and ``LIKELY_HIGHER`` up to 0.025; for a favourable one
    ``LIKELY_LOWER`` and ``LIKELY_BETTER`` in their place. Otherwise ``NOT_DISTINGUISHABLE`` or ``TOO_FEW``.

    Raises
    ------
    ValueError when a probability or reliability lies outside 0–1 (NaN included).
    """
    if not (0.0 <= probability_below <= 1.0 and 0.0 <= reliability <= 1.0):
        raise ValueError("a probability and a reliability lie between 0 and 1")
    if probability_below >= CLEAR:
        return Verdict.LIKELY_BETTER if adverse else Verdict.LIKELY_LOWER
    if probability_below <= 1.0 - CLEAR:
        return Verdict.LIKELY_HIGHER if adverse else Verdict.LIKELY_BETTER
    return Verdict.TOO_FEW if reliability < TOO_UNRELIABLE else Verdict.NOT_DISTINGUISHABLE
