"""Every counted case of the frozen history with its risk under one or more stored models. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from feedback.measures.covariates import cohort_columns
from feedback.measures.definition import Measure
from feedback.measures.evaluate import evaluate
from feedback.statistics.coding import Categorical
from feedback.statistics.risk_model import RiskModelFit, expected_under
from registry.dictionary.expression import Types
from registry.dictionary.frame import TypedFrame


@dataclass(frozen=True, eq=False)
class Scored:
    """n counted cases in the order of the history; arrays of shape (n,).

    ``site``, ``surgeon`` (float, NaN unknown), ``period`` (ordinal), ``key`` (case code), ``day`` (datetime64, NaT unknown), ``outcome`` 0 or 1;
    ``risks``: one array per model, NaN for a case with a level that model never met.
    """

    site: np.ndarray
    surgeon: np.ndarray
    period: np.ndarray
    key: np.ndarray
    day: np.ndarray
    outcome: np.ndarray
    risks: tuple[np.ndarray, ...]

    def only(self, rows: np.ndarray) -> "Scored":
        """Return the cases chosen by a bool mask of shape (n,)."""
        return Scored(
            site=self.site[rows],
            surgeon=self.surgeon[rows],
            period=self.period[rows],
            key=self.key[rows],
            day=self.day[rows],
            outcome=self.outcome[rows],
            risks=tuple(risk[rows] for risk in self.risks),
        )

    @property
    def placed(self) -> np.ndarray:
        """Return the bool mask (n,) of cases every model can place."""
        return ~np.isnan(np.column_stack(self.risks)).any(axis=1)


def score(
    *, measure: Measure, history: pd.DataFrame, types: Types, as_of: date, models: Sequence[RiskModelFit]
) -> Scored:
    """Judge a measure on the history and give each counted case its risk under each model.

    history : one row per case with ``hospital_id``, ``period``, ``case_code``, perhaps ``occurred_on``, and the export
    columns. as_of : what “today” means in the measure.
    """
    typed = TypedFrame.of(history, types=types)
    judged = evaluate(measure, typed, types=types, today=as_of)
    counted = judged.counted
    n = int(counted.sum())
    columns = {
        covariate.adjuster.element: covariate.values
        if covariate.codes is None
        else Categorical(codes=covariate.codes, levels=covariate.levels)
        for covariate in cohort_columns(measure, typed, types=types, rows=counted)
    }
    risks = []
    for model in models:
        design, unseen = model.design(columns, n=n)
        risks.append(np.where(unseen, np.nan, expected_under(model, design)))
    days = (
        history["occurred_on"].to_numpy() if "occurred_on" in history else np.full(len(history), "NaT", "datetime64[D]")
    )
    surgeons = history["surgeon_id"] if "surgeon_id" in history else pd.Series(np.nan, index=history.index)
    surgeons = surgeons.to_numpy(dtype=float, na_value=np.nan)
    return Scored(
        site=history["hospital_id"].to_numpy()[counted],
        surgeon=surgeons[counted],
        period=history["period"].to_numpy()[counted],
        key=history["case_code"].to_numpy()[counted],
        day=days[counted].astype("datetime64[D]"),
        outcome=judged.met[counted].astype(float),
        risks=tuple(risks),
    )


def as_sites(values: pd.Series) -> Categorical:
    """Return ids as the site labels of a comparison, sorted by id."""
    codes, levels = pd.factorize(values, sort=True)
    return Categorical(codes=codes.astype(np.int32), levels=tuple(str(int(level)) for level in levels))
