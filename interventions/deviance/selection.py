"""How many of the candidates may be named: as many as keep the expected share of false ones within its limit."""

import numpy as np


def select(probability_false, *, share: float = 0.10) -> np.ndarray:
    """Return the positions of the largest set whose mean probability of being false is at most `share`, surest first.

    `probability_false`: 0–1, shape (n,), candidates of all sites and measures together; NaN for what may not be chosen.
    `share`: in (0, 1). Ties are broken by position. Given right probabilities the expected share of false ones is kept.
    Raises ValueError for probabilities outside 0–1 or a share out of range.
    Source: Newton, Noueiry, Sarkar & Ahlquist 2004 (direct posterior probability); Müller, Parmigiani & Rice 2007.
    """
    chance = np.asarray(probability_false, dtype=float)
    if chance.ndim != 1 or (chance < 0).any() or (chance > 1).any():
        raise ValueError("probabilities lie between 0 and 1, in one dimension")
    if not 0 < share < 1:
        raise ValueError("the share of false ones lies between 0 and 1")
    order = np.argsort(chance, kind="stable")[: np.isfinite(chance).sum()]
    running = np.cumsum(chance[order]) / np.arange(1, order.size + 1)
    return order[: np.searchsorted(running, share * (1 + 1e-12), side="right")]
