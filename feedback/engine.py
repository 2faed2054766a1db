"""One measure over one frozen window: every case judged, the model fitted, each site compared, each trend drawn.

Pure: frames in, plain documents out, keyed by hospital and surgeon ids; equal inputs give equal bytes.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from feedback import carding, movement, surgeon_results, trends, watch
from feedback.believed import of_all
from feedback.measures.covariates import Covariate, cohort_columns
from feedback.measures.definition import Kind, Measure, Status
from feedback.measures.evaluate import Evaluation, evaluate
from feedback.outcome import Ledger, MeasureOutcome
from feedback.scored import as_sites
from feedback.statistics import words
from feedback.statistics.coding import Adjuster, Categorical
from feedback.statistics.cohort import Cohort, build
from feedback.statistics.compare import ComparisonRefusal, Result, Settings, compare
from feedback.statistics.funnel import ratio_limits
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.dictionary.expression import Types
from registry.dictionary.frame import TypedFrame

FUNNEL_POINTS = 40
UNKNOWN = "UNKNOWN:"
ORDER = ["hospital_id", "case_code"]


def run_measure(
    *,
    measure: Measure,
    number: int,
    frame: pd.DataFrame,
    history: pd.DataFrame,
    types: Types,
    window: Window,
    credibility: Mapping[int, Mapping[str, Any]],
    reference: Mapping[str, Any] | None,
    seed: int,
    earlier: movement.Earlier | None = None,
    follow_up_days: int = 30,
    labels: Mapping[str, str] | None = None,
) -> MeasureOutcome:
    """Judge, fit, compare and draw trends for one measure.

    frame : frozen cases of the window, history : of all periods up to its end; both with the columns ``hospital_id``,
    ``case_code``, ``surgeon_id``, ``period`` (ordinal) and one column per export column. reference : the document of the
    frozen model for trends, or None to use the model fitted here. earlier : the comparison published before, or None;
    with it each result says why its O/E moved. follow_up_days : after which a case's outcome is known. labels : what
    people call an element, by its name.
    """
    frame, history = (cases.sort_values(ORDER, kind="stable", ignore_index=True) for cases in (frame, history))
    typed = TypedFrame.of(frame, types=types)
    judged = _worded(evaluate(measure, typed, types=types, today=window.as_of), labels or {})
    about = {"measure": _about(measure, number), "window": window.to_document(), "tally": _tally(judged)}
    expected = np.full(len(frame), np.nan)
    try:
        cohort = _cohort(measure, typed, judged=judged, site=frame["hospital_id"])
        result = compare(cohort, settings=Settings(seed=seed))
    except ComparisonRefusal as refusal:
        return _refused(refusal, about=about, ledgers=_ledgers(frame, judged, expected))
    expected[np.flatnonzero(judged.counted)] = result.expected_risk
    model = RiskModelFit.from_document(reference["risk_model"]) if reference else result.risk_model
    past = {"measure": measure, "history": history, "types": types, "window": window}
    series = trends.by_site(**past, model=model)
    common = trends.collaborative(series, rate=_rate(reference, result))
    is_outcome = measure.kind is Kind.OUTCOME
    watched = watch.by_site(**past, model=model, follow_up_days=follow_up_days) if is_outcome else {}
    moved = movement.by_site(**past, earlier=earlier, model=result.risk_model) if earlier else {}
    kept = {"series": series, "moved": moved, "watched": watched, "credibility": credibility}
    return MeasureOutcome(
        refusal=(),
        model=carding.document(result, cohort, measure, seed=seed),
        summary=about | _summary(result, measure, reference=common) | {"believed": of_all(credibility.values())},
        results=_results(
            result,
            measure,
            judged,
            frame,
            **kept,
            unknown=carding.missing_by_site(cohort),
        ),
        ledgers=_ledgers(frame, judged, expected),
        surgeons=surgeon_results.by_surgeon(
            frame, judged, expected, measure=measure, series=trends.by_surgeon(**past, model=model), seed=seed
        ),
    )


def _refused(refusal: ComparisonRefusal, *, about: Mapping[str, Any], ledgers: Mapping[int, Ledger]) -> MeasureOutcome:
    """Keep a refusal with its reasons and the ledger of every case."""
    summary = {**about, "refusal_code": refusal.code}
    return MeasureOutcome(refusal=refusal.reasons, model={}, summary=summary, results={}, ledgers=ledgers)


def _worded(judged: Evaluation, labels: Mapping[str, str]) -> Evaluation:
    """Name elements that are not known by their labels, as people read them."""
    return replace(
        judged,
        reasons=tuple(
            replace(reason, words=f"“{labels[element]}” is not known") if element in labels else reason
            for reason in judged.reasons
            for element in [reason.code.removeprefix(UNKNOWN) if reason.code.startswith(UNKNOWN) else ""]
        ),
    )


def _summary(result: Result, measure: Measure, *, reference: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of all sites together."""
    return {
        "rate": result.overall.rate,
        "observed": int(result.overall.observed),
        "n": result.input.rows_used,
        "sites": result.input.sites,
        "achievable": result.achievable_low if measure.adverse else result.achievable_high,
        "dispersion_phi": result.overall.dispersion_phi,
        "reference": reference,
        "notes": list(result.notes),
        "verdicts": _verdict_counts(result, measure),
    }


def _about(measure: Measure, number: int) -> dict[str, Any]:
    return {
        "code": measure.code.lower(),
        "version": measure.version,
        "number": number,
        "title": measure.title,
        "adverse": measure.adverse,
        "kind": measure.kind.value,
        "digest": measure.digest,
    }


def _tally(judged: Evaluation) -> list[dict[str, Any]]:
    return [
        {"status": reason.status.name, "code": reason.code, "words": reason.words, "n": n}
        for reason, n in judged.tally()
        if n
    ]


def _cohort(measure: Measure, typed: TypedFrame, *, judged: Evaluation, site: pd.Series) -> Cohort:
    counted = judged.counted
    covariates = cohort_columns(measure, typed, types=typed.types, rows=counted)
    return build(
        site=as_sites(site[counted]),
        outcome=judged.met[counted].astype(float),
        columns={covariate.adjuster.element: _column(covariate) for covariate in covariates},
        adjusters=adjusters(measure),
    )


def _column(covariate: Covariate) -> Categorical | np.ndarray:
    if covariate.codes is None:
        return covariate.values
    return Categorical(codes=covariate.codes, levels=covariate.levels)


def adjusters(measure: Measure) -> tuple[Adjuster, ...]:
    """Return a measure's adjusters as the statistics declare them."""
    return tuple(
        Adjuster(
            name=adjuster.element,
            coding=adjuster.coding.value,
            reference=adjuster.reference,
            missing=adjuster.missing.value,
            centre=adjuster.centre,
            scale=adjuster.scale,
        )
        for adjuster in measure.adjusters
    )


def _rate(reference: Mapping[str, Any] | None, result: Result) -> float:
    return reference["rate"] if reference else result.overall.rate


def _verdict_counts(result: Result, measure: Measure) -> dict[str, int]:
    counts: dict[str, int] = {}
    for site in result.sites:
        name = _verdict(site, measure)
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _verdict(site: Any, measure: Measure) -> str:
    return words.verdict(
        probability_below=site.probability_below, reliability=site.reliability, adverse=measure.adverse
    ).value


def _results(
    result: Result,
    measure: Measure,
    judged: Evaluation,
    frame: pd.DataFrame,
    *,
    series: Mapping[int, list[dict[str, Any]]],
    moved: Mapping[int, dict[str, Any]],
    watched: Mapping[int, dict[str, Any]],
    credibility: Mapping[int, Mapping[str, Any]],
    unknown: Mapping[str, Mapping[str, float]],
) -> dict[int, dict[str, Any]]:
    tallies = _tallies(judged, frame["hospital_id"])
    found = {int(site.site): site for site in result.sites}
    documents = {}
    for hospital in sorted(tallies):
        site = found.get(hospital)
        document: dict[str, Any] = {"n": 0, "observed": 0}
        if site is not None:
            document = {**asdict(site), "verdict": _verdict(site, measure)}
            document.pop("site")
            document["notes"] = list(site.notes)
            document |= {"n": int(site.n), "observed": int(site.observed), "funnel": _funnel(site)}
        documents[hospital] = document | {
            "tally": tallies[hospital],
            "trend": series.get(hospital, []),
            "movement": moved.get(hospital),
            "watch": watched.get(hospital),
            "credibility": dict(credibility.get(hospital, {})),
            "unknown": dict(unknown.get(str(hospital), {})),
        }
    return {hospital: document for hospital, document in documents.items() if document["n"] > 0}


def _funnel(site: Any) -> dict[str, Any]:
    """Own position and the limits of chance: at the own size exactly, and on a grid to draw the curve; no peers."""
    grid = np.geomspace(max(1.0, site.expected / 6), site.expected * 2.5 + 5, FUNNEL_POINTS)
    document: dict[str, Any] = {"size": site.expected, "value": site.oe, "grid": grid.tolist()}
    for name, level in (("95", 0.95), ("998", 0.998)):
        low, high = ratio_limits(np.array([site.expected]), level=level, funnel="none")
        document[f"own_{name}"] = [float(low[0]), float(high[0])]
        lows, highs = ratio_limits(grid, level=level, funnel="none")
        document[f"limits_{name}"] = np.column_stack([lows, highs]).tolist()
    return document


def _tallies(judged: Evaluation, site: pd.Series) -> dict[int, list[dict[str, Any]]]:
    counts = pd.crosstab(site.to_numpy(), judged.reason)
    return {
        int(hospital): [
            {
                "status": judged.reasons[reason].status.name,
                "code": judged.reasons[reason].code,
                "words": judged.reasons[reason].words,
                "n": int(n),
            }
            for reason, n in row.items()
            if n
        ]
        for hospital, row in counts.iterrows()
    }


def _ledgers(frame: pd.DataFrame, judged: Evaluation, expected: np.ndarray) -> dict[int, Ledger]:
    codes = frame["case_code"].to_numpy()
    reasons = np.array([reason.words for reason in judged.reasons], dtype=object)[judged.reason]
    status = judged.status
    ledgers = {}
    for hospital, rows in frame.groupby("hospital_id", sort=True).indices.items():
        ledgers[int(hospital)] = Ledger(
            case_codes=tuple(codes[rows]),
            status=tuple(int(value) for value in status[rows]),
            reasons=tuple(reasons[rows]),
            expected=tuple(None if np.isnan(value) else float(value) for value in expected[rows]),
        )
    return ledgers


def statuses() -> dict[int, str]:
    """Return the names of case statuses by number, as ledgers store them."""
    return {int(status): status.name for status in Status}
