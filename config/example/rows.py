"""Writes what was drawn for one hospital as the text of an upload file: export columns, missing states, blanks where a branch is hidden."""

import numpy as np

from config.example.case_mix import CONDITIONS, HISTORY, Columns
from config.example.outcomes import SERIOUS

DAY = np.timedelta64(1, "D")
MINUTE = np.timedelta64(1, "m")
HBA1C_FROM = np.datetime64("2024-07-01")
NOT_DONE = {
    "sodium": 0.03,
    "creatinine": 0.03,
    "albumin": 0.22,
    "haematocrit": 0.02,
    "white_cells": 0.03,
    "platelets": 0.03,
    "inr": 0.17,
    "hba1c": 0.45,
    "temp_lowest": 0.04,
    "temp_recovery": 0.03,
    "glucose_max": 0.07,
}
UNKNOWN = {"smoker": 0.03, "race": 0.04, "ethnicity": 0.05, "weight_loss": 0.04, "dyspnoea": 0.02, "payer_class": 0.005}
UNDOCUMENTED = {
    "mechanical_prep": 0.02,
    "oral_antibiotics": 0.03,
    "skin_prep": 0.02,
    "multimodal_pain": 0.03,
    "opioid_tablets": 0.05,
    "catheter_days": 0.02,
    "conversion_reason": 0.04,
    "nodes_examined": 0.02,
    "margin": 0.01,
    "readmit_reason": 0.04,
}
DECIMALS = {
    "weight_kg": 1,
    "creatinine": 2,
    "albumin": 1,
    "haematocrit": 1,
    "white_cells": 1,
    "inr": 1,
    "hba1c": 1,
    "temp_lowest": 1,
    "temp_recovery": 1,
}
FOLLOWED = ("ssi", "died_30", "readmitted", "ed_visit", "uti", "transfusion_72h", "c_difficile", *SERIOUS)


def texts(drawn: Columns, *, hospital: str, days: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Turn the drawn arrays of one hospital into text arrays by export column; "" is blank.

    days: datetime64[D] of shape (n,), the operation days in order, from which case numbers are counted.
    """
    n = len(days)
    found = {name: _text(name, values) for name, values in drawn.items()}
    found |= _calendar(drawn, days=days) | _cancer(drawn, rng=rng) | _follow_up(drawn, days=days, rng=rng)
    found["case_id"] = np.array([f"{hospital}-{number:05d}" for number in range(1, n + 1)])
    found["evidence_note"] = np.full(n, "", dtype="<U60")
    _blur(found, days=days, rng=rng)
    _forget(found, lost=drawn["lost"])
    _hide(found, drawn=drawn)
    return {name: found[name] for name in COLUMNS}


def csv_bytes(columns: dict[str, np.ndarray]) -> bytes:
    """Write text columns as CSV with a header line; no value here needs quoting."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(",".join(row) for row in rows), ""]).encode()


def _text(name: str, values: np.ndarray) -> np.ndarray:
    """Write numbers, flags and codes as text; room is kept for missing states."""
    if name == "bmi":  # as the dictionary's calculation writes it
        return np.array([f"{value:.1f}".removesuffix(".0") for value in values.tolist()], dtype="<U12")
    if name in DECIMALS:
        return np.array([f"{value:.{DECIMALS[name]}f}" for value in values.tolist()], dtype="<U12")
    if values.dtype.kind in "bif":
        values = values.astype(int)
    return values.astype("<U12")


def _iso(moments: np.ndarray) -> np.ndarray:
    """Write datetime64 as ISO days or as days and minutes."""
    return np.char.replace(np.datetime_as_string(moments), "T", " ").astype("<U16")


def _calendar(drawn: Columns, *, days: np.ndarray) -> dict[str, np.ndarray]:
    """Place dates and times around the operation day."""
    incision = days.astype("datetime64[m]") + drawn["incision"] * MINUTE
    placed = {
        "admitted_on": days - drawn["before"] * DAY,
        "operated_on": days,
        "discharged_on": days + drawn["stay"] * DAY,
        "labs_on": days - drawn["before"] * DAY - (drawn["urgency"] == 1) * (drawn["age_years"] % 14) * DAY,
        "incision_at": incision,
        "closed_at": incision + drawn["minutes"] * MINUTE,
        "antibiotic_at": incision - drawn["antibiotic_lead"] * MINUTE,
        "died_on": days + drawn["death"] * DAY,
        "fu_on": days + drawn["contact_day"] * DAY,
    }
    for name in ("ssi", "leak", "readmitted", "reoperated"):
        placed[f"{name}_on"] = days + drawn[f"{name}_day"] * DAY
    return {name: _iso(moments) for name, moments in placed.items()} | {
        "duration_min": drawn["minutes"].astype("<U12"),
        "los_days": drawn["stay"].astype("<U12"),
    }


def _cancer(drawn: Columns, *, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw stage, margin and nodes; spread cancer is stage IV."""
    n = len(drawn["urgency"])
    stage = np.where(drawn["disseminated_cancer"], 4, rng.choice(5, n, p=(0.05, 0.27, 0.31, 0.33, 0.04)))
    return {
        "stage": stage.astype("<U12"),
        "margin": (rng.random(n) < 0.03 + 0.02 * (drawn["urgency"] > 1)).astype(int).astype("<U12"),
        "nodes_examined": np.clip(rng.poisson(19, n), 4, 60).astype("<U12"),
    }


def _follow_up(drawn: Columns, *, days: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Say how the state at day 30 was learnt and where patients went."""
    n = len(days)
    home = np.where(drawn["functional_status"] > 1, 0.55, 0.88)
    left = np.where(rng.random(n) < home, 1, rng.choice([2, 3, 4, 5, 6], n, p=(0.58, 0.32, 0.04, 0.04, 0.02)))
    left = np.where((left == 5) & (drawn["asa"] == 1), 1, left)
    gone = np.where(drawn["in_hospital"], "7", np.where(drawn["still_there"], "NAP", left.astype("<U12")))
    return {
        "discharge_to": gone,
        "fu_status": np.where(drawn["lost"], np.where(rng.random(n) < 0.15, "3", "2"), "1").astype("<U12"),
        "fu_method": rng.choice([1, 2, 3, 4], n, p=(0.42, 0.34, 0.13, 0.11)).astype("<U12"),
        "readmit_reason": rng.choice([1, 2, 3, 4, 5, 6, 7], n, p=(0.27, 0.26, 0.17, 0.06, 0.04, 0.08, 0.12)).astype(
            "<U12"
        ),
    }


def _blur(found: dict[str, np.ndarray], *, days: np.ndarray, rng: np.random.Generator) -> None:
    """Put missing states where a chart would not say."""
    for shares, state in ((NOT_DONE, "ND"), (UNKNOWN, "UNK"), (UNDOCUMENTED, "NDOC")):
        for name, share in shares.items():
            found[name] = np.where(rng.random(len(days)) < share, state, found[name])
    bare = rng.random(len(days)) < 0.012
    for name in ("height_cm", "weight_kg"):
        found[name] = np.where(bare, "ND", found[name])
    found["bmi"] = np.where(bare, "", found["bmi"])
    found["hba1c"] = np.where(days < HBA1C_FROM, "NC", found["hba1c"])


def _forget(found: dict[str, np.ndarray], *, lost: np.ndarray) -> None:
    """Where follow-up failed, every outcome to day 30 is unknown, never none."""
    for name in FOLLOWED:
        found[name] = np.where(lost, "UNK", found[name])


def _hide(found: dict[str, np.ndarray], *, drawn: Columns) -> None:
    """Leave blank what the form would not have asked."""
    away, died = found["discharge_to"] == "7", found["died_30"] == "1"
    infected, back = np.isin(found["ssi"], ("1", "2", "3")), found["readmitted"] == "1"
    joined, cancer, reached = found["anastomosis"] == "1", found["indication"] == "1", found["fu_status"] == "1"
    shown = {
        "conversion_reason": found["approach"] == "4",
        "antibiotic_at": found["antibiotic"] != "0",
        "opioid_tablets": ~away,
        "stage": cancer,
        "margin": cancer,
        "nodes_examined": cancer,
        "ssi_on": infected,
        "ssi_patos": infected,
        "leak": joined,
        "leak_on": joined & np.isin(found["leak"], ("1", "2", "3")),
        "died_on": died,
        "readmitted": ~away,
        "ed_visit": ~away,
        "readmitted_on": back & ~away,
        "readmit_planned": back & ~away,
        "readmit_reason": back & ~away,
        "reoperated_on": found["reoperated"] == "1",
        "fu_method": reached,
        "fu_on": reached,
        "los_days": ~drawn["still_there"],
    }
    for name, visible in shown.items():
        found[name] = np.where(visible, found[name], "")
    found["discharged_on"] = np.where(drawn["still_there"], "NAP", found["discharged_on"])


COLUMNS = (
    "case_id",
    "age_years",
    "sex",
    "race",
    "ethnicity",
    "payer_class",
    "transfer_source",
    "admitted_on",
    "operated_on",
    "discharged_on",
    "height_cm",
    "weight_kg",
    "bmi",
    "asa",
    "functional_status",
    "diabetes",
    "smoker",
    "dyspnoea",
    *CONDITIONS,
    "sepsis_state",
    *(f"other_conditions___{code}" for code in HISTORY),
    "labs_on",
    "sodium",
    "creatinine",
    "albumin",
    "haematocrit",
    "white_cells",
    "platelets",
    "inr",
    "hba1c",
    "procedure",
    "indication",
    "urgency",
    "surgeon",
    "approach",
    "conversion_reason",
    "incision_at",
    "closed_at",
    "duration_min",
    "wound_class",
    "closure",
    "anaesthesia",
    "blood_units",
    "anastomosis",
    "stoma",
    "antibiotic",
    "antibiotic_at",
    "mechanical_prep",
    "oral_antibiotics",
    "skin_prep",
    "temp_lowest",
    "temp_recovery",
    "glucose_max",
    "vte_prophylaxis",
    "multimodal_pain",
    "catheter_days",
    "opioid_tablets",
    "stage",
    "margin",
    "nodes_examined",
    "ssi",
    "ssi_on",
    "ssi_patos",
    "wound_disruption",
    "leak",
    "leak_on",
    "pneumonia",
    "reintubation",
    "ventilator_48h",
    "clot",
    "kidney",
    "uti",
    "stroke",
    "cardiac",
    "transfusion_72h",
    "sepsis_after",
    "c_difficile",
    "discharge_to",
    "died_30",
    "died_on",
    "readmitted",
    "readmitted_on",
    "readmit_planned",
    "readmit_reason",
    "reoperated",
    "reoperated_on",
    "ed_visit",
    "los_days",
    "fu_status",
    "fu_method",
    "fu_on",
    "evidence_note",
)
