"""One proportion with its interval; apart from the comparison's own, which the registry may not reach for."""

from math import sqrt
from statistics import NormalDist


def wilson(*, share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (lower, upper), 0–1, of a share of n observations; n need not be whole.

    A fractional n is an effective sample size. Raises ValueError unless 0 ≤ share ≤ 1, n > 0 and 0 < level < 1.
    Source: Wilson 1927.
    """
    if not (0 <= share <= 1 and n > 0 and 0 < level < 1):
        raise ValueError("the share and the level must lie between 0 and 1, and n above 0")
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle, half = 2 * n * share + z2, sqrt(z2) * sqrt(z2 + 4 * n * share * (1 - share))
    lower, upper = (middle - half) / (2 * (n + z2)), (middle + half) / (2 * (n + z2))
    # At 0 and 1 rounding could leave the share itself a hair outside.
    return max(0.0, min(lower, share)), min(1.0, max(upper, share))
