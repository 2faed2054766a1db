"""A middling site of like case mix, so that what a bright spot does can be held against something."""

from dataclasses import dataclass

import numpy as np

MIDDLING = (0.9, 1.0 / 0.9)


@dataclass(frozen=True)
class Comparator:
    """The site that a nominated one is held against: its position and the distance of its case mix (0 = the same)."""

    site: int
    distance: float


def distances(case_mix) -> np.ndarray:
    """Return the distances (J, J) between case mixes: the root mean square difference in SDs between sites.

    `case_mix`: shape (J, k), k ≥ 1 figures per site, such as mean expected risk, log volume, share of emergencies. A figure
    that is the same everywhere counts nothing.
    Raises ValueError for another shape or a missing figure.
    Source: methods §3 (overlap of case mix, standardised differences).
    """
    figures = np.asarray(case_mix, dtype=float)
    if figures.ndim != 2 or figures.shape[1] < 1 or not np.isfinite(figures).all():
        raise ValueError("the case mix needs one row per site, at least one figure, and none missing")
    spread = figures.std(axis=0)
    scaled = (figures - figures.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    gap = scaled[:, None, :] - scaled[None, :, :]
    return np.sqrt((gap**2).mean(axis=2))


def comparator(*, site: int, odds_ratio, allowed, case_mix, farthest: float = 2.0) -> Comparator | None:
    """Return the allowed, middling site whose case mix is nearest, or None when there is none near enough.

    `odds_ratio`: persistent odds ratios (J,); middling is 0.9 to 1/0.9. `allowed`: booleans (J,), for sites whose data are
    credible and who are not nominated themselves. `farthest`: SDs. Ties go to the lower position.
    """
    ratio = np.asarray(odds_ratio, dtype=float)
    apart = distances(case_mix)[site]
    fit = np.asarray(allowed, dtype=bool) & (ratio >= MIDDLING[0]) & (ratio <= MIDDLING[1]) & (apart <= farthest)
    fit[site] = False
    if not fit.any():
        return None
    best = int(np.argmin(np.where(fit, apart, np.inf)))
    return Comparator(site=best, distance=float(apart[best]))
