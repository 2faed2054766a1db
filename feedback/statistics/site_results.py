"""One line for each site of a comparison, put together from the fits, the exact tests and the posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback.statistics import exact_test, funnel, multiplicity, standardise
from feedback.statistics.cohort import Cohort
from feedback.statistics.curves import Lattice
from feedback.statistics.exact_test import CountDistribution
from feedback.statistics.fitting import Fits
from feedback.statistics.hierarchical import HierarchicalFit
from feedback.statistics.reliability import of_effects
from feedback.statistics.result import Settings, SiteResult, numbers
from feedback.statistics.rows import Rows
from feedback.statistics.shrunken import Shrunken


@dataclass(frozen=True)
class Counts:
    """Cases, events and expectation by site (J,); the pooled rate, the multiplier of adjusted rates and the benchmark, 0–1."""

    n: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    pooled: float
    multiplier: float
    benchmark: float


def count(cohort: Cohort, rows: Rows, *, fits: Fits, settings: Settings) -> Counts:
    """Sum the sites' cases; with a given risk the adjusted rate is O/E times the benchmark, else times the pooled rate."""
    n, observed = rows.by_site(rows.trials), rows.by_site(rows.events)
    pooled = float(observed.sum() / n.sum())
    benchmark = pooled if settings.benchmark is None else settings.benchmark
    return Counts(
        n=n,
        observed=observed,
        expected=rows.by_site(rows.counted(fits.risk)),
        pooled=pooled,
        multiplier=pooled if cohort.risk is None else benchmark,
        benchmark=benchmark,
    )


def assemble(
    *,
    cohort: Cohort,
    fits: Fits,
    counts: Counts,
    lattice: Lattice | None,
    shrunken: Shrunken | None,
    distributions: tuple[CountDistribution | None, ...],
    found: funnel.Dispersion | None,
    settings: Settings,
) -> tuple[SiteResult, ...]:
    """Return one ``SiteResult`` for each label, sites without a case included, in order of label.

    Parameters
    ----------
    cohort, fits, counts : the same J sites.
    lattice, shrunken : of the random intercept's linear predictor and posterior, None without one.
    distributions : exact distribution of each site's count at the benchmark.
    found : over-dispersion; ignored below ten sites.
    """
    known = {
        "n": counts.n,
        "observed": counts.observed,
        "expected": counts.expected,
        **_standardised(counts, settings=settings),
        **_tested(counts, distributions),
    }
    if fits.mixed is not None and lattice is not None and shrunken is not None:
        known |= _plug_in(lattice, fits.mixed) | _shrunken(shrunken, multiplier=counts.multiplier)
    plain = len(counts.n) < funnel.FEWEST_SITES
    words = funnel.outside(
        known["oe"],
        counts.expected,
        funnel=settings.funnel,
        target=counts.benchmark / counts.multiplier,
        found=None if plain else found,
    )
    flags = standardise.flag(
        lower=known["adjusted_rate_lower"], upper=known["adjusted_rate_upper"], benchmark=counts.benchmark
    )
    columns = {name: numbers(values) for name, values in known.items()}
    sites = [
        SiteResult(
            site=label,
            flag=flags[j],
            outside=words[j],
            notes=_notes(n=counts.n[j], observed=counts.observed[j]),
            **{name: values[j] for name, values in columns.items()},
        )
        for j, label in enumerate(cohort.labels)
    ]
    sites += [
        SiteResult(site=label, n=0.0, observed=0.0, expected=0.0, notes=("no cases",)) for label in cohort.empty_labels
    ]
    return tuple(sorted(sites, key=lambda site: site.site))


def _notes(*, n: float, observed: float) -> tuple[str, ...]:
    if observed == 0:
        return ("no events",)
    return ("every case has the event",) if observed == n else ()


def _standardised(counts: Counts, *, settings: Settings) -> dict[str, np.ndarray]:
    found = standardise.indirect(
        observed=counts.observed,
        expected=counts.expected,
        rate=counts.multiplier,
        method=settings.interval,
        level=settings.level,
    )
    return {
        "oe": found.ratio,
        "oe_lower": found.ratio_lower,
        "oe_upper": found.ratio_upper,
        "adjusted_rate": found.rate,
        "adjusted_rate_lower": found.rate_lower,
        "adjusted_rate_upper": found.rate_upper,
    }


def _tested(counts: Counts, distributions: tuple) -> dict[str, np.ndarray]:
    upper, lower = (
        np.array(
            [
                np.nan if item is None else getattr(item, tail)(x)
                for item, x in zip(distributions, counts.observed, strict=True)
            ]
        )
        for tail in ("upper_midp", "lower_midp")
    )
    p = exact_test.two_sided(upper, lower)
    whole = np.isfinite(upper)
    q = np.full(len(upper), np.nan)
    q[whole] = multiplicity.benjamini_hochberg(p[whole])
    return {"z": exact_test.z_score(upper, lower), "p_value": p, "q_value": q}


def _plug_in(lattice: Lattice, mixed: HierarchicalFit) -> dict[str, np.ndarray]:
    predicted = lattice.risks(mixed.effect)
    average = lattice.risks(np.zeros(len(mixed.effect)))
    return {
        "effect": mixed.effect,
        "effect_standard_error": mixed.effect_standard_error,
        "predicted": predicted,
        "expected_average_site": average,
        "predicted_to_expected": predicted / average,
        "reliability": of_effects(standard_error=mixed.effect_standard_error, sigma=mixed.sigma),
    }


def _shrunken(found: Shrunken, *, multiplier: float) -> dict[str, np.ndarray]:
    return {
        "shrunken_rate": found.ratio * multiplier,
        "shrunken_rate_lower": found.lower * multiplier,
        "shrunken_rate_upper": found.upper * multiplier,
        "probability_below": found.probability_below,
        "expected_rank": found.ranks.expected,
        "rank_lower": found.ranks.lower,
        "rank_upper": found.ranks.upper,
        "probability_lowest": found.ranks.lowest,
        "probability_lowest_tenth": found.ranks.lowest_tenth,
        "probability_highest_tenth": found.ranks.highest_tenth,
        "chance_lower": found.chance_lower * multiplier,
        "chance_upper": found.chance_upper * multiplier,
    }
