"""Makes an upload file with twenty faults at known places out of a clean one, for showing that an upload finds them all."""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from config.example.rows import csv_bytes

N_FAULTS = 20


@dataclass(frozen=True, kw_only=True)
class PlantedFault:
    """One fault: its row in the file (the header is row 1), its column, its kind in words and the text now standing there.

    code is the code of the finding the edit checks give for it.
    """

    row: int
    column: str
    kind: str
    value: str
    severity: str
    code: str


@dataclass(frozen=True, kw_only=True)
class PlantedFile:
    """The spoilt file and its faults, in row order."""

    data: bytes
    faults: tuple[PlantedFault, ...]


def plant(data: bytes, *, first_row: int = 2) -> PlantedFile:
    """Spoil twenty rows of a clean upload file of the colorectal registry, one fault in each.

    data: as `generate` makes it, with at least twenty elective cases that left the hospital alive within 30 days of the
    operation. first_row: the first row that may be spoilt. Raises ValueError when there are too few such cases.
    """
    table = list(csv.DictReader(io.StringIO(data.decode())))
    fit = [at for at, case in enumerate(table) if at + 2 >= first_row and _plain(case)][:N_FAULTS]
    if len(fit) < N_FAULTS:
        raise ValueError(f"Twenty plain cases are needed; the file has {len(fit)}.")
    faults = []
    for at, (column, kind, severity, code, changes) in zip(fit, _recipes([table[at] for at in fit]), strict=True):
        table[at].update(changes)
        faults.append(
            PlantedFault(row=at + 2, column=column, kind=kind, value=table[at][column], severity=severity, code=code)
        )
    return PlantedFile(data=_bytes(table), faults=tuple(faults))


def _plain(case: dict[str, str]) -> bool:
    """Say whether a case is uneventful: elective, followed, home alive, without the events that a fault will add."""
    calm = all(case[name] == "0" for name in ("ssi", "readmitted", "reoperated", "died_30"))
    return calm and case["urgency"] == "1" and case["discharged_on"] != "NAP" and case["fu_status"] == "1"


def _recipes(cases: list[dict[str, str]]) -> list[tuple[str, str, str, str, dict[str, str]]]:
    """Return for each case (column, kind, severity, code, changed cells)."""
    days = [date.fromisoformat(case["operated_on"]) for case in cases]

    def day(at: int, offset: int) -> str:
        return (days[at] + timedelta(days=offset)).isoformat()

    infected = {"ssi": "1", "ssi_patos": "0"}
    return [
        ("age_years", "not a number", "hard", "type", {"age_years": "sixty"}),
        ("age_years", "out of range", "hard", "range.below", {"age_years": "17"}),
        ("asa", "not a choice", "hard", "choice", {"asa": "7"}),
        ("labs_on", "not a date", "hard", "type", {"labs_on": f"{days[3].year}-02-30"}),
        ("asa", "required and blank", "hard", "required", {"asa": ""}),
        ("urgency", "a missing state that is not allowed", "hard", "missing_state", {"urgency": "ND"}),
        ("sodium", "out of range", "hard", "range.below", {"sodium": "74"}),
        ("incision_at", "not a date and time", "hard", "type", {"incision_at": f"{days[7].isoformat()} 25:10"}),
        ("other_conditions___1", "not a tick", "hard", "choice", {"other_conditions___1": "yes"}),
        ("admitted_on", "dates out of order", "hard", "ADMIT_AFTER_OPERATION", {"admitted_on": day(9, 1)}),
        (
            "discharged_on",
            "dates out of order",
            "hard",
            "DISCHARGE_BEFORE_OPERATION",
            {"discharged_on": day(10, -1), "labs_on": day(10, -2)},
        ),
        ("labs_on", "dates out of order", "hard", "LABS_AFTER_OPERATION", {"labs_on": day(11, 3)}),
        ("asa", "two answers that exclude each other", "hard", "ASA5_ELECTIVE", {"asa": "5"}),
        (
            "sepsis_state",
            "two answers that exclude each other",
            "hard",
            "SHOCK_ELECTIVE",
            {"sepsis_state": "3", "asa": "4"},
        ),
        ("ssi_on", "required when shown and blank", "hard", "required", {**infected, "ssi_on": ""}),
        ("ssi_on", "before the operation", "hard", "SSI_BEFORE", {**infected, "ssi_on": day(15, -4)}),
        ("ssi_on", "after day 30", "hard", "SSI_AFTER_30", {**infected, "ssi_on": day(16, 41)}),
        ("fu_on", "follow-up too early", "hard", "FOLLOW_UP_EARLY", {"fu_on": day(17, 12)}),
        (
            "reoperated_on",
            "after day 30",
            "hard",
            "REOPERATION_AFTER_30",
            {"reoperated": "1", "reoperated_on": day(18, 33)},
        ),
        ("glucose_max", "unlikely", "soft", "range.above_usual", {"glucose_max": "612"}),
    ]


def _bytes(table: list[dict[str, str]]) -> bytes:
    """Write the rows again as the generator does."""
    return csv_bytes({column: np.array([case[column] for case in table]) for column in table[0]})
