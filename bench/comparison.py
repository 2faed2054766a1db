"""Times a whole comparison beside one plain logistic fit of the same cases, and prints the ratio; a measurement, not a test.

Run from the project folder: ``OPENBLAS_NUM_THREADS=1 python -m bench.comparison [CASES …]`` (100000 and 1000000 when left out).
"mixed" has 2 numbers and 18 indicator columns, "numbers" 20 columns of many values, for which nothing can be gathered by pattern.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from glum import GeneralizedLinearRegressor

from feedback.statistics import bootstrap, hierarchical, logistic
from feedback.statistics.coding import Adjuster, Categorical
from feedback.statistics.cohort import Cohort, build
from feedback.statistics.compare import Settings, compare
from feedback.statistics.link import expit
from feedback.statistics.rows import arrange
from feedback.statistics.simulate import collaborative

SITES = 100
REPETITIONS = 7
NUMBERS = 20
SAMPLES = 1000
EXACT_SAMPLES = 3


def seconds(work: Callable[[], object]) -> float:
    """Return what one call costs in CPU seconds (others may share the machine; run it with one BLAS thread)."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def peak(work: Callable[[], object]) -> float | None:
    """Return by how many bytes the process grew at most during a call; None where the system does not say."""
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        return None
    reset.write_text("5")
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024.0 * float(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def numbers(n: int) -> tuple[Callable[[], Cohort], np.ndarray]:
    """Draw a collaborative with twenty continuous covariates: how to build its cohort, and its outcomes."""
    random = np.random.default_rng(11)
    site = np.concatenate([np.arange(SITES), random.integers(0, SITES, n - SITES)]).astype(np.int32)
    columns = {f"x{number}": random.normal(size=n) for number in range(NUMBERS)}
    eta = -3.3 + sum(0.1 * values for values in columns.values()) + random.normal(0.0, 0.35, SITES)[site]
    outcome = (random.random(n) < expit(eta)).astype(float)
    labels = Categorical(codes=site, levels=tuple(f"S{number:03d}" for number in range(SITES)))
    adjusters = tuple(Adjuster(name=name) for name in columns)
    return lambda: build(site=labels, outcome=outcome, columns=columns, adjusters=adjusters), outcome


def beside(name: str, cohort: Callable[[], Cohort], outcome: np.ndarray) -> None:
    """Interleave both jobs and print medians side by side."""
    built = cohort()
    by_row = np.ascontiguousarray(built.design.matrix()[:, 1:])
    by_column = np.asfortranarray(by_row)
    size = 8.0 * len(by_row) * len(built.design.names)
    grown = peak(lambda: compare(cohort(), settings=Settings()))
    peer = GeneralizedLinearRegressor(family="binomial", alpha=0)
    jobs = {
        "design": cohort,
        "compare": lambda: compare(built, settings=Settings()),
        "rows": lambda: peer.fit(by_row, outcome),
        "columns": lambda: peer.fit(by_column, outcome),
    }
    times: dict[str, list[float]] = {job: [] for job in jobs}
    for _ in range(REPETITIONS):
        for job, work in jobs.items():
            times[job].append(seconds(work))
    design, ours, rows, columns = (statistics.median(times[job]) for job in jobs)
    memory = "not known" if grown is None else f"{grown / size:.2f}"
    print(
        f"{name:>8} {len(by_row):>9} {design:>9.3f} {ours:>10.3f} {rows:>12.3f} {(design + ours) / rows:>7.2f}"
        f" {columns:>15.3f} {(design + ours) / columns:>7.2f} {memory:>14}",
        flush=True,
    )


def bootstraps(n: int) -> None:
    """Print what the bootstrap of whole sites costs in fits of the same model, and how far one step lies from exact fits."""
    cohort = collaborative(n=n, sites=SITES, sigma=0.35, seed=7).cohort()
    rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
    one = statistics.median(seconds(lambda: hierarchical.fit(rows, fixed=logistic.fit(rows))) for _ in range(3))
    found = {}
    for method, draws in (("one-step", SAMPLES), ("exact", EXACT_SAMPLES)):

        def work(method: str = method, draws: int = draws) -> None:
            found[method] = bootstrap.standardised_rates(rows, draws=draws, method=method).rates

        cost = seconds(work) / draws * SAMPLES
        print(f"{SAMPLES} samples, {method}: {cost:.2f} s, {cost / one:.1f} fits of {one:.3f} s", flush=True)
    error = np.abs(found["one-step"][:EXACT_SAMPLES] - found["exact"]) / np.nanstd(found["one-step"], axis=0)
    error = error[np.isfinite(error)]
    print(f"one step against exact, in bootstrap SD: median {np.median(error):.4f}, largest {error.max():.3f}")


def main(sizes: list[int]) -> None:
    """Print one line for each kind and number of cases."""
    print(
        f"{'kind':>8} {'cases':>9} {'design s':>9} {'compare s':>10} {'glum rows s':>12} {'ratio':>7}"
        f" {'glum columns s':>15} {'ratio':>7} {'peak / matrix':>14}"
    )
    for n in sizes:
        truth = collaborative(n=n, sites=SITES, sigma=0.35, seed=7)
        beside("mixed", truth.cohort, truth.outcome)
        beside("numbers", *numbers(n))
    bootstraps(sizes[-1])


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100_000, 1_000_000])
