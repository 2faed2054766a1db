"""Read published standings, results and ledgers; one keyed read per page."""

from dataclasses import dataclass
from typing import Any

from feedback.models import CaseLedger, Comparison, MeasureRun, Standing, SurgeonResult
from feedback.selectors import audiences
from registry.models import Registry
from sites.refusals import NotFound


@dataclass(frozen=True)
class Seen:
    """One measure as one set of own hospitals sees it."""

    run_id: int
    registry: str
    document: dict[str, Any]
    digest: str
    published_at: Any

    @property
    def code(self) -> str:
        """Return the measure's code."""
        return self.document["measure"]["code"]


def registries(*, hospital_ids: tuple[int, ...], centre: bool) -> list[Registry]:
    """Return the registries with something published that these hospitals take part in (all for the centre)."""
    published = Comparison.objects.filter(status=Comparison.Status.PUBLISHED).values("registry_id")
    rows = Registry.objects.filter(pk__in=published).order_by("code")
    if not centre:
        rows = rows.filter(participations__hospital_id__in=hospital_ids).distinct()
    return list(rows)


def newest(*, registry_id: int) -> Comparison | None:
    """Return the newest published comparison of a registry: the only one whose peers are shown as points (B9)."""
    return (
        Comparison.objects.filter(registry_id=registry_id, status=Comparison.Status.PUBLISHED)
        .order_by("-published_at", "-pk")
        .first()
    )


def standings(*, registry: Registry, hospital_ids: tuple[int, ...]) -> list[Seen]:
    """Return every measure of the newest comparison as this own set sees it, by title."""
    comparison = newest(registry_id=registry.pk)
    if comparison is None:
        return []
    own_set = audiences.own_set_of(registry_id=registry.pk, hospital_ids=hospital_ids)
    rows = Standing.objects.filter(run__comparison=comparison, own_set=list(own_set)).select_related("run")
    found = [
        Seen(
            run_id=row.run_id,
            registry=registry.code,
            document=row.document,
            digest=row.run.digest,
            published_at=comparison.published_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda seen: seen.document["measure"]["title"])


def one(*, registry: Registry, measure_code: str, hospital_ids: tuple[int, ...]) -> Seen:
    """Return one measure as this own set sees it."""
    comparison = newest(registry_id=registry.pk)
    own_set = audiences.own_set_of(registry_id=registry.pk, hospital_ids=hospital_ids)
    row = (
        Standing.objects.filter(run__comparison=comparison, run__measure__code=measure_code, own_set=list(own_set))
        .select_related("run")
        .first()
    )
    if comparison is None or row is None:
        raise NotFound
    return Seen(
        run_id=row.run_id,
        registry=registry.code,
        document=row.document,
        digest=row.run.digest,
        published_at=comparison.published_at,
    )


def registry(*, code: str) -> Registry:
    """Return a registry by its code."""
    row = Registry.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def refusals(*, registry: Registry) -> list[MeasureRun]:
    """Return the measures that the newest comparison refused, with their reasons."""
    comparison = newest(registry_id=registry.pk)
    rows = MeasureRun.objects.filter(comparison=comparison).exclude(refusal=[]).select_related("measure")
    return list(rows.order_by("measure__title"))


def card(*, run_id: int) -> MeasureRun:
    """Return the model behind a published measure."""
    row = (
        MeasureRun.objects.filter(pk=run_id, comparison__status=Comparison.Status.PUBLISHED)
        .select_related("measure", "comparison")
        .first()
    )
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class JudgedCase:
    """How a measure judged one own case."""

    code: str
    status: int
    reason: str
    expected: float | None


def judged(*, run_id: int, hospital_ids: tuple[int, ...]) -> list[JudgedCase]:
    """Return how a measure judged each case of these hospitals, the riskiest with the outcome first."""
    cases = [
        JudgedCase(code=code, status=status, reason=reason, expected=expected)
        for ledger in CaseLedger.objects.filter(run_id=run_id, hospital_id__in=hospital_ids).order_by("hospital_id")
        for code, status, reason, expected in zip(
            ledger.case_codes, ledger.status, ledger.reasons, ledger.expected, strict=True
        )
    ]
    return sorted(cases, key=lambda case: (case.status != 1, case.expected or 0.0, case.code))


def surgeon(*, person_id: int) -> list[tuple[MeasureRun, dict[str, Any]]]:
    """Return a surgeon's own results in the newest published comparisons."""
    comparisons = {
        c.registry_id: c.pk
        for c in Comparison.objects.filter(status=Comparison.Status.PUBLISHED).order_by("published_at", "pk")
    }
    rows = SurgeonResult.objects.filter(
        person_id=person_id, run__comparison_id__in=list(comparisons.values())
    ).select_related("run__measure", "run__comparison")
    return [(row.run, row.document) for row in rows.order_by("run__measure__title")]
