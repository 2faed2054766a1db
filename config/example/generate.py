"""Makes the example collaborative's upload files: seeded, fast, the same bytes every time; what is planted stands in truths.toml."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from config.example import rows
from config.example.care import bundle, operation, process
from config.example.case_mix import Columns, operation_days, patients, quarter_starts
from config.example.outcomes import outcomes, risks, timing
from config.example.truths import MEASURES, Hospital, Truths, load, resized

# What an abstractor would answer when asked whether an unlikely value is right, by check and column.
SOFT_REASONS = {
    ("range.above_usual", "glucose_max"): "Read again on the laboratory system: the value is right.",
    ("range.below_usual", "haematocrit"): "Read again on the laboratory system: the value is right.",
    ("range.below_usual", "sodium"): "Read again on the laboratory system: the value is right.",
}
COLECTOMY = ("partial", "right", "end", "anterior", "total")


@dataclass(frozen=True, kw_only=True)
class TrueResult:
    """What truly held for one hospital, measure and quarter (1-based) among the cases the measure counts.

    n: cases. here: the sum of their true probabilities as treated. typical: the same at the typical hospital.
    """

    measure: str
    hospital: str
    quarter: int
    n: int
    here: float
    typical: float


@dataclass(frozen=True, kw_only=True)
class Collaborative:
    """An example collaborative: what is planted, one upload file per hospital, and what truly held."""

    truths: Truths
    files: dict[str, bytes]
    results: tuple[TrueResult, ...]

    def true_ratio(self, *, measure: str, hospital: str, quarters: tuple[int, ...]) -> float:
        """Return the hospital's true rate over what its patients would have met on the collaborative's average, in those quarters.

        This is what O/E and the shrunken rate over the collaborative's rate estimate: the case-weighted mean over hospitals is 1.
        """
        kept = [result for result in self.results if result.measure == measure and result.quarter in quarters]
        own = [result for result in kept if result.hospital == hospital]
        average = sum(result.here for result in kept) / sum(result.typical for result in kept)
        return sum(result.here for result in own) / sum(result.typical for result in own) / average


def generate(*, seed: int | None = None, truths: Truths | None = None, soft_share: float = 0.0) -> Collaborative:
    """Make the whole collaborative (by default the one of truths.toml, about 30,000 cases).

    seed: instead of the one written down. soft_share: the share (0-1) of rows given an unlikely value that asks for a reason.
    """
    truths = load() if truths is None else truths
    truths = truths if seed is None else replace(truths, seed=seed)
    files, results = {}, []
    for place, hospital in enumerate(truths.hospitals):
        rng = np.random.default_rng([truths.seed, place])
        columns, found = _hospital(truths, hospital=hospital, rng=rng)
        if soft_share:
            _make_unlikely(columns, share=soft_share, rng=rng)
        files[hospital.code] = rows.csv_bytes(columns)
        results.extend(found)
    return Collaborative(truths=truths, files=files, results=tuple(results))


def small(
    *, seed: int = 1, hospitals: int = 9, cases: int = 40, latest: int = 12, soft_share: float = 0.0
) -> Collaborative:
    """Make a small collaborative for tests: the first hospitals of truths.toml, each with the same number of cases.

    latest: how many of the quarters, counted from the end, hold the cases.
    """
    truths = resized(load(), hospitals=hospitals, cases=cases, latest=latest)
    return generate(seed=seed, truths=truths, soft_share=soft_share)


def quarters(truths: Truths) -> tuple[tuple[str, str], ...]:
    """Return each quarter as half-open ISO dates (from, until), the earliest first."""
    days = [str(day) for day in quarter_starts(truths)]
    return tuple(pairwise(days))


def _hospital(
    truths: Truths, *, hospital: Hospital, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], list[TrueResult]]:
    """Draw one hospital's cases; return its text columns and its true results."""
    n = hospital.cases
    days, quarter = operation_days(truths, n=n, rng=rng)
    found = patients(hospital, n=n, rng=rng)
    received, chance = bundle(truths, hospital=hospital, found=found, quarters=quarter, rng=rng)
    found |= operation(hospital, found=found, received=received, rng=rng)
    found |= process(truths, hospital=hospital, found=found, received=received, quarters=quarter, rng=rng)
    here, typical = risks(truths, hospital=hospital, found=found, received=received, chance=chance, quarters=quarter)
    events = outcomes(here, found=found, anastomosis=found["anastomosis"], rng=rng)
    found |= events | timing(events, found=found, rng=rng)
    counted, could = _counted(found), {"SSI30": ~found["ssi_patos"]}
    results = [
        TrueResult(
            measure=measure,
            hospital=hospital.code,
            quarter=number,
            n=int((counted[measure] & (quarter == number)).sum()),
            here=float(here[measure][mask].sum()),
            typical=float(typical[measure][mask].sum()),
        )
        for measure in MEASURES
        for number in range(1, truths.quarters + 1)
        for mask in [counted[measure] & could.get(measure, True) & (quarter == number)]
    ]
    return rows.texts(found, hospital=hospital.code, days=days, rng=rng), results


def _counted(found: Columns) -> Columns:
    """Say which cases each measure counts, as its definition does (an infection there before the operation takes the case out)."""
    colectomy, followed = np.isin(found["procedure_kind"], COLECTOMY), ~found["lost"]
    before = (found["ssi"] > 0) & found["ssi_patos"]
    return {
        "SSI30": colectomy & followed & ~before,
        "MORT30": followed,
        "SERIOUS30": followed,
        "READM30": followed & ~found["in_hospital"] & ~found["still_there"],
    }


def _make_unlikely(columns: dict[str, np.ndarray], *, share: float, rng: np.random.Generator) -> None:
    """Give some rows one value that is possible but rare, so that a soft check asks for a reason."""
    rare = {"glucose_max": "512", "haematocrit": "18.9", "sodium": "117"}
    chosen = np.flatnonzero(rng.random(len(columns["case_id"])) < share)
    for row, name in zip(chosen, rng.choice(list(rare), len(chosen)), strict=True):
        columns[name][row] = rare[name]
