"""Chance-corrected agreement of several raters on categories, corrected for missing ratings, with intervals and prevalence.

Cohen's kappa of two raters is in cohen, agreement on measured values in icc. Bands such as "substantial"
(Landis & Koch) are arbitrary and not given here. Kappa is low by construction when nearly every rating is the same category
(95 % agreement at 97 % prevalence gives about 0), therefore every result carries per cent agreement and prevalence.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

from registry.agreement.proportion import wilson

MISSING = -1
NO_SPREAD = 1e-12


class Note(StrEnum):
    """Why a coefficient or its interval is not what one would expect."""

    NO_PAIRS = "NO_PAIRS"
    ONE_CATEGORY = "ONE_CATEGORY"
    ONE_SUBJECT = "ONE_SUBJECT"
    NO_SPREAD = "NO_SPREAD"


@dataclass(frozen=True)
class Coefficient:
    """One coefficient of agreement; None where undefined.

    `agreement` and `chance` are the (weighted) shares, 0–1, agreed and expected by chance; `prevalence` the share of ratings in
    each category; `n_subjects` those with at least two ratings. `standard_error` speaks of other subjects like these (Gwet
    2008), `null_standard_error` of the hypothesis that agreement is chance, where a formula exists.
    """

    name: str
    estimate: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    agreement: float | None
    chance: float | None
    n_subjects: int
    prevalence: tuple[float, ...]
    note: Note | None = None
    null_standard_error: float | None = None


@dataclass(frozen=True, eq=False)
class Counted:
    """Ratings as counts of shape (n_subjects, n_categories), with what every coefficient needs of them.

    `ratings` holds the subjects with at least one rating; `n_ratings`, `paired` (at least two) and `agreed` (share of agreeing
    pairs) have shape (n_subjects,), `weights` (q, q), `prevalence` (q,); `agreement` is the mean over paired subjects.
    """

    ratings: np.ndarray
    counts: np.ndarray
    n_ratings: np.ndarray
    weights: np.ndarray
    paired: np.ndarray
    prevalence: np.ndarray
    agreed: np.ndarray
    agreement: float


def encode(*, values, categories) -> np.ndarray:
    """Return category positions of shape (n_subjects, n_raters), int, −1 where blank.

    `values`: n_subjects rows of n_raters codes; None or "" is blank. `categories`: all codes a rater could have chosen, in order.
    Raises ValueError for a repeated category, a code that is no category, or rows of unequal length.
    """
    places = {code: place for place, code in enumerate(categories)}
    if len(places) != len(categories):
        raise ValueError("a category occurs twice")
    rows = [[MISSING if code is None or code == "" else places.get(code) for code in row] for row in values]
    unknown = sorted(
        {
            str(code)
            for row, coded in zip(values, rows, strict=True)
            for code, c in zip(row, coded, strict=True)
            if c is None
        }
    )
    if unknown:
        raise ValueError(f"not among the categories: {', '.join(unknown)}")
    if len({len(row) for row in rows}) > 1:
        raise ValueError("every subject must have one entry per rater")
    return np.array(rows, dtype=int).reshape(len(rows), -1)


def agreement_weights(*, kind: str, n_categories: int) -> np.ndarray:
    """Return the credit, 0–1, for each pair of categories; shape (n_categories, n_categories).

    `kind`: "identity"; for ordered categories "linear" 1 − |k−l|/(q−1), "quadratic" 1 − (k−l)²/(q−1)², "ordinal"
    1 − C(|k−l|+1, 2)/C(q, 2). Raises ValueError for another kind or fewer than one category. Source: Gwet 2014; methods §13.
    """
    if n_categories < 1:
        raise ValueError("there must be at least one category")
    apart = np.abs(np.subtract.outer(np.arange(n_categories), np.arange(n_categories))).astype(float)
    widest = max(n_categories - 1, 1)
    if kind == "identity":
        return (apart == 0).astype(float)
    if kind == "linear":
        return 1 - apart / widest
    if kind == "quadratic":
        return 1 - (apart / widest) ** 2
    if kind == "ordinal":
        return 1 - apart * (apart + 1) / (widest * (widest + 1))
    raise ValueError(f"no such weights: {kind}")


def check_ratings(*, ratings, n_categories: int) -> np.ndarray:
    """Return ratings as ints of shape (n_subjects, n_raters). Raises ValueError for another shape or a position out of range."""
    array = np.asarray(ratings)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError("ratings must have one row per subject and at least two raters")
    if array.size and not (
        np.issubdtype(array.dtype, np.integer) and array.min() >= MISSING and array.max() < n_categories
    ):
        raise ValueError("a rating must be the position of a category, or -1 where missing")
    return array.astype(int)


def check_level(level: float) -> float:
    """Return the level of confidence. Raises ValueError unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError("the level must lie between 0 and 1")
    return level


def count_ratings(*, ratings, n_categories: int, weights: str) -> Counted:
    """Count ratings by subject and category; arguments and errors as `percent`. Source: Gwet 2014."""
    credit = agreement_weights(kind=weights, n_categories=n_categories)
    coded = check_ratings(ratings=ratings, n_categories=n_categories)
    coded = coded[(coded != MISSING).any(axis=1)]
    counts = (coded[:, :, None] == np.arange(n_categories)).sum(axis=1).astype(float)
    n_ratings = counts.sum(axis=1)
    paired = n_ratings >= 2
    pairs = (counts * (counts @ credit - 1)).sum(axis=1)
    agreed = np.where(paired, pairs / np.where(paired, n_ratings * (n_ratings - 1), 1), 0.0)
    prevalence = (counts / n_ratings[:, None]).mean(axis=0) if len(counts) else np.full(n_categories, np.nan)
    agreement = float(agreed[paired].mean()) if paired.any() else float("nan")
    return Counted(ratings=coded, counts=counts, n_ratings=n_ratings, weights=credit, paired=paired,
                   prevalence=prevalence, agreed=agreed, agreement=agreement)  # fmt: skip


def undefined(
    *, name: str, agreement: float | None, chance: float | None, n_subjects: int, prevalence, note: Note
) -> Coefficient:
    """Return a coefficient without a value, with what is still known beside it."""
    shares = tuple(float(share) for share in prevalence if np.isfinite(share))
    return Coefficient(name=name, estimate=None, standard_error=None, lower=None, upper=None, agreement=agreement,
                       chance=chance, n_subjects=n_subjects, prevalence=shares, note=note)  # fmt: skip


def limits(
    *, estimate: float, error: float, agreement: float, chance: float, n: int, quantile: float, level: float
) -> tuple[float, float, Note | None]:
    """Return an interval: estimate ± quantile × error, at most 1.

    Where every subject says the same (error 0) that would have no width: then the Wilson interval of the share agreed among `n`
    subjects is taken, chance agreement held.
    """
    if error > NO_SPREAD:
        return estimate - quantile * error, min(estimate + quantile * error, 1.0), None
    low, high = wilson(share=min(max(agreement, 0.0), 1.0), n=float(n), level=level)
    return (low - chance) / (1 - chance), min((high - chance) / (1 - chance), 1.0), Note.NO_SPREAD


def finish(
    *, name: str, table: Counted, estimate: float, values: np.ndarray, chance: float, agreement: float, level: float
) -> Coefficient:
    """Turn linearised values of the subjects into a standard error and an interval."""
    n, n_paired = len(values), int(table.paired.sum())
    shares = tuple(float(share) for share in table.prevalence)
    if n < 2:
        return Coefficient(name=name, estimate=estimate, standard_error=None, lower=None, upper=None, agreement=agreement,
                           chance=chance, n_subjects=n_paired, prevalence=shares, note=Note.ONE_SUBJECT)  # fmt: skip
    error = float(np.sqrt(((values - estimate) ** 2).sum() / (n * (n - 1))))
    quantile = float(stats.t.ppf((1 + level) / 2, n - 1))
    low, high, note = limits(estimate=estimate, error=error, agreement=table.agreement, chance=chance,
                             n=n_paired, quantile=quantile, level=level)  # fmt: skip
    return Coefficient(name=name, estimate=estimate, standard_error=error, lower=low, upper=high, agreement=agreement,
                       chance=chance, n_subjects=n_paired, prevalence=shares, note=note)  # fmt: skip


def coefficient(*, name: str, table: Counted, chance: float, chance_by_subject, level: float) -> Coefficient:
    """Return (p_a − p_e) / (1 − p_e) with Gwet's linearised standard error.

    Subjects with a single rating inform prevalence only; p_a is taken as a ratio over a random number of paired subjects, which
    follows the jackknife more closely than holding that number fixed.
    """
    n_paired = int(table.paired.sum())
    if n_paired == 0:
        return undefined(
            name=name, agreement=None, chance=None, n_subjects=0, prevalence=table.prevalence, note=Note.NO_PAIRS
        )
    if not 1 - chance > NO_SPREAD:
        return undefined(name=name, agreement=table.agreement, chance=1.0, n_subjects=n_paired,
                         prevalence=table.prevalence, note=Note.ONE_CATEGORY)  # fmt: skip
    estimate = (table.agreement - chance) / (1 - chance)
    scale = len(table.counts) / n_paired
    values = estimate + scale * (table.agreed - table.agreement * table.paired) / (1 - chance)
    values = values - 2 * (1 - estimate) * (chance_by_subject - chance) / (1 - chance)
    return finish(name=name, table=table, estimate=float(estimate), values=values, chance=float(chance),
                  agreement=table.agreement, level=level)  # fmt: skip


def percent(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return the share of pairs of ratings that agree (0–1), with its interval; no correction for chance.

    `ratings`: ints of shape (n_subjects, n_raters ≥ 2), positions 0…n_categories−1, −1 missing. `weights`: see `agreement_weights`.
    The interval is t with n − 1 degrees of freedom over subjects, or Wilson when all subjects are alike.
    Raises ValueError for bad ratings, weights or level. Source: Gwet 2008, 2014; methods §13.
    """
    table = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights)
    return coefficient(name="percent", table=table, chance=0.0, chance_by_subject=0.0, level=check_level(level))


def gwet(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Gwet's AC1 (identity weights) or AC2; arguments and errors as `percent`. Chance = [Σw/(q(q−1))] Σπ(1−π).

    Undefined with a single declared category. Source: Gwet 2008; methods §13.
    """
    table, q = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights), n_categories
    if q == 1:
        return coefficient(name="gwet", table=table, chance=1.0, chance_by_subject=1.0, level=check_level(level))
    share = table.weights.sum() / (q * (q - 1))
    chance = share * (table.prevalence * (1 - table.prevalence)).sum()
    by_subject = share * (table.counts @ (1 - table.prevalence)) / table.n_ratings
    return coefficient(name="gwet", table=table, chance=chance, chance_by_subject=by_subject, level=check_level(level))


def fleiss(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return Fleiss' kappa, generalised to weights and missing ratings; arguments and errors as `percent`.

    `null_standard_error` (Fleiss, Nee & Landis 1979) is given for identity weights when every subject has equally many ratings.
    Source: Fleiss 1971; Gwet 2008 for the standard error; methods §13.
    """
    table = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights)
    spread = table.weights @ table.prevalence
    found = coefficient(name="fleiss", table=table, chance=float(table.prevalence @ spread),
                         chance_by_subject=(table.counts @ spread) / table.n_ratings, level=check_level(level))  # fmt: skip
    if found.estimate is None or weights != "identity" or np.ptp(table.n_ratings) > 0:
        return found
    p, n, m = table.prevalence, len(table.counts), float(table.n_ratings[0])
    pq = p * (1 - p)
    null = np.sqrt(2) / (pq.sum() * np.sqrt(n * m * (m - 1))) * np.sqrt(pq.sum() ** 2 - (pq * (1 - 2 * p)).sum())
    return Coefficient(**{**vars(found), "null_standard_error": float(null)})


def fleiss_by_category(*, ratings, n_categories: int) -> tuple[float | None, ...]:
    """Return Fleiss' kappa of each category against all others; None for a category nobody or everybody chose.

    `ratings` as in `percent`; subjects with fewer than two ratings are left out. Raises ValueError for bad ratings.
    Source: Fleiss 1971; methods §13.
    """
    table = count_ratings(ratings=ratings, n_categories=n_categories, weights="identity")
    counts, m = table.counts[table.paired], table.n_ratings[table.paired]
    kappas = []
    for k in range(n_categories):
        p = float((counts[:, k] / m).mean()) if len(counts) else 0.0
        split = float((counts[:, k] * (m - counts[:, k]) / (m * (m - 1))).mean()) if 0 < p < 1 else 0.0
        kappas.append(1 - split / (p * (1 - p)) if 0 < p < 1 else None)
    return tuple(kappas)


def brennan_prediger(*, ratings, n_categories: int, weights: str = "identity", level: float = 0.95) -> Coefficient:
    """Return the Brennan–Prediger coefficient, chance = Σw/q²; arguments and errors as `percent`. Source: Brennan & Prediger 1981."""
    table = count_ratings(ratings=ratings, n_categories=n_categories, weights=weights)
    chance = float(table.weights.sum() / n_categories**2)
    return coefficient(
        name="brennan_prediger", table=table, chance=chance, chance_by_subject=chance, level=check_level(level)
    )
