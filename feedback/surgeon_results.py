"""Own results of each surgeon over all own hospitals; compared only where enough others take part and reliability allows. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from feedback import trends
from feedback.measures.definition import Measure
from feedback.measures.evaluate import Evaluation
from feedback.scored import as_sites
from feedback.statistics import words
from feedback.statistics.cohort import build
from feedback.statistics.compare import ComparisonRefusal, Settings, compare
from feedback.statistics.reliability import cases_needed

SURGEONS_FROM = 10
SURGEON_SITES_FROM = 5
COMPARABLE = 0.4


def by_surgeon(
    frame: pd.DataFrame,
    judged: Evaluation,
    expected: np.ndarray,
    *,
    measure: Measure,
    series: Mapping[int, list[trends.Point]],
    seed: int,
) -> dict[int, dict[str, Any]]:
    """Own results of each surgeon over all own hospitals; compared only where B13 and reliability allow it.

    series : own points by period, by surgeon id.
    """
    mine = judged.counted & frame["surgeon_id"].notna().to_numpy()
    if not mine.any():
        return {}
    table = pd.DataFrame(
        {
            "surgeon": frame.loc[mine, "surgeon_id"].astype(np.int64).to_numpy(),
            "hospital": frame.loc[mine, "hospital_id"].to_numpy(),
            "case_code": frame.loc[mine, "case_code"].to_numpy(),
            "met": judged.met[mine].astype(int),
            "expected": expected[mine],
        }
    )
    compared = _compare_surgeons(table, seed=seed)
    documents = {}
    for surgeon, rows in table.groupby("surgeon", sort=True):
        enough = _enough_others(table, surgeon=int(surgeon))
        documents[int(surgeon)] = _surgeon_document(
            rows, compared=compared.get(int(surgeon)) if enough else None, measure=measure
        ) | {
            "enough_others": enough,
            "trend": series.get(int(surgeon), []),
        }
    return documents


def _compare_surgeons(table: pd.DataFrame, *, seed: int) -> dict[int, Any]:
    try:
        cohort = build(
            site=as_sites(table["surgeon"]), outcome=table["met"].to_numpy(float), risk=table["expected"].to_numpy()
        )
        result = compare(cohort, settings=Settings(seed=seed, benchmark=float(table["met"].mean())))
    except ComparisonRefusal:
        return {}
    spread = result.model.sigma or 0.0
    variance = float((table["expected"] * (1 - table["expected"])).mean())
    needed = cases_needed(reliability=COMPARABLE, sigma=spread, variance_per_case=variance) if spread > 0 else None
    return {int(site.site): (site, result.overall.rate, needed) for site in result.sites}


def _enough_others(table: pd.DataFrame, *, surgeon: int) -> bool:
    others = table["surgeon"].to_numpy() != surgeon
    surgeons, hospitals = (table[name].to_numpy()[others] for name in ("surgeon", "hospital"))
    return len(np.unique(surgeons)) >= SURGEONS_FROM and len(np.unique(hospitals)) >= SURGEON_SITES_FROM


def _surgeon_document(rows: pd.DataFrame, *, compared: tuple | None, measure: Measure) -> dict[str, Any]:
    document: dict[str, Any] = {
        "n": len(rows),
        "observed": int(rows["met"].sum()),
        "expected": float(np.sort(rows["expected"].to_numpy()).sum()),
        "cases": [
            {"code": code, "met": int(met), "expected": float(risk)}
            for code, met, risk in sorted(zip(rows["case_code"], rows["met"], rows["expected"], strict=True))
        ],
        "compared": None,
        "needed": None,
    }
    if compared is None:
        return document
    site, rate, needed = compared
    document["needed"] = None if needed is None else int(np.ceil(needed))
    document["reliability"] = site.reliability
    if site.reliability is not None and site.reliability >= COMPARABLE:
        fields = (
            "shrunken_rate",
            "shrunken_rate_lower",
            "shrunken_rate_upper",
            "probability_below",
            "chance_lower",
            "chance_upper",
        )
        document["compared"] = {
            **{name: getattr(site, name) for name in fields},
            "verdict": words.verdict(
                probability_below=site.probability_below, reliability=site.reliability, adverse=measure.adverse
            ).value,
            "rate": rate,
        }
    return document
