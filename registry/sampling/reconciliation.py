"""How far the abstracted sample differs in its mix from the list it was drawn from. Arrays in, frozen results out."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm


@dataclass(frozen=True, kw_only=True)
class MixDifference:
    """Means on the list and in the sample (weighted by one over the chance), their difference and its interval.

    The interval is about chance alone: where it holds 0, a fair draw would often differ as much. It is None where fewer
    than two abstracted operations tell.
    """

    on_list: float
    in_sample: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    n_list: int
    n_sample: int

    @property
    def is_apart(self) -> bool:
        """Tell whether the interval leaves 0 out."""
        return self.lower is not None and self.upper is not None and not self.lower <= 0 <= self.upper


def mix_difference(values: np.ndarray, *, chances: np.ndarray, abstracted: np.ndarray, lines: int = 1) -> MixDifference:
    """Compare the mean of ``values`` in the abstracted sample with that of the whole list.

    values: floats of shape (n,), NaN where unknown, 0/1 for a share. chances: the chance of being drawn, 0 to 1, shape
    (n,). abstracted: bool of shape (n,), drawn and abstracted; rows with chance 0 count nowhere. lines: how many such
    comparisons stand together; all their intervals hold together in 95 of 100 fair draws (Bonferroni).
    Where only a part of the drawn cases is abstracted yet, the chance of each is multiplied by that part: the interval
    is then that of a fair draw of which chance decides what is done first.
    The sample's mean is the ratio estimator of Hájek with weights 1/chance. Its variance is linearised and taken over
    the whole list, where the values are known: Σ (1 − chance)/chance · (y − mean)² / N², which is what Poisson sampling
    gives and somewhat too wide for a draw of fixed size.
    Source: Särndal, Swensson & Wretman, Model Assisted Survey Sampling (1992), results 5.6.2 and 5.7.
    Raises ValueError where the shapes differ.
    """
    if not values.shape == chances.shape == abstracted.shape or values.ndim != 1:
        raise ValueError("Values, chances and marks belong to the same rows.")
    known = ~np.isnan(values) & (chances > 0)
    sample = known & abstracted
    n_list, n_sample = int(known.sum()), int(sample.sum())
    if n_list == 0:
        return MixDifference(on_list=float("nan"), in_sample=None, difference=None, lower=None, upper=None, n_list=0, n_sample=0)
    on_list = float(values[known].mean())
    if n_sample == 0:
        return MixDifference(on_list=on_list, in_sample=None, difference=None, lower=None, upper=None, n_list=n_list, n_sample=0)
    weights = 1 / chances[sample]
    in_sample = float((weights * values[sample]).sum() / weights.sum())
    difference = in_sample - on_list
    lower = upper = None
    if n_sample >= 2:
        scatter = (1 - chances[known]) / chances[known] * (values[known] - on_list) ** 2
        half = float(norm.ppf(1 - 0.025 / lines)) * float(np.sqrt(scatter.sum())) / n_list
        lower, upper = difference - half, difference + half
    return MixDifference(
        on_list=on_list, in_sample=in_sample, difference=difference, lower=lower, upper=upper, n_list=n_list, n_sample=n_sample
    )
