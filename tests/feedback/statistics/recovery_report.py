"""The long recovery study: every claim at full length, written to docs/recovery.md as each part is finished.

``python -m tests.feedback.statistics.recovery_report [collaboratives]`` takes about half an hour of one processor at 1,000.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import scipy

from tests.feedback.statistics import recovery
from tests.feedback.statistics.recovery import BAND, TRUTH, Share, share

PAGE = Path(__file__).resolve().parents[3] / "docs" / "recovery.md"
NAMES = ("(Intercept)", "x", "flag")
HOSPITALS = (10, 30, 60, 100, 200)
COVERAGE = ((30, 100, 0.1), (30, 300, 0.1), (30, 1000, 0.1), (30, 300, 0.3))
AVERAGE = 6


def _per_cent(found: Share) -> str:
    return f"{100 * found.mean:.2f} ± {100 * found.band:.2f}"


def _bias(registries: int) -> list[str]:
    """Write coefficients and sigma by number of hospitals."""
    lines = [
        "| hospitals | "
        + " | ".join(f"{name}: bias in SE; its 95 % interval covers, %" for name in NAMES)
        + " | mean of σ̂ | bias of σ̂ | share with σ̂ = 0 |",
        "|" + "---|" * (len(NAMES) + 4),
    ]
    for sites in HOSPITALS:
        seen = recovery.study(sites=sites, cases=100, sigma=0.3, registries=registries, seed=1000, shrunken=False)
        cells = []
        for place in range(len(NAMES)):
            z, held = share([one.z[place] for one in seen]), share([one.held[place] for one in seen])
            cells.append(f"{z.mean:+.3f} ± {z.band:.3f}; {_per_cent(held)}")
        sigma = share([one.sigma for one in seen])
        none = np.mean([one.sigma == 0 for one in seen])
        lines.append(
            f"| {sites} | {' | '.join(cells)} | {sigma.mean:.4f} | {sigma.mean - 0.3:+.4f} ± {sigma.band:.4f} | {100 * none:.1f} % |"
        )
    return lines


def _coverage(registries: int) -> list[str]:
    """Write the coverage of the three kinds of interval, and words against the truth."""
    lines = [
        "| hospitals | cases each | σ | shrunken rate | exact O/E | rank | “better” though above | “higher” though below |",
        "|" + "---|" * 8,
    ]
    for sites, cases, sigma in COVERAGE:
        seen = recovery.study(sites=sites, cases=cases, sigma=sigma, registries=registries, seed=2000)
        better, higher = recovery.wrong_direction(seen)
        cells = [share([getattr(one, name) for one in seen]) for name in ("shrunken", "exact", "rank")]
        lines.append(
            f"| {sites} | {cases} | {sigma} | {' | '.join(_per_cent(cell) for cell in (*cells, better, higher))} |"
        )
    return lines


def _words(registries: int) -> list[str]:
    """Write what truly average hospitals are told."""
    lines = [
        "| hospitals | of them average | cases each | σ of the others | told “likely better”, % | told “likely higher”, % |",
        "|" + "---|" * 6,
    ]
    for average, sigma in ((30, 0.0), (AVERAGE, 0.3)):
        seen = recovery.study(sites=30, cases=300, sigma=sigma, registries=registries, seed=4000, average=average)
        better, higher = recovery.words_for_average(seen, average=average)
        lines.append(f"| 30 | {average} | 300 | {sigma} | {_per_cent(better)} | {_per_cent(higher)} |")
    return lines


def _cusum(registries: int) -> list[str]:
    """Write the run lengths of the CUSUM."""
    found = recovery.watch(hospitals=registries, seed=5)
    return [
        "| | promised by the Markov chain | seen |",
        "|---|---|---|",
        f"| cases between false alarms (ten years of 300) | {found.promised:.0f} | {found.seen.mean:.0f} ± {found.seen.band:.0f} |",
        f"| cases until doubled odds are found | {found.expected_delay:.0f} | {found.delay.mean:.0f} ± {found.delay.band:.0f} |",
        f"| doubled odds found within two years (600 cases) | | {100 * found.found_in_two_years:.1f} % |",
        f"| calm hospitals with a false alarm within two years | | {100 * found.alarms_in_two_years:.1f} % |",
    ]


PARTS = (
    ("A planted bad hospital is found at the promised rate of false alarms", _cusum),
    ("Coverage: shares of hospitals drawn from the model whose 95 % interval holds the truth, in per cent", _coverage),
    ("What truly average hospitals are told", _words),
    ("Coefficients and the spread of hospital effects, by number of hospitals (100 cases each, σ = 0.3)", _bias),
)


def opening(registries: int) -> list[str]:
    """Say what was simulated."""
    return [
        "# Recovery of simulated truth",
        "",
        f"Written by `make recover`: {registries:,} simulated collaboratives for every line, each with its own seed "
        f"(numpy {np.__version__}, scipy {scipy.__version__}). Hospital volumes are log-normal, the event rate is near 10 %, "
        f"the risk depends on one continuous and one binary covariate (true coefficients {', '.join(f'{b:g}' for b in TRUTH)}), "
        "and hospital effects are drawn from N(0, σ²). "
        f"± is half of the 99 % simulation band ({BAND:.3f} standard errors over collaboratives). "
        "The suite repeats each claim on fewer collaboratives (`tests/feedback/statistics/test_recovery.py`); "
        "why the prior of σ is what it is: decision 0019.",
        "",
    ]


def main(registries: int) -> None:
    """Run the parts one after another and rewrite the page after each."""
    lines = opening(registries)
    for title, part in PARTS:
        begun = time.process_time()
        lines += [f"## {title}", "", *part(registries), ""]
        PAGE.write_text("\n".join(lines), encoding="utf-8")
        sys.stdout.write(f"{title}: {time.process_time() - begun:.0f} s of processor\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
