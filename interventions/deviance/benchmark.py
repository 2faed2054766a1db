"""Which sites may be nominated on a process measure: those that make up the achievable benchmark of the nominating periods."""

import numpy as np

from feedback.statistics.benchmark import achievable_benchmark


def members(*, events, cases) -> np.ndarray:
    """Return who makes up the Achievable Benchmark of Care of all but the latest period, booleans (J,).

    `events`: unwelcome events (care not given), `cases`; whole numbers, shape (J, T), the last column only confirming. The
    periods are taken together, as luck in one would shut out a good site. Whether the benchmark may be *shown* (five sites, none
    over half of it) is another question, which nominations, seen by the coordinating centre alone, do not raise.
    Source: Kiefe et al. 1998; Weissman et al. 1999; methods §12.
    """
    early = np.asarray(events)[:, :-1].sum(axis=1), np.asarray(cases)[:, :-1].sum(axis=1)
    inside = np.zeros(early[0].size, dtype=bool)
    inside[list(achievable_benchmark(events=early[0], cases=early[1], higher_is_better=False).members)] = True
    return inside
