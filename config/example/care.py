"""Draws how one hospital operated on and cared for its patients, the six bundle elements among it."""

import numpy as np

from config.example.case_mix import Columns, chosen, ordered
from config.example.truths import Hospital, Truths, expit, logit

CODES = {
    ("partial", False): "44140",
    ("right", False): "44160",
    ("end", False): "44143",
    ("anterior", False): "44145",
    ("total", False): "44150",
    ("perineal", False): "45110",
    ("partial", True): "44204",
    ("right", True): "44205",
    ("end", True): "44206",
    ("anterior", True): "44207",
    ("total", True): "44210",
    ("perineal", True): "45395",
}
USUAL_MINUTES = {"partial": 150, "right": 135, "end": 150, "anterior": 195, "total": 215, "perineal": 240}
# How a patient's state moves the log odds of receiving each bundle element: by urgency (steps above elective) and by diabetes (grades).
LESS_OFTEN = {
    "antibiotic": (-0.25, 0.0),
    "oral_antibiotics": (-2.6, 0.0),
    "glucose": (-0.3, -0.9),
    "normothermia": (-0.25, 0.0),
    "minimally_invasive": (-0.9, 0.0),
    "short_operation": (-0.1, 0.0),
}


def bundle(
    truths: Truths, *, hospital: Hospital, found: Columns, quarters: np.ndarray, rng: np.random.Generator
) -> tuple[Columns, Columns]:
    """Draw which of the six elements each patient received.

    Returns (received, chance): received has one bool array and chance one probability array of shape (n,) for each element.
    """
    received, chance = {}, {}
    for element in truths.bundle:
        urgent, diabetic = LESS_OFTEN[element.code]
        state = urgent * (found["urgency"] - 1) + diabetic * found["diabetes"]
        chance[element.code] = expit(logit(truths.uptake(element, hospital, quarters)) + state)
        received[element.code] = rng.random(len(quarters)) < chance[element.code]
    return received, chance


def operation(hospital: Hospital, *, found: Columns, received: Columns, rng: np.random.Generator) -> Columns:
    """Draw the operation: surgeon, approach, times in minutes of the day, wound, join and stoma; arrays of shape (n,)."""
    n, kind = len(found["urgency"]), found["procedure_kind"]
    minimal = received["minimally_invasive"]
    converted = ~minimal & (rng.random(n) < 0.16)
    approach = np.where(minimal, 2 + (rng.random(n) < 0.35), np.where(converted, 4, 1))
    usual = np.array([USUAL_MINUTES[name] for name in kind]) * np.exp(0.2 * rng.normal(size=n))
    minutes = np.where(
        received["short_operation"], 60 + 119 * np.clip(usual / 260, 0.1, 0.999), np.clip(180 + 0.55 * usual, 181, 640)
    )
    start = np.where(found["urgency"] == 3, rng.integers(0, 1440, n), rng.integers(450, 1020, n))
    weights = np.exp(-0.25 * np.arange(len(hospital.surgeons)))
    dirty = (
        0.45 * (found["urgency"] - 1)
        + 0.55 * (found["indication"] == 2) * (found["urgency"] > 1)
        + 0.3 * found["sepsis_state"]
    )
    anastomosis = np.where(
        np.isin(kind, ("end", "perineal")), False, rng.random(n) < 0.97 - 0.12 * (found["urgency"] == 3)
    )
    covered = anastomosis & (rng.random(n) < np.where(kind == "anterior", 0.42, 0.03))
    wound = 2 + ordered(dirty + rng.normal(0, 0.8, n), cuts=(1.25, 1.85))
    return {
        "surgeon": np.array(hospital.surgeons)[chosen(np.tile(weights, (n, 1)), rng=rng)],
        "approach": approach,
        "procedure": np.array([CODES[name, bool(scope)] for name, scope in zip(kind, approach != 1, strict=True)]),
        "conversion_reason": 1 + chosen(np.tile([0.55, 0.1, 0.2, 0.03, 0.12], (n, 1)), rng=rng),
        "incision": start,
        "minutes": np.rint(minutes).astype(int),
        "wound_class": wound,
        "closure": np.where((wound == 4) & (rng.random(n) < 0.4), 2 + (rng.random(n) < 0.3), 1),
        "anaesthesia": 1 + chosen(np.tile([0.66, 0.335, 0.005], (n, 1)), rng=rng),
        "blood_units": np.minimum(rng.poisson(np.exp(-2.9 + 0.5 * found["illness"])), 11),
        "anastomosis": anastomosis,
        "stoma": np.where(covered, 1, np.where(anastomosis, 0, np.where(rng.random(n) < 0.12, 2, 3))),
    }


def process(
    truths: Truths,
    *,
    hospital: Hospital,
    found: Columns,
    received: Columns,
    quarters: np.ndarray,
    rng: np.random.Generator,
) -> Columns:
    """Draw the care around the operation so that it says what `received` says; arrays of shape (n,)."""
    n, urgency, oral = len(quarters), found["urgency"], received["oral_antibiotics"]
    good, poor = (
        1 + chosen(np.tile([0.68, 0.12, 0.0, 0.2], (n, 1)), rng=rng),
        np.where(rng.random(n) < 0.06, 0, np.where(rng.random(n) < 0.7, 3, 5)),
    )
    barred = (urgency > 1) & ~oral & (rng.random(n) < 0.45) | (urgency == 1) & ~oral & (rng.random(n) < 0.05)
    mechanical = oral | ~barred & (rng.random(n) < np.where(urgency == 1, 0.62, 0.05))
    skin = truths.adoptions["skin_prep"]
    clean = rng.random(n) < expit(
        0.1 + 0.4 * hospital.effects["MORT30"] + skin.uptake * skin.active(hospital.code, quarters)
    )
    recovery = np.where(
        received["normothermia"],
        36.0 + np.minimum(np.abs(0.45 * rng.normal(size=n)), 2.4),
        35.9 - np.minimum(np.abs(0.4 * rng.normal(size=n)), 1.9),
    )
    high = 181 + np.minimum(28 * found["diabetes"] + np.abs(38 * rng.normal(size=n)), 230)
    glucose = np.where(
        received["glucose"], 180 - np.minimum(np.abs(30 * rng.normal(size=n)) + 4 * (found["diabetes"] == 0), 98), high
    )
    return {
        "antibiotic": np.where(received["antibiotic"], good, poor),
        "antibiotic_lead": rng.integers(4, 59, n),
        "mechanical_prep": np.where(mechanical, 1, np.where(barred, 2, 0)),
        "oral_antibiotics": np.where(oral, 1, np.where(barred, 2, 0)),
        "skin_prep": np.where(clean, 1, 2 + chosen(np.tile([0.7, 0.25, 0.05], (n, 1)), rng=rng)),
        "temp_recovery": np.round(recovery, 1),
        "temp_lowest": np.round(np.maximum(np.minimum(recovery, 36.9) - np.abs(0.35 * rng.normal(size=n)), 33.2), 1),
        "glucose_max": np.rint(glucose).astype(int),
        "vte_prophylaxis": np.array([1, 2, 3, 0, 4])[chosen(np.tile([0.18, 0.07, 0.71, 0.02, 0.02], (n, 1)), rng=rng)],
        "multimodal_pain": np.where(
            rng.random(n) < expit(0.4 + 0.09 * quarters), 1, np.where(rng.random(n) < 0.05, 2, 0)
        ),
        "catheter_days": np.minimum(rng.poisson(1.1 + 0.9 * (urgency - 1)), 13),
        "opioid_tablets": np.clip(np.rint((24 - 1.2 * quarters) * np.exp(0.6 * rng.normal(size=n)) - 3), 0, 58).astype(
            int
        ),
    }
