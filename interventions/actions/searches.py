"""Look for bright spots: tables from frozen cases under the frozen models, the finder, and what may be read of it without names."""

import hashlib
import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from feedback.actions.comparisons import canonical
from feedback.measures import load as reader
from feedback.models import Comparison, MeasureRun, ReferenceModel
from feedback.scored import Scored, score
from feedback.selectors import inputs
from feedback.statistics.risk_model import RiskModelFit
from interventions.deviance.finder import Found, Settings, find
from interventions.deviance.gates import Credibility
from interventions.deviance.refusal import DevianceRefusal
from interventions.deviance.series import Kind, Series, Span, summarise
from interventions.models import Candidate, Search
from registry.models import ReportingPeriod
from sites import audit
from sites.codes import random_code
from sites.models import Person

WIDTHS, LEAST = (4, 2, 1), 3


def grouped(periods: list[ReportingPeriod]) -> list[list[ReportingPeriod]]:
    """Put dated periods together into spans of equal length, the widest of four, two or one that leaves three; the latest last.

    Periods of the beginning that fill no span are left out; without dates, or with too few periods, the list is empty.
    """
    dated = [period for period in periods if period.starts_on and period.ends_before]
    width = next((width for width in WIDTHS if len(dated) // width >= LEAST), 0)
    if not width:
        return []
    first = len(dated) % width
    return [dated[at : at + width] for at in range(first, len(dated), width)]


def search(*, comparison: Comparison, by: Person | None, at: datetime) -> Search:
    """Read, find and store, once for the same inputs; on each measure every hospital gets another label, which says nothing."""
    material = inputs.read(comparison=comparison)
    digest = _digest(comparison, material)
    known = Search.objects.filter(digest=digest).first()
    if known is not None:
        return known
    hospitals = sorted({int(h) for h in material.history["hospital_id"].unique()} & set(material.credibility))
    ordinals = [ordinal for ordinal, _ in material.window.periods]
    periods = list(ReportingPeriod.objects.filter(registry=comparison.registry, ordinal__in=ordinals).order_by("ordinal"))
    spans = grouped(periods)
    series, mix, titles, left_out = _series(comparison, material, hospitals=hospitals, spans=spans)
    about = {"spans": [_words(span) for span in spans], "titles": titles, "left_out": left_out, "hospitals": len(hospitals)}
    try:
        if not series:
            raise DevianceRefusal("NO_MEASURES", ("No measure has a frozen model and three periods with dates yet.",))
        settings = Settings()
        found = find(tuple(series), credibility=_credibility(material, hospitals), case_mix=mix, settings=settings)
    except DevianceRefusal as refusal:
        row = Search.objects.create(
            code=random_code(), comparison=comparison, digest=digest, document=about, refusal=list(refusal.reasons), at=at, by=by
        )
    else:
        labels = {one.code: _labels(hospitals) for one in series}
        about |= {"settings": asdict(settings), **_blinded(found, hospitals=hospitals, labels=labels)}
        row = Search.objects.create(code=random_code(), comparison=comparison, digest=digest, document=about, at=at, by=by)
        Candidate.objects.bulk_create(_candidates(row, found, hospitals=hospitals, labels=labels))
    audit.record(
        action="search bright spots", at=at, by=by or "job", kind="search", object_id=row.code,
        detail={"nominations": len(row.document.get("nominations", [])), "digest": digest},
    )  # fmt: skip
    return row


def _labels(hospitals: list[int]) -> dict[int, str]:
    """Deal numbers anew, once for each measure: two measures of one hospital must not be put together (B5)."""
    numbers = list(range(1, len(hospitals) + 1))
    secrets.SystemRandom().shuffle(numbers)
    return {hospital: f"No. {number}" for hospital, number in zip(hospitals, numbers, strict=True)}


def _digest(comparison: Comparison, material: inputs.Material) -> str:
    models = ReferenceModel.objects.filter(registry=comparison.registry).order_by("pk").values_list("pk", flat=True)
    document = {
        "comparison": comparison.digest, "snapshots": list(material.window.digests), "models": list(models),
        "credibility": {str(h): dict(known) for h, known in material.credibility.items()}, "settings": asdict(Settings()),
    }  # fmt: skip
    return hashlib.sha256(canonical(document)).hexdigest()


def scored(comparison: Comparison, material: inputs.Material) -> list[tuple[MeasureRun, Any, Scored]]:
    """Give each compared measure with a frozen model its cases, with their risk under that model."""
    found = []
    runs = MeasureRun.objects.filter(comparison=comparison, refusal=[]).select_related("measure").order_by("measure__code")
    for run in runs:
        frozen = ReferenceModel.objects.filter(registry=comparison.registry, measure_code=run.measure.code).order_by("frozen_at").first()
        if frozen is None:
            continue
        measure = reader.load(bytes(run.measure.source))
        model = RiskModelFit.from_document(frozen.document["risk_model"])
        cases = score(measure=measure, history=material.history, types=material.types, as_of=material.window.as_of, models=(model,))
        found.append((run, measure, cases.only(cases.placed)))
    return found


def _series(
    comparison: Comparison, material: inputs.Material, *, hospitals: list[int], spans: list[list[ReportingPeriod]]
) -> tuple[list[Series], np.ndarray, dict[str, str], list[dict[str, str]]]:
    """Sum the cases by hospital and span; the case mix is the log of the volume and each measure's mean risk."""
    place = {hospital: at for at, hospital in enumerate(hospitals)}
    column = {period.ordinal: at for at, span in enumerate(spans) for period in span}
    days = tuple(Span(starts_on=span[0].starts_on, ends_on=span[-1].ends_before) for span in spans)
    series, figures, titles, left_out = [], [], {}, []
    for run, measure, cases in scored(comparison, material) if spans else []:
        kept = cases.only(np.isin(cases.period, list(column)) & np.isin(cases.site, hospitals))
        table = summarise(
            site=[place[int(h)] for h in kept.site], period=[column[int(p)] for p in kept.period], outcome=kept.outcome,
            risk=kept.risks[0], n_sites=len(hospitals), n_periods=len(spans),
        )  # fmt: skip
        titles[run.measure.code] = run.measure.title
        if not 0 < table.observed.sum() < table.cases.sum() or ((table.expected <= 0) & (table.observed > 0)).any():
            left_out.append({"measure": run.measure.code, "words": "Every hospital has the same result, or the model holds an event impossible."})
            continue
        series.append(
            Series(
                code=run.measure.code, kind=Kind(measure.kind.name), adverse=measure.adverse, spans=days,
                cases=table.cases, observed=table.observed, expected=table.expected, variance=table.variance,
            )
        )  # fmt: skip
        total = table.cases.sum(axis=1)
        figures += [np.log1p(total), table.expected.sum(axis=1) / np.maximum(total, 1)]
    return series, np.column_stack(figures) if figures else np.zeros((len(hospitals), 1)), titles, left_out


def _credibility(material: inputs.Material, hospitals: list[int]) -> tuple[Credibility, ...]:
    """Follow-up done of that due, and cases submitted of those begun: operations nobody began are not known here."""
    return tuple(
        Credibility(
            agreement=known["agreement"],
            follow_up=known["n_followed"] / known["n_follow_up_due"] if known["n_follow_up_due"] else None,
            completeness=known["n_cases"] / begun if (begun := known["n_cases"] + known["n_drafts"]) else None,
        )
        for known in (material.credibility[hospital] for hospital in hospitals)
    )


def _words(span: list[ReportingPeriod]) -> str:
    return span[0].label if len(span) == 1 else " – ".join((span[0].label, span[-1].label))


def _blinded(found: Found, *, hospitals: list[int], labels: dict[str, dict[int, str]]) -> dict[str, Any]:
    """Return what may be read of a search without knowing a hospital: rounded, without a count (a volume is a name)."""
    name = {measure: [known[hospital] for hospital in hospitals] for measure, known in labels.items()}
    return {
        "nominations": [
            {
                "measure": one.measure, "label": name[one.measure][one.site], "says": one.latest.says.value,
                "comparator": name[one.measure][one.comparator.site] if one.comparator else "", **_rounded(one.estimate),
            }
            for one in found.nominations
        ],
        # In the order of the labels: their place in the list would tell the hospital, the same for every measure.
        "passed": sorted(
            (
                {
                    "measure": one.measure, "label": name[one.measure][one.site], "words": list(one.words), "gated": bool(one.gates),
                    **_rounded(one.estimate),
                }
                for one in found.passed
            ),
            key=lambda one: (one["measure"], int(one["label"].removeprefix("No. "))),
        ),
        "spreads": [asdict(spread) for spread in found.spreads],
        "expected_false_share": found.expected_false_share,
    }  # fmt: skip


def _rounded(estimate: Any) -> dict[str, float]:
    return {name: round(getattr(estimate, name), 2) for name in ("odds_ratio", "lower", "upper", "probability_false")}


def _candidates(row: Search, found: Found, *, hospitals: list[int], labels: dict[str, dict[int, str]]) -> list[Candidate]:
    def one(part: Any, *, nominated: bool, document: dict[str, Any]) -> Candidate:
        hospital = hospitals[part.site]
        return Candidate(
            search=row, hospital_id=hospital, label=labels[part.measure][hospital], measure_code=part.measure, nominated=nominated,
            document={"estimate": asdict(part.estimate), **document},
        )  # fmt: skip

    named = [one(part, nominated=True, document={"latest": asdict(part.latest)}) for part in found.nominations]
    return named + [one(part, nominated=False, document={"words": list(part.words)}) for part in found.passed]
