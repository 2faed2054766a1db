"""Draws the patients of one hospital: who they are, how ill they are, and what is to be done. What happens to them stands elsewhere."""

from datetime import date

import numpy as np

from config.example.truths import Hospital, Truths, expit

Columns = dict[str, np.ndarray]
CONDITIONS = {
    "copd": (-2.9, 0.9),
    "heart_failure": (-4.4, 1.1),
    "hypertension": (-0.4, 0.8),
    "dialysis": (-5.2, 0.8),
    "ascites": (-5.2, 0.8),
    "disseminated_cancer": (-3.4, 0.4),
    "steroids": (-2.8, 0.3),
    "weight_loss": (-3.3, 0.6),
    "bleeding_disorder": (-3.6, 0.6),
    "preop_transfusion": (-3.9, 0.8),
}
HISTORY = {"1": (-2.2, 0.8), "2": (-3.4, 0.7), "3": (-4.3, 0.5), "4": (-2.6, 0.0), "5": (-0.5, 0.1)}
PROCEDURES = np.array(["partial", "right", "end", "anterior", "total", "perineal"])
PROCEDURE_SHARES = {
    1: (0.36, 0.27, 0.05, 0.22, 0.03, 0.07),
    2: (0.36, 0.30, 0.17, 0.11, 0.05, 0.01),
    3: (0.30, 0.22, 0.40, 0.02, 0.06, 0.0),
}
INDICATION_SHARES = {
    1: (0.47, 0.26, 0.06, 0.16, 0.02, 0.01, 0.02),
    2: (0.24, 0.24, 0.12, 0.02, 0.26, 0.08, 0.04),
    3: (0.10, 0.34, 0.04, 0.0, 0.32, 0.14, 0.06),
}


def operation_days(truths: Truths, *, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n operation days in order, from the first open quarter on, and the quarter (1-based) of each; weekends are rarer.

    Returns days as datetime64[D] of shape (n,) and quarters as int of shape (n,).
    """
    starts = quarter_starts(truths)
    first = starts[truths.from_quarter - 1]
    days = first + np.arange(int((starts[-1] - first).astype(int)))
    weekday = (days.astype(int) + 3) % 7
    weight = np.where(weekday >= 5, 0.25, 1.0)
    drawn = np.sort(rng.choice(days, size=n, p=weight / weight.sum()))
    return drawn, np.searchsorted(starts, drawn, side="right")


def quarter_starts(truths: Truths) -> np.ndarray:
    """Return the first day of every quarter and the day after the last: datetime64[D] of shape (quarters + 1,)."""
    months = np.datetime64(date(truths.first_day.year, truths.first_day.month, 1), "M") + 3 * np.arange(
        truths.quarters + 1
    )
    return months.astype("datetime64[D]")


def chosen(shares: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Draw one column index per row from row-wise weights of shape (n, k); weights need not sum to one."""
    steps = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    return np.minimum((rng.random((len(shares), 1)) > steps).sum(axis=1), shares.shape[1] - 1)


def ordered(score: np.ndarray, *, cuts: tuple[float, ...]) -> np.ndarray:
    """Turn a score of shape (n,) into grades 0, 1, 2 … by rising cuts."""
    return np.searchsorted(np.array(cuts), score, side="right")


def patients(hospital: Hospital, *, n: int, rng: np.random.Generator) -> Columns:
    """Draw n patients of one hospital; every array has shape (n,), `illness` is the hidden state all risks share (standard units)."""
    urgency = 1 + ordered(rng.normal(hospital.severity, 1.0, n), cuts=(0.66, 1.22))
    illness = rng.normal(hospital.severity, 1.0, n) + 0.35 * (urgency - 1)
    age = np.clip(np.rint(63 + 11.5 * rng.normal(size=n) + 3.5 * illness), 18, 90).astype(int)
    asa = 1 + ordered(
        0.75 * illness + 0.02 * (age - 63) + 0.45 * (urgency - 1) + rng.normal(0, 0.75, n),
        cuts=(-1.75, 0.25, 1.95, 3.9),
    )
    asa = np.where((asa == 5) & (urgency == 1), 4, asa)
    bmi = np.clip(np.exp(3.34 + 0.20 * rng.normal(size=n)), 15.5, 62)
    sex = 1 + (rng.random(n) < 0.485) + (rng.random(n) < 0.002)
    height = np.clip(np.rint(162 + 13 * (sex == 2) + 6.8 * rng.normal(size=n)), 143, 203)
    found = {
        "urgency": urgency,
        "illness": illness,
        "age_years": age,
        "asa": asa,
        "sex": sex,
        "height_cm": height,
        "weight_kg": np.clip(np.round(bmi * (height / 100) ** 2, 1), 39, 198),
        "smoker": rng.random(n) < expit(-1.5 - 0.02 * (age - 63)),
        "diabetes": ordered(0.5 * illness + 0.6 * np.log(bmi / 28) * 5 + rng.normal(size=n), cuts=(1.25, 2.25)),
        "dyspnoea": ordered(0.7 * illness + rng.normal(size=n), cuts=(1.6, 3.3)),
        "functional_status": 1 + ordered(0.7 * illness + 0.02 * (age - 63) + rng.normal(size=n), cuts=(2.2, 3.7)),
        "sepsis_state": np.where(
            urgency == 1, 0, ordered(0.5 * illness + 0.8 * (urgency - 2) + rng.normal(size=n), cuts=(1.0, 2.1, 3.4))
        ),
        "race": 1 + chosen(np.tile([0.78, 0.13, 0.03, 0.01, 0.002, 0.048], (n, 1)), rng=rng),
        "ethnicity": rng.random(n) < 0.05,
        "payer_class": 1
        + chosen(
            np.column_stack([age < 66, 8.0 * (age >= 65) + 0.2, np.full(n, 0.15), np.full(n, 0.04), np.full(n, 0.05)]),
            rng=rng,
        ),
        "transfer_source": np.where(
            urgency == 1, 1, 1 + chosen(np.tile([0.78, 0.10, 0.04, 0.07, 0.01], (n, 1)), rng=rng)
        ),
    }
    for name, (level, slope) in CONDITIONS.items():
        found[name] = rng.random(n) < expit(level + slope * illness)
    for code, (level, slope) in HISTORY.items():
        found[f"other_conditions___{code}"] = rng.random(n) < expit(level + slope * illness)
    ailing = (
        found["copd"]
        | found["heart_failure"]
        | found["dialysis"]
        | found["disseminated_cancer"]
        | (found["functional_status"] > 1)
        | (found["transfer_source"] == 3)
    )
    found["asa"] = np.maximum(found["asa"], np.where(found["sepsis_state"] == 3, 3, np.where(ailing, 2, 1)))
    found["bmi"] = body_mass_index(found["weight_kg"], found["height_cm"])
    return found | _planned(urgency, rng=rng) | _laboratory(found, rng=rng)


def body_mass_index(weight: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return kg/m² to one decimal, ties away from zero, as the dictionary's calculation does."""
    return np.floor(weight / (height / 100) ** 2 * 10 + 0.5) / 10


def _planned(urgency: np.ndarray, *, rng: np.random.Generator) -> Columns:
    """Draw why and what operation, by urgency; a cancer's stage and spread follow."""
    indication = 1 + chosen(np.array([INDICATION_SHARES[int(grade)] for grade in urgency]).reshape(-1, 7), rng=rng)
    shares = np.array([PROCEDURE_SHARES[int(grade)] for grade in urgency]).reshape(-1, 6)
    shares[:, 5] *= indication == 1
    return {"indication": indication, "procedure_kind": PROCEDURES[chosen(shares, rng=rng)]}


def _laboratory(found: Columns, *, rng: np.random.Generator) -> Columns:
    """Draw the blood values before the operation, in the dictionary's units."""
    illness, n = found["illness"], len(found["illness"])
    noise = rng.normal(size=(8, n))
    return {
        "sodium": np.clip(np.rint(138.5 - 0.6 * illness + 2.9 * noise[0]), 122, 153).astype(int),
        "creatinine": np.clip(
            np.round(np.exp(-0.08 + 0.10 * illness + 0.28 * noise[1]) + 3.2 * found["dialysis"], 2), 0.35, 7.8
        ),
        "albumin": np.clip(np.round(3.95 - 0.28 * illness - 0.3 * found["weight_loss"] + 0.38 * noise[2], 1), 1.6, 5.3),
        "haematocrit": np.clip(
            np.round(38.6 - 1.5 * illness - 3.0 * found["preop_transfusion"] + 4.3 * noise[3], 1), 21, 56
        ),
        "white_cells": np.clip(np.round(np.exp(2.0 + 0.18 * found["sepsis_state"] + 0.30 * noise[4]), 1), 1.9, 38),
        "platelets": np.clip(np.rint(np.exp(5.52 + 0.30 * noise[5])), 60, 880).astype(int),
        "inr": np.clip(
            np.round(1.05 + 0.7 * found["bleeding_disorder"] * np.abs(noise[6]) + 0.07 * np.abs(noise[6]), 1), 0.9, 4.8
        ),
        "hba1c": np.clip(np.round(5.6 + 0.9 * found["diabetes"] + 0.5 * np.abs(noise[7]), 1), 4.2, 13.5),
    }
