"""Read data quality: the matrix of the centre, one hospital's report, and which registry should be assessed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef

from registry.models import Case, QualityReport, Registry, ReportingPeriod, WatchedElement
from registry.selectors import audits
from sites.refusals import NotFound


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """A period that was assessed."""

    period: ReportingPeriod
    assessed_at: datetime


def registry_by_id(*, registry_id: int) -> Registry:
    """Return the registry a job works on."""
    return Registry.objects.get(pk=registry_id)


def registries(*, hospital_ids: Sequence[int]) -> list[Registry]:
    """Return the registries with a report of one of these hospitals."""
    reports = QualityReport.objects.filter(registry=OuterRef("pk"), hospital_id__in=hospital_ids)
    return list(Registry.objects.filter(Exists(reports)).order_by("title"))


def periods(*, registry: Registry, hospital_ids: Sequence[int]) -> list[Assessed]:
    """Return the assessed periods of a registry, the latest first."""
    times = dict(
        QualityReport.objects.filter(registry=registry, hospital_id__in=hospital_ids)
        .values_list("period_id")
        .annotate(at=Max("assessed_at"))
        .values_list("period_id", "at")
    )
    rows = ReportingPeriod.objects.filter(pk__in=times).select_related("registry").order_by("-ordinal")
    return [Assessed(period=row, assessed_at=times[row.pk]) for row in rows]


def matrix(*, period: ReportingPeriod, hospital_ids: Sequence[int]) -> list[QualityReport]:
    """Return the reports of a period for hospitals within reach: red first, then by name."""
    order = {"RED": 0, "YELLOW": 1, "GREEN": 2, "GREY": 3}
    rows = QualityReport.objects.filter(period=period, hospital_id__in=hospital_ids).select_related("hospital", "registry")
    return sorted(rows, key=lambda row: (order[row.light], row.hospital.name))


def report(*, period: ReportingPeriod, hospital_id: int) -> QualityReport:
    """Return one hospital's report of a period."""
    row = QualityReport.objects.filter(period=period, hospital_id=hospital_id).select_related("hospital", "registry").first()
    if row is None:
        raise NotFound
    return row


def trend(*, registry: Registry, hospital_id: int) -> dict[str, list[float | None]]:
    """Return a hospital's shares by dimension over the assessed periods, in order of time."""
    rows = QualityReport.objects.filter(registry=registry, hospital_id=hospital_id).order_by("period__ordinal")
    found: dict[str, list[float | None]] = {}
    for document in rows.values_list("document", flat=True):
        for figure in document["figures"]:
            found.setdefault(figure["code"], []).append(figure["value"])
    return found


def due(*, at: datetime) -> list[Registry]:
    """Return registries whose cases changed since the latest assessment, or that were not assessed today."""
    latest = dict(
        QualityReport.objects.values_list("registry_id")
        .annotate(at=Max("assessed_at"))
        .values_list("registry_id", "at")
    )
    found = []
    for registry in Registry.objects.order_by("pk"):
        assessed = latest.get(registry.pk)
        cases = Case.objects.filter(registry=registry)
        moved = cases.exists() if assessed is None else cases.filter(changed_at__gt=assessed).exists()
        if moved or (assessed is not None and assessed.date() < at.date()):
            found.append(registry)
    return found


def watched(*, registry: Registry) -> list[dict[str, Any]]:
    """Return what the assessment counts, by kind, with who asked for it."""
    rows = WatchedElement.objects.filter(registry=registry).order_by("kind", "element", "source")
    return list(rows.values("kind", "element", "source"))


def line(*, registry: Registry, hospital_ids: Sequence[int]) -> list[str]:
    """Say what figures of these hospitals rest on, from the newest closed period that was assessed; empty where none was."""
    rows = QualityReport.objects.filter(registry=registry, hospital_id__in=hospital_ids, period__status="CLOSED")
    newest = rows.select_related("period").order_by("-period__ordinal").first()
    if newest is None:
        return []
    reports = list(rows.filter(period=newest.period).values_list("n_cases", "document"))
    sums = {code: [0, 0] for code in ("completeness", "follow_up", "audit")}
    for _, document in reports:
        for figure in document["figures"]:
            if figure["code"] in sums and figure["denominator"]:
                sums[figure["code"]][0] += figure["numerator"]
                sums[figure["code"]][1] += figure["denominator"]
    share = {code: f"{100 * good / of:.{int(0.995 <= good / of < 1)}f}\u202f%" for code, (good, of) in sums.items() if of}
    audited = audits.latest_by_hospital(registry_id=registry.pk, hospital_ids=hospital_ids)
    last = max((one.audited_on for one in audited.values()), default=None)
    return [
        f"{sum(n for n, _ in reports):,} cases in {newest.period.label}",
        f"{share['completeness']} complete" if "completeness" in share else "completeness not known",
        f"{share['follow_up']} followed up" if "follow_up" in share else "no follow-up due",
        _audited(share.get("audit", ""), last),
    ]


def _audited(share: str, last: date | None) -> str:
    """Say what audits found; one that ended after the period was assessed is told without its agreement."""
    if last is None:
        return "not yet audited"
    return f"{share} agreement, last audit {last:%B %Y}" if share else f"last audit {last:%B %Y}, not in the assessment yet"
