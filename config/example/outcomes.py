"""Draws what became of one hospital's patients, from the planted effects; every probability is kept beside the outcome it gave."""

import numpy as np
from scipy.special import ndtr

from config.example.case_mix import Columns, chosen
from config.example.truths import Hospital, Truths, expit

SERIOUS = (
    "wound_disruption",
    "leak",
    "pneumonia",
    "reintubation",
    "ventilator_48h",
    "clot",
    "kidney",
    "stroke",
    "cardiac",
    "sepsis_after",
    "reoperated",
)
SERIOUS_SHARES = (0.05, 0.20, 0.16, 0.07, 0.07, 0.05, 0.05, 0.03, 0.08, 0.09, 0.15)
MINOR = {"uti": -3.5, "transfusion_72h": -2.6, "c_difficile": -4.2, "ed_visit": -2.5}
LOST = 0.02


def risks(
    truths: Truths, *, hospital: Hospital, found: Columns, received: Columns, chance: Columns, quarters: np.ndarray
) -> tuple[Columns, Columns]:
    """Work out each patient's true probability of each outcome.

    Returns (here, typical): per measure one array of shape (n,), as treated at this hospital, and as the same patient
    would have fared at the collaborative's typical hospital (hospital effect 0, bundle as the hospital gave it on average).
    """
    older, heavy = (found["age_years"] - 63) / 10, np.maximum(found["bmi"] - 25, 0) / 5
    urgent, poor = found["urgency"] - 1, found["functional_status"] - 1
    asa, low = found["asa"] - 2, np.maximum(3.9 - found["albumin"], 0)
    mix = {
        "SSI30": -2.95
        + 0.02 * older
        + 0.20 * heavy
        + 0.22 * asa
        + 0.20 * found["diabetes"]
        + 0.28 * found["smoker"]
        + 0.38 * (found["wound_class"] - 2)
        + 0.18 * urgent
        + 0.30 * found["steroids"],
        "MORT30": -5.55
        + 0.48 * older
        + 0.78 * asa
        + 0.62 * urgent
        + 0.55 * poor
        + 0.50 * found["sepsis_state"]
        + 0.70 * found["disseminated_cancer"]
        + 0.55 * low,
        "SERIOUS30": -2.62
        + 0.12 * older
        + 0.36 * asa
        + 0.36 * urgent
        + 0.25 * poor
        + 0.28 * found["sepsis_state"]
        + 0.30 * low
        + 0.24 * found["copd"]
        + 0.14 * found["smoker"],
        "READM30": -2.55
        + 0.04 * older
        + 0.22 * asa
        + 0.10 * urgent
        + 0.14 * found["diabetes"]
        + 0.25 * found["steroids"]
        + 0.15 * poor,
    }
    dose = sum(element.effect * (received[element.code] - chance[element.code]) for element in truths.bundle)
    mix["SSI30"] = mix["SSI30"] + dose
    return (
        {code: expit(score + truths.effect(code, hospital, quarters)) for code, score in mix.items()},
        {code: expit(score) for code, score in mix.items()},
    )


def outcomes(here: Columns, *, found: Columns, anastomosis: np.ndarray, rng: np.random.Generator) -> Columns:
    """Draw the events of day 0 to day 30 so that each has exactly its probability; arrays of shape (n,).

    Deaths lie within serious complications. Infection, complication and readmission share a hidden part, as in life.
    """
    n = len(anastomosis)
    shared = rng.normal(size=n)
    linked = {code: ndtr(0.55 * shared + np.sqrt(1 - 0.55**2) * rng.normal(size=n)) for code in here}
    serious = linked["SERIOUS30"] < here["SERIOUS30"]
    dies = serious & (rng.random(n) < np.minimum(here["MORT30"] / here["SERIOUS30"], 1.0))
    events = _serious(serious, dies=dies, anastomosis=anastomosis, rng=rng)
    events["ssi"] = np.where(
        linked["SSI30"] < here["SSI30"], 1 + chosen(np.tile([0.52, 0.13, 0.35], (n, 1)), rng=rng), 0
    )
    events["ssi_patos"] = (found["wound_class"] == 4) & (rng.random(n) < 0.35)
    events["leak"] = np.where(anastomosis & (events["leak"] == 0) & (rng.random(n) < 0.008), 1, events["leak"])
    events["readmitted"] = linked["READM30"] < here["READM30"]
    events["readmit_planned"] = rng.random(n) < 0.015
    for name, level in MINOR.items():
        events[name] = rng.random(n) < expit(level + 0.25 * found["illness"])
    events["kidney"] = np.where(found["dialysis"], np.minimum(events["kidney"], 1), events["kidney"])
    return events | {"serious": serious, "died_30": dies}


def _serious(serious: np.ndarray, *, dies: np.ndarray, anastomosis: np.ndarray, rng: np.random.Generator) -> Columns:
    """Say which serious complications the patients with one had: one always, others sometimes, a leak only of a join."""
    n = len(serious)
    shares = np.tile(SERIOUS_SHARES, (n, 1))
    shares[:, SERIOUS.index("leak")] *= anastomosis
    first = chosen(shares, rng=rng)
    more = rng.random((n, len(SERIOUS))) < 0.10 + 0.10 * dies[:, None]
    present = serious[:, None] & ((np.arange(len(SERIOUS)) == first[:, None]) | more)
    events = {name: present[:, at].copy() for at, name in enumerate(SERIOUS)}
    events["leak"] = np.where(events["leak"] & anastomosis, 2 + (rng.random(n) < 0.5), 0)
    events["reoperated"] |= events["leak"] == 3
    mild = {
        "clot": (rng.random(n) < 0.012, 2),
        "kidney": (rng.random(n) < 0.01, 2),
        "sepsis_after": (rng.random(n) < 0.02, 2),
    }
    for name, (slight, grade) in mild.items():
        events[name] = np.where(events[name], grade, np.where(slight, 1, 0))
    events["cardiac"] = np.where(events["cardiac"], 1 + (rng.random(n) < np.where(dies, 0.6, 0.2)), 0)
    return events


def timing(events: Columns, *, found: Columns, rng: np.random.Generator) -> Columns:
    """Place the events in time; days from the operation as int arrays of shape (n,), lost and home-alive flags as bool.

    Nothing happens after death or after day 30; a death in hospital is the discharge; a readmission follows the discharge.
    """
    n = len(events["serious"])
    slow = 0.55 * events["serious"] + 0.25 * (events["ssi"] >= 2) + 0.18 * (found["urgency"] - 1)
    stay = np.clip(np.rint(np.exp(1.42 + slow + 0.38 * rng.normal(size=n))), 1, 58).astype(int)
    dies = events["died_30"]
    death = np.minimum(np.rint(1 + 29 * rng.beta(1.2, 1.9, n)), 30).astype(int)
    in_hospital = dies & ((stay >= death) | (rng.random(n) < 0.35))
    stay = np.where(in_hospital, death, stay)
    still_there = ~dies & (stay > 30)
    last_day = np.where(dies, death, 30)
    room = last_day - stay
    readmitted = events["readmitted"] & ~in_hospital & (room >= 1)
    within = {
        "ssi_day": (3 + rng.gamma(3.0, 2.6, n)),
        "leak_day": (2 + rng.gamma(3.0, 1.6, n)),
        "reoperated_day": (1 + rng.gamma(2.0, 3.0, n)),
    }
    days = {name: np.minimum(np.rint(day).astype(int), last_day) for name, day in within.items()}
    days["ssi_day"] = np.where(events["ssi_patos"], 0, days["ssi_day"])
    lost = ~in_hospital & (rng.random(n) < LOST * np.exp(0.6 * rng.normal()))
    return days | {
        "before": np.where(found["urgency"] == 1, rng.random(n) < 0.08, rng.integers(0, 5, n)).astype(int),
        "stay": stay,
        "death": death,
        "in_hospital": in_hospital,
        "still_there": still_there,
        "readmitted": readmitted,
        "readmitted_day": stay + 1 + np.floor(rng.random(n) * np.clip(room, 1, 30) * 0.999).astype(int),
        "lost": lost,
        "contact_day": np.where(dies, death, 30 + rng.integers(0, 12, n)),
    }
