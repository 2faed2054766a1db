"""`python -m tests.interventions.recovery [bright-spots] [impact]`: measure at length and write the figures into docs/."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from interventions.impact.assess import assess
from interventions.impact.verdict import Verdict
from tests.interventions.recovery import adoption, bright_spots, series

DOCS = Path(__file__).resolve().parents[3] / "docs"
SPOTS, POWER, ADOPTIONS, VERDICTS, SERIES = 500, 300, 1000, 200, 300
OPEN, CLOSE = "<!-- figures: {} -->", "<!-- end of figures: {} -->"


def put(page: str, name: str, lines: list[str]) -> None:
    """Replace what stands between the marks of a name in a page by the lines."""
    path = DOCS / page
    text = path.read_text()
    head, rest = text.split(OPEN.format(name) + "\n")
    _, tail = rest.split(CLOSE.format(name))
    path.write_text(head + "\n".join([OPEN.format(name), *lines, CLOSE.format(name)]) + tail)
    print("\n".join(lines), flush=True)


def false_nominations() -> list[str]:
    """Return the table of false shares."""
    base = bright_spots.Setting()
    kinds = {
        "nobody differs (σ = 0), steady": replace(base, sigma=0.0, omega=0.0),
        "nobody differs, results swing by period (ω = 0.15)": replace(base, sigma=0.0, omega=0.15),
        "nobody differs, four measures at once": replace(base, sigma=0.0, omega=0.1, measures=4),
        "σ = 0.2, ω = 0.2": replace(base, sigma=0.2, omega=0.2),
        "σ = 0.3, ω = 0.1": base,
        "σ = 0.3, three measures": replace(base, measures=3),
        "σ = 0.5": replace(base, sigma=0.5),
        "15 hospitals, σ = 0.3": replace(base, sites=15),
        "24 hospitals, three of odds ratio 0.5, the rest alike": replace(
            base, sites=24, sigma=0.0, bright=3, effect=0.5
        ),
    }
    lines = [
        f"{SPOTS} simulated collaboratives each (seed 20261); 30 hospitals, two nominating periods of about 300 cases, rate 6 %, unless stated.", "",
        "| collaborative | false share (mean ± 2.58 s.e.) | runs that nominate anyone | nominated per run |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, setting in kinds.items():
        found = bright_spots.runs(setting, replicates=SPOTS, seed=20261)
        mean, error = bright_spots.false_share(found)
        nominated = np.mean([item.nominated for item in found])
        lines.append(
            f"| {name} | {100 * mean:.1f} ± {258 * error:.1f} % | {100 * bright_spots.anyone(found):.1f} % | {nominated:.1f} |"
        )
    return lines


def power() -> list[str]:
    """Return the table of power."""
    sizes = (150, 300, 600, 1200)
    lines = [
        f"Share of three planted bright spots that are nominated; {POWER} collaboratives each (seed 20262), two nominating periods, rate 6 %, "
        "the others with σ = 0.1.", "", "| hospitals | odds ratio | " + " | ".join(f"{n} cases a period" for n in sizes) + " |",
        "|---|---|" + "---|" * len(sizes),
    ]  # fmt: skip
    for sites in (15, 30, 60):
        for effect in (0.5, 0.7):
            cells = []
            for cases in sizes:
                setting = bright_spots.Setting(sites=sites, cases=float(cases), sigma=0.1, bright=3, effect=effect)
                cells.append(
                    f"{100 * bright_spots.power(bright_spots.runs(setting, replicates=POWER, seed=20262)):.0f} %"
                )
            lines.append(f"| {sites} | {effect} | " + " | ".join(cells) + " |")
    return lines


def adoptions() -> list[str]:
    """Return the table of bias, coverage and false positives."""
    base = adoption.Setting()
    bad = replace(base, trigger="BAD_QUARTER", offer=True)
    kinds = {
        "by lot": base,
        "by lot, no effect": replace(base, effect=0.0),
        "five adopters": replace(base, adopters=5),
        "five adopters, no effect": replace(base, adopters=5, effect=0.0),
        "after a bad quarter, offer known": bad,
        "after a bad quarter, offer known, no effect": replace(bad, effect=0.0),
        "after a bad quarter, offer known, autocorrelation 0.5": replace(bad, memory=0.5),
        "after a bad quarter, offer known, five adopters": replace(bad, adopters=5),
        "after the worst quarter of all, offer known": replace(bad, trigger="WORST"),
        "after a bad quarter, offer unknown, two quarters left out": replace(bad, offer=False),
        "after a bad quarter, offer unknown, nothing left out": replace(bad, offer=False, left_out=0),
    }
    lines = [
        f"{ADOPTIONS} simulated collaboratives each (seed 20263): 30 hospitals, 12 adopters, 16 quarters of about 60 cases, rate 8 %, effect −2 "
        "points, unless stated. Bias in events per 100 cases; 99 deals of the start dates.", "",
        "| who starts when | bias ± 2.58 s.e. | spread | coverage of the 95 % interval | interval excludes 0 | permutation p ≤ 0.05 | both |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, setting in kinds.items():
        draws = 99 if setting.effect == 0 else 0
        found = adoption.runs(setting, replicates=ADOPTIONS, seed=20263, draws=draws)
        mean, error = adoption.bias(found)
        away, dealt, both = adoption.false_positives(found)
        spread = 100 * np.std([item.value - item.truth for item in found])
        tests = f"{100 * dealt:.1f} % | {100 * both:.1f} %" if draws else "– | –"
        lines.append(
            f"| {name} | {100 * mean:+.2f} ± {258 * error:.2f} | {spread:.2f} | {100 * adoption.coverage(found):.1f} % "
            f"| {100 * away:.1f} % | {tests} |"
        )
    half = 258 * np.sqrt(0.95 * 0.05 / ADOPTIONS)
    return [*lines, "", f"With {ADOPTIONS} replicates a true coverage of 95 % shows as 95 ± {half:.1f} % (99 % band)."]


def verdicts() -> list[str]:
    """Return how often each verdict is given."""
    base = adoption.Setting(trigger="BAD_QUARTER", offer=True)
    kinds = {"no effect": replace(base, effect=0.0), "−2 points": base, "−4 points": replace(base, effect=-0.04)}
    lines = [
        f"{VERDICTS} collaboratives each (seed 20264), after a bad quarter, offer known, 99 deals of the start dates.", "",
        "| true effect | " + " | ".join(word.replace("_", " ").lower() for word in Verdict) + " |", "|---|" + "---|" * len(Verdict),
    ]  # fmt: skip
    for name, setting in kinds.items():
        words = []
        for number in range(VERDICTS):
            panel, _ = adoption.draw(setting, random=np.random.default_rng([20264, number]))
            words.append(assess(panel, adverse=True, seed=number, draws=99).said.verdict)
        lines.append(
            f"| {name} | " + " | ".join(f"{100 * words.count(word) / VERDICTS:.1f} %" for word in Verdict) + " |"
        )
    return lines


def single() -> list[str]:
    """Return the coverage of the interrupted time series."""
    lines = [
        f"{SERIES} series each (seed 20265), a step of −2 points; coverage of the 95 % interval of the mean effect.", "",
        "| quarters | before | autocorrelation | step only | step and slope |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for periods, start in ((16, 10), (24, 14), (40, 24)):
        for memory in (0.0, 0.4):
            shares = [
                series.coverage(periods=periods, start=start, memory=memory, slope=slope, replicates=SERIES, seed=20265)
                for slope in (False, True)
            ]
            lines.append(f"| {periods} | {start} | {memory} | {100 * shares[0]:.1f} % | {100 * shares[1]:.1f} % |")
    return lines


PARTS = {
    "bright-spots": (("bright-spots.md", "false", false_nominations), ("bright-spots.md", "power", power)),
    "impact": (
        ("impact.md", "adoptions", adoptions),
        ("impact.md", "verdicts", verdicts),
        ("impact.md", "series", single),
    ),
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        for page, name, measure in PARTS[part]:
            put(page, name, measure())
