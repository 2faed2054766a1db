"""Agreement coefficients that look at the raters or the pairing of ratings: Conger's kappa and Krippendorff's alpha."""

import numpy as np

from registry.agreement.coefficients import (
    MISSING,
    NO_SPREAD,
    Coefficient,
    Counted,
    Note,
    check_level,
    coefficient,
    count_ratings,
    finish,
    undefined,
)


def conger(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Conger's kappa, which lets each rater have a prevalence of their own (with two raters it is Cohen's).

    Arguments and errors as `agreement.percent`; a rater without any rating is left out.
    Source: Conger 1980; Gwet 2008 for the standard error; methods §13.
    """
    table, sure = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights), check_level(level)
    rated = table.ratings != MISSING
    active = rated.any(axis=0)
    r, n = int(active.sum()), len(table.counts)
    if r < 2:
        return coefficient(name="conger", table=_unpaired(table), chance=0.0, chance_by_subject=0.0, level=sure)
    rated, chosen = rated[:, active], table.ratings[:, active, None] == np.arange(n_categories)
    per_rater = rated.sum(axis=0)
    shares = chosen.sum(axis=0) / per_rater[:, None]
    mean = shares.mean(axis=0)
    covariance = (shares.T @ shares - r * np.outer(mean, mean)) / (r - 1)
    chance = float((table.weights * (np.outer(mean, mean) - covariance / r)).sum())
    surprise = (chosen - (rated - per_rater / n)[:, :, None] * shares) @ table.weights.T * (n / per_rater)[:, None]
    by_subject = (surprise * (r * mean - shares)).sum(axis=(1, 2)) / (r * (r - 1))
    return coefficient(name="conger", table=table, chance=chance, chance_by_subject=by_subject, level=sure)


def _unpaired(table: Counted) -> Counted:
    return Counted(**{**vars(table), "paired": np.zeros(len(table.counts), dtype=bool)})


def krippendorff(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Krippendorff's alpha, which uses only subjects with at least two ratings.

    Arguments and errors as `agreement.percent`; the agreement shown includes Krippendorff's small-sample correction.
    Source: Krippendorff 2004; Gwet 2014 for the standard error; methods §13.
    """
    table, sure = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights), check_level(level)
    counts, size = table.counts[table.paired], table.n_ratings[table.paired]
    n = len(counts)
    if n == 0:
        return undefined(
            name="krippendorff",
            agreement=None,
            chance=None,
            n_subjects=0,
            prevalence=table.prevalence,
            note=Note.NO_PAIRS,
        )
    mean_size, correction = size.mean(), 1.0 / size.sum()
    agreed = (counts * (counts @ table.weights - 1)).sum(axis=1) / (mean_size * (size - 1))
    plain, prevalence = float(agreed.mean()), counts.mean(axis=0) / mean_size
    spread = table.weights @ prevalence
    chance, agreement = float(prevalence @ spread), float((1 - correction) * plain + correction)
    if not 1 - chance > NO_SPREAD:
        return undefined(
            name="krippendorff",
            agreement=agreement,
            chance=1.0,
            n_subjects=n,
            prevalence=prevalence,
            note=Note.ONE_CATEGORY,
        )
    estimate, uncorrected = (agreement - chance) / (1 - chance), (plain - chance) / (1 - chance)
    uneven = (size - mean_size) / mean_size
    values = (agreed - plain * uneven - chance) / (1 - chance)
    by_subject = (counts @ spread) / mean_size - chance * uneven
    values = values - 2 * (1 - uncorrected) * (by_subject - chance) / (1 - chance)
    used = Counted(
        **{**vars(table), "paired": np.ones(n, dtype=bool), "prevalence": prevalence, "agreement": agreement}
    )
    return finish(name="krippendorff", table=used, estimate=float(estimate), values=values - uncorrected + estimate,
                   chance=chance, agreement=agreement, level=sure)  # fmt: skip
