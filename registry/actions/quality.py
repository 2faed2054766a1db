"""Assess data quality: every hospital of the recent periods gets its figures, its sentinels and its blinded peers."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db import transaction

from registry.actions import quality_counts
from registry.actions.quality_counts import Counts
from registry.models import QualityReport, Registry, ReportingPeriod, WatchedElement
from registry.quality import drift
from registry.quality.dimensions import DIMENSIONS, Figure, judge, worst
from registry.quality.drift import Moments, Sentinel
from registry.quality.peers import blinded
from registry.selectors import audits, dictionaries
from sites import audit, outbox
from sites.models import Job, Person

CLOSED_PERIODS = 5
WEAK_FOLLOW_UP = 0.90
Progress = Callable[[int, int, str], None]


def watch(
    *, registry: Registry, kind: str, elements: Iterable[str], source: str, by: Person | str, at: datetime
) -> int:
    """Have the assessment count these elements, in place of what the same source named before; return how many."""
    names = sorted(set(elements))
    known = WatchedElement.objects.filter(registry=registry, kind=kind, source=source)
    if sorted(known.values_list("element", flat=True)) == names:
        return 0
    known.delete()
    WatchedElement.objects.bulk_create(
        WatchedElement(registry=registry, kind=kind, element=name, source=source, set_at=at) for name in names
    )
    detail = {"kind": kind, "elements": names, "source": source}
    audit.record(action="watch elements", at=at, by=by, kind="registry", object_id=registry.code, detail=detail)
    return len(names)


def recent(registry: Registry) -> list[ReportingPeriod]:
    """Return the closed periods of the last year and a quarter and every open one that has begun to hold cases, in order."""
    periods = list(ReportingPeriod.objects.filter(registry=registry).select_related("registry").order_by("ordinal"))
    closed = [period for period in periods if period.status == "CLOSED"][-CLOSED_PERIODS:]
    return [*closed, *(period for period in periods if period.status != "CLOSED")]


def assess(*, registry: Registry, at: datetime, progress: Progress = lambda done, of, words: None) -> int:
    """Assess the recent periods anew and return how many reports were written; all or none."""
    periods, today = recent(registry), at.date()
    counted: dict[int, dict[int, Counts]] = {}
    for number, period in enumerate(periods):
        progress(number, len(periods), f"Counting {period.label}")
        counted[period.pk] = quality_counts.count(period, today=today)
    figures = audits.latest_by_hospital(
        registry_id=registry.pk, hospital_ids={h for found in counted.values() for h in found}
    )
    rows = []
    for place, period in enumerate(periods):
        earlier = _pooled([counted[before.pk] for before in periods[max(0, place - 4) : place]])
        rows += _reports(period, counted[period.pk], earlier, figures, at=at)
    with transaction.atomic():
        QualityReport.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["hospital", "period"],
            update_fields=["n_cases", "light", "document", "assessed_at"],
        )
    return len(rows)


def _reports(
    period: ReportingPeriod,
    found: Mapping[int, Counts],
    earlier: Mapping[int, Counts],
    audited: Mapping[int, audits.AuditFigure],
    *,
    at: datetime,
) -> list[QualityReport]:
    judged = {hospital_id: _figures(period, counts, audited.get(hospital_id)) for hospital_id, counts in found.items()}
    rows = []
    for hospital_id, counts in sorted(found.items()):
        others = [figures for other, figures in sorted(judged.items()) if other != hospital_id]
        last = audited.get(hospital_id)
        document = {
            "audit": last.code if last else "",
            "figures": [figure.to_document() for figure in judged[hospital_id]],
            "peers": {
                dimension.code: blinded([figures[place].value for figures in others])
                for place, dimension in enumerate(DIMENSIONS)
            },
            "sentinels": [sentinel.to_document() for sentinel in _sentinels(hospital_id, found, earlier)],
        }
        rows.append(
            QualityReport(
                registry_id=period.registry_id,
                period=period,
                hospital_id=hospital_id,
                n_cases=counts.n_cases,
                light=worst(judged[hospital_id]).value,
                document=document,
                assessed_at=at,
            )
        )
    return rows


def _figures(period: ReportingPeriod, counts: Counts, audited: audits.AuditFigure | None) -> tuple[Figure, ...]:
    quality = counts.quality
    least, least_note = _worst_adjuster(period, counts)
    parts: dict[str, tuple[tuple[int | None, int | None] | None, str]] = {
        "completeness": ((quality.n_answered, quality.n_applied) if quality else None, "No submitted case yet."),
        "timeliness": (counts.timely, "No case has fallen due yet."),
        "follow_up": ((quality.n_followed, quality.n_due) if quality else None, "No follow-up has fallen due yet."),
        "frame": (counts.drawn, "No operation drawn from a list has fallen due in this period."),
        "queries": (counts.queries, "No question has been asked."),
        "audit": (
            (audited.n_values - audited.n_differing, audited.n_values) if audited else None,
            f"Audited on {audited.audited_on:%-d %B %Y}." if audited else "Not audited yet.",
        ),
        "adjusters": (least, least_note),
    }
    return tuple(_judged(dimension.code, *parts[dimension.code]) for dimension in DIMENSIONS)


def _judged(code: str, pair: tuple[int | None, int | None] | None, note: str) -> Figure:
    numerator, denominator = pair or (None, None)
    measured = bool(denominator)
    keep = code in {"audit", "adjusters"}
    return judge(code, numerator=numerator, denominator=denominator, note=note if keep or not measured else "")


def _worst_adjuster(period: ReportingPeriod, counts: Counts) -> tuple[tuple[int, int] | None, str]:
    asked = {name: pair for name, pair in counts.adjusters.items() if pair[1]}
    if not asked:
        return None, "No measure names an adjuster yet."
    name = min(sorted(asked), key=lambda key: asked[key][0] / asked[key][1])
    version = dictionaries.latest(period.registry)
    labels = {element.name: element.label for element in dictionaries.load(version).elements} if version else {}
    return asked[name], f"Most blanks in “{labels.get(name, name)}”."


def _pooled(parts: list[dict[int, Counts]]) -> dict[int, Counts]:
    whole: dict[int, Counts] = {}
    for part in parts:
        for hospital_id, counts in part.items():
            own = whole.setdefault(hospital_id, Counts())
            own.n_cases += counts.n_cases
            own.comorbidity = own.comorbidity.plus(counts.comorbidity)
            own.present = own.present.plus(counts.present)
    return whole


def _sentinels(hospital_id: int, now: Mapping[int, Counts], before: Mapping[int, Counts]) -> tuple[Sentinel, ...]:
    own, earlier = now[hospital_id], before.get(hospital_id, Counts())
    found = [
        drift.changed(
            code,
            now=getattr(own, code),
            before=getattr(earlier, code),
            others_now=_others(now, hospital_id, code),
            others_before=_others(before, hospital_id, code),
        )
        for code in ("comorbidity", "present")
    ]
    found.append(
        drift.differs("late_edits", own=own.late_edits or Moments(), others=_others(now, hospital_id, "late_edits"))
    )
    quality = own.quality
    is_weak = bool(quality and quality.n_due and (quality.n_followed or 0) < WEAK_FOLLOW_UP * quality.n_due)
    unseen = drift.differs("unseen", own=own.events, others=_others(now, hospital_id, "events"))
    found.append(unseen if is_weak else drift.quiet(unseen, words="Follow-up is not weak."))
    return tuple(found)


def _others(found: Mapping[int, Counts], hospital_id: int, name: str) -> Moments:
    total = Moments()
    for other, counts in found.items():
        moments = getattr(counts, name)
        if other != hospital_id and moments is not None:
            total = total.plus(moments)
    return total


def ask_for(*, registry: Registry, by: Person | None, at: datetime) -> Job:
    """Queue an assessment; one that waits already is enough."""
    waiting = Job.objects.filter(
        task="registry.assess_quality", status=Job.Status.QUEUED, arguments={"registry": registry.pk}
    )
    return waiting.first() or outbox.after_commit("registry.assess_quality", at=at, by=by, registry=registry.pk)
