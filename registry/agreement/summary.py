"""All coefficients of agreement on one element at once, for a page that shows them side by side."""

import numpy as np

from registry.agreement.coefficients import Coefficient, brennan_prediger, fleiss, gwet, percent
from registry.agreement.cohen import cohen
from registry.agreement.raters import conger, krippendorff


def agreement_summary(
    *, ratings, n_categories: int, weights: str = "identity", level: float = 0.95
) -> tuple[Coefficient, ...]:
    """Return per cent agreement first, then Gwet, Cohen (two raters only), Fleiss, Brennan–Prediger, Conger, Krippendorff.

    `ratings`: ints of shape (n_subjects, n_raters ≥ 2), positions 0…n_categories−1, −1 missing; other arguments, results and
    errors as `agreement.percent`. Source: Gwet 2014; methods §13.
    """
    functions = [percent, gwet, fleiss, brennan_prediger, conger, krippendorff]
    found = [f(ratings=ratings, n_categories=n_categories, weights=weights, level=level) for f in functions]
    if np.shape(ratings)[1] == 2:
        found.insert(2, cohen(ratings=ratings, n_categories=n_categories, weights=weights, level=level))
    return tuple(found)
