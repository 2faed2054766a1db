"""What a comparison reads: the frozen frame of its window, the frames of the history, and what each hospital contributed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from django.db.models import Max

from feedback import engine
from feedback.measures import load as reader
from feedback.models import CaseLedger, Comparison, MeasureRun, MeasureVersion, ReferenceModel
from feedback.movement import Earlier, KnownThen
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.models import DictionaryVersion, Snapshot, SnapshotSite
from registry.selectors import audits, dictionaries, snapshots
from sites.refusals import Refusal
from sites.selectors import agreements


@dataclass(frozen=True)
class Material:
    """Everything the measures of one comparison share."""

    comparison: Comparison
    frame: pd.DataFrame
    history: pd.DataFrame
    types: Any
    labels: dict[str, str]
    window: Window
    credibility: dict[int, dict[str, Any]]
    n_left_out: int = 0


def read(*, comparison: Comparison) -> Material:
    """Read the window and its history from the frozen files; a file that does not match its hash is refused."""
    window_snapshots = list(
        Snapshot.objects.filter(pk__in=comparison.snapshot_ids).select_related("period").order_by("period__ordinal")
    )
    latest_ordinal = window_snapshots[-1].period.ordinal
    past = _latest_by_period(comparison.registry_id, upto=latest_ordinal, keep=window_snapshots)
    if not any(snapshot.n_cases for snapshot in window_snapshots):
        raise Refusal("No case was frozen in these periods, so there is nothing to compare.")
    history = snapshots.frame(snapshot_ids=[snapshot.pk for snapshot in past])
    out = agreements.left_out(
        hospital_ids=sorted(set(history["hospital_id"].tolist())), purpose="QI", on=comparison.requested_at.date()
    )
    history = history[~history["hospital_id"].isin(out)] if out else history
    ordinals = {snapshot.period.ordinal for snapshot in window_snapshots}
    frame = history[history["period"].isin(ordinals)].reset_index(drop=True)
    if frame.empty:
        raise Refusal("No hospital with cases in these periods has agreed to quality improvement.")
    newest = DictionaryVersion.objects.filter(
        registry=comparison.registry, number=max(int(number) for s in past for number in s.versions)
    ).first()
    dictionary = dictionaries.load(newest)
    return Material(
        comparison=comparison,
        frame=frame,
        history=history,
        types=dictionary.types,
        labels={element.name: element.label for element in dictionary.elements if element.label},
        window=_window(comparison, window_snapshots, past),
        credibility=_credibility(comparison, window_snapshots),
        n_left_out=len(out),
    )


def _latest_by_period(registry_id: int, *, upto: int, keep: list[Snapshot]) -> list[Snapshot]:
    newest = (
        Snapshot.objects.filter(registry_id=registry_id, period__ordinal__lte=upto)
        .values("period_id")
        .annotate(newest=Max("id"))
        .values_list("newest", flat=True)
    )
    chosen = {s.period_id: s for s in Snapshot.objects.filter(pk__in=list(newest)).select_related("period")}
    chosen |= {snapshot.period_id: snapshot for snapshot in keep}
    return sorted(chosen.values(), key=lambda snapshot: snapshot.period.ordinal)


def _window(comparison: Comparison, inside: list[Snapshot], past: list[Snapshot]) -> Window:
    starts = [s.period.starts_on for s in inside if s.period.starts_on]
    ends = [s.period.ends_before for s in inside if s.period.ends_before]
    finals = [s.final_from for s in inside if s.final_from]
    return Window(
        label=comparison.label,
        starts_on=min(starts) if starts else None,
        ends_before=max(ends) if ends else None,
        final_from=max(finals) if finals else None,
        periods=tuple((s.period.ordinal, s.period.label) for s in past),
        inside=tuple(s.period.ordinal for s in inside),
        digests=tuple(s.digest for s in inside),
        as_of=max(ends) if ends else date(2000, 1, 1),
    )


def _credibility(comparison: Comparison, inside: list[Snapshot]) -> dict[int, dict[str, Any]]:
    """Add up what each hospital contributed over the window, with its latest audit before the comparison was asked for."""
    totals: dict[int, dict[str, Any]] = defaultdict(lambda: defaultdict(float))
    for row in SnapshotSite.objects.filter(snapshot__in=inside).order_by("snapshot_id"):
        total = totals[row.hospital_id]
        for name in ("n_cases", "n_drafts", "n_eligible", "n_followed", "n_follow_up_due"):
            total[name] += getattr(row, name) or 0
        total["complete_cases"] += (row.completeness or 0) * row.n_cases
        total["known"] += row.n_cases if row.completeness is not None else 0
    audited = audits.latest_by_hospital(
        registry_id=comparison.registry_id, hospital_ids=totals, before=comparison.requested_at
    )
    return {
        hospital_id: {
            **{
                name: int(total[name])
                for name in ("n_cases", "n_drafts", "n_eligible", "n_followed", "n_follow_up_due")
            },
            "completeness": round(total["complete_cases"] / total["known"], 4) if total["known"] else None,
            **_audited(audited.get(hospital_id)),
        }
        for hospital_id, total in sorted(totals.items())
    }


def _audited(figure: audits.AuditFigure | None) -> dict[str, Any]:
    if figure is None:
        return {"agreement": None, "audited_on": None}
    return {"agreement": round(figure.agreement, 4), "audited_on": figure.audited_on.isoformat()}


def run_measure(material: Material, *, measure: MeasureVersion) -> engine.MeasureOutcome:
    """Run one measure against its frozen reference model, or its own when there is none yet."""
    reference = (
        ReferenceModel.objects.filter(registry=material.comparison.registry, measure_code=measure.code)
        .order_by("frozen_at")
        .first()
    )
    return engine.run_measure(
        measure=reader.load(bytes(measure.source)),
        number=measure.number,
        frame=material.frame,
        history=material.history,
        types=material.types,
        window=material.window,
        credibility=material.credibility,
        reference=reference.document if reference else None,
        seed=material.comparison.settings["seed"],
        earlier=_earlier(material.comparison, measure=measure),
        follow_up_days=material.comparison.registry.follow_up_days,
        labels=material.labels,
    )


def _earlier(comparison: Comparison, *, measure: MeasureVersion) -> Earlier | None:
    """Return what the comparison published last said of the same measure, case by case; only a job reaches these rows."""
    run = (
        MeasureRun.objects.filter(
            comparison__registry=comparison.registry,
            comparison__status=Comparison.Status.PUBLISHED,
            comparison__pk__lt=comparison.pk,
            measure__code=measure.code,
            refusal=[],
        )
        .select_related("comparison")
        .order_by("-comparison__published_at", "-pk")
        .first()
    )
    if run is None:
        return None
    ordinals = Snapshot.objects.filter(pk__in=run.comparison.snapshot_ids).values_list("period__ordinal", flat=True)
    return Earlier(
        label=run.comparison.label,
        inside=tuple(sorted(ordinals)),
        model=RiskModelFit.from_document(run.model["risk_model"]),
        sites={
            ledger.hospital_id: KnownThen(
                case_codes=tuple(ledger.case_codes), status=tuple(ledger.status), expected=tuple(ledger.expected)
            )
            for ledger in CaseLedger.objects.filter(run=run)
        },
    )
