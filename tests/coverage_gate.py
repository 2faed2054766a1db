"""The gate on coverage: after the whole suite it refuses a cellar, the lock or the blinding with one line or branch untried.

``python -m tests.coverage_gate [DATA]`` reads what pytest-cov measured, in the test processes and in the servers and
workers they started, and says room by room what is missing. `make coverage` ends with it.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import coverage

# Rooms where every line and every branch is tried: what decides who may see what, and what computes a number.
WHOLE = (
    "sites/access/",
    "feedback/blinding.py",
    "feedback/disclosure.py",
    "feedback/joint_disclosure.py",
    "feedback/participation.py",
    "feedback/preview.py",
    "feedback/statistics/",
    "feedback/measures/",
    "feedback/charts/",
    "registry/dictionary/",
    "registry/lifecycle.py",
    "registry/follow_up.py",
    "registry/agreement/",
    "registry/auditing/",
    "registry/quality/",
    "registry/sampling/",
    "interventions/deviance/",
    "interventions/impact/",
    "interventions/scorecard/",
    "interventions/deck.py",
    "sites/one_time.py",
)
FLOORS = ("config", "sites", "registry", "feedback", "interventions")
REST = 90.0


@dataclass(frozen=True)
class Measured:
    """One file: how many lines and branches it has, how many were tried, and where the others stand."""

    name: str
    of: int
    tried: int
    untried: str


def measured(data: Path) -> list[Measured]:
    """Read the figures of every file from coverage's own data."""
    reader = coverage.Coverage(data_file=str(data))
    reader.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        reader.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    return [_measured(name, found) for name, found in sorted(files.items())]


def _measured(name: str, found: dict) -> Measured:
    figures = found["summary"]
    lines = [str(line) for line in found["missing_lines"]]
    branches = [f"{a}→{b}" for a, b in found.get("missing_branches", []) if a not in found["missing_lines"]]
    return Measured(
        name=name.replace("\\", "/"),
        of=figures["num_statements"] + figures.get("num_branches", 0),
        tried=figures["covered_lines"] + figures.get("covered_branches", 0),
        untried=", ".join([*lines, *branches]),
    )


def shortfalls(files: Iterable[Measured]) -> list[str]:
    """Say what is missing: each untried place of the rooms that must be whole, each floor whose rest is below 90 %."""
    faults, floors = [], defaultdict(list)
    for one in files:
        if one.name.startswith(WHOLE):
            faults += [f"{one.name} is not tried whole: {one.untried}"] if one.tried < one.of else []
        else:
            floors[one.name.partition("/")[0]].append(one)
    for floor in FLOORS:
        of, tried = sum(one.of for one in floors[floor]), sum(one.tried for one in floors[floor])
        if of and 100 * tried / of < REST:
            worst = sorted(floors[floor], key=lambda one: one.tried - one.of)[:8]
            names = "; ".join(f"{one.name} ({one.of - one.tried} untried)" for one in worst)
            faults.append(
                f"{floor} apart from those rooms: {100 * tried / of:.1f} %, at least {REST:.0f} % are asked. {names}"
            )
    return faults


def main(data: Path) -> int:
    """Judge a run; return 1 if something is missing."""
    if not data.exists():
        print(f"{data} is not there: run the suite with --cov first.")
        return 1
    faults = shortfalls(measured(data))
    print(
        "\n".join(faults)
        or "Coverage: every line and branch of the cellars, the lock and the blinding; 90 % or more elsewhere."
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".coverage")))
