"""A small set of cases from a generator that is the same on every machine and in every version: 14 sites, 700 cases, few events.

Only `random.Random.random` is used, whose stream Python promises to keep.
"""

import math
from random import Random

SITES, CASES, SEED = 14, 700, 20261123
EFFECTS = (-0.9, -0.6, -0.45, -0.3, -0.2, -0.1, 0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)


def cases() -> dict[str, list]:
    """Return columns: ``site`` text, ``outcome`` 0/1, ``x`` a number with one decimal, ``flag`` 0/1."""
    random = Random(SEED)
    data = {"site": [], "outcome": [], "x": [], "flag": []}
    for _ in range(CASES):
        site = min(int(SITES * random.random() ** 1.6), SITES - 1)
        x = round(4.0 * random.random() - 2.0, 1)
        flag = 1 if random.random() < 0.3 else 0
        eta = -2.6 + 0.6 * x + 0.5 * flag + EFFECTS[(site * 5) % SITES]
        event = 1 if random.random() < 1.0 / (1.0 + math.exp(-eta)) else 0
        for name, value in (("site", f"site {site:02d}"), ("outcome", event), ("x", x), ("flag", flag)):
            data[name].append(value)
    return data
