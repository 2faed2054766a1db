"""Read published standings, results and ledgers; one keyed read per page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Subquery

from feedback.measures.definition import Status
from feedback.models import CaseLedger, Comparison, MeasureRun, Standing, SurgeonResult
from feedback.selectors import audiences
from registry.models import Registry
from sites.models import Hospital
from sites.refusals import NotFound

UNKNOWN = Status.MISSING.value


@dataclass(frozen=True)
class Key:
    """Which immutable standing is meant: equal keys, equal content."""

    standing_id: int
    registry: str
    digest: str
    published_at: Any


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


def keys(*, registry_code: str, hospital_ids: tuple[int, ...], measure_code: str = "") -> tuple[Key, ...]:
    """Return which stored standings this own set has in the newest comparison, without reading them, by id."""
    own_set = audiences.own_set_of(registry_code=registry_code, hospital_ids=hospital_ids)
    published = Comparison.objects.filter(registry__code=registry_code, status=Comparison.Status.PUBLISHED)
    newest_one = published.order_by("-published_at", "-pk").values("pk")[:1]
    rows = Standing.objects.filter(run__comparison=Subquery(newest_one), own_set=list(own_set))
    if measure_code:
        rows = rows.filter(run__measure__code=measure_code)
    return tuple(
        Key(standing_id=standing_id, registry=registry_code, digest=digest, published_at=published_at)
        for standing_id, digest, published_at in rows.order_by("pk").values_list(
            "pk", "run__digest", "run__comparison__published_at"
        )
    )


def read(found: tuple[Key, ...]) -> list[Seen]:
    """Read stored standings by their keys, by title of the measure."""
    by_id = {key.standing_id: key for key in found}
    rows = Standing.objects.filter(pk__in=list(by_id)).only("run_id", "document")
    seen = [
        Seen(
            run_id=row.run_id,
            registry=by_id[row.pk].registry,
            document=row.document,
            digest=by_id[row.pk].digest,
            published_at=by_id[row.pk].published_at,
        )
        for row in rows
    ]
    return sorted(seen, key=lambda one: one.document["measure"]["title"])


def standings(*, registry: Registry, hospital_ids: tuple[int, ...]) -> list[Seen]:
    """Return every measure of the newest comparison as this own set sees it, by title."""
    return read(keys(registry_code=registry.code, hospital_ids=hospital_ids))


def key(*, registry_code: str, measure_code: str, hospital_ids: tuple[int, ...]) -> Key:
    """Return which stored standing of one measure this own set has."""
    found = keys(registry_code=registry_code, hospital_ids=hospital_ids, measure_code=measure_code)
    if not found:
        raise NotFound
    return found[0]


def one(*, registry_code: str, measure_code: str, hospital_ids: tuple[int, ...]) -> Seen:
    """Return one measure as this own set sees it."""
    return read((key(registry_code=registry_code, measure_code=measure_code, hospital_ids=hospital_ids),))[0]


def hospital(*, code: str) -> Hospital:
    """Return a hospital within reach by its code; row security hides the others."""
    row = Hospital.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def registry(*, code: str) -> Registry:
    """Return a registry by its code."""
    row = Registry.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def refusals(*, registry: Registry) -> list[MeasureRun]:
    """Return the measures that the newest comparison refused, with their reasons."""
    comparison = newest(registry_id=registry.pk)
    rows = MeasureRun.objects.filter(comparison=comparison).exclude(refusal=[]).defer("model", "summary")
    return list(rows.select_related("measure").order_by("measure__title"))


def card(*, run_id: int) -> MeasureRun:
    """Return the model behind a published measure."""
    row = (
        MeasureRun.objects.filter(pk=run_id, comparison__status=Comparison.Status.PUBLISHED)
        .select_related("measure", "comparison__registry")
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


def judged(*, run_id: int, hospital_ids: tuple[int, ...], adverse: bool) -> list[JudgedCase]:
    """Return how a measure judged each case of these hospitals, what one would look at first on top.

    That is: with the outcome when it is adverse, without it when it is wanted, the least expected first; then what is not
    known, then the rest.
    """
    ledgers = CaseLedger.objects.filter(run_id=run_id, hospital_id__in=hospital_ids).order_by("hospital_id")
    cases = [
        JudgedCase(code=code, status=status, reason=reason, expected=expected)
        for ledger in ledgers
        for code, status, reason, expected in zip(
            ledger.case_codes, ledger.status, ledger.reasons, ledger.expected, strict=True
        )
    ]
    return _in_order(cases, adverse=adverse)


def own_judged(*, run_id: int, person_id: int, adverse: bool) -> list[JudgedCase]:
    """Return how a measure judged each counted case of one surgeon, over all own hospitals, in the same order."""
    row = SurgeonResult.objects.filter(run_id=run_id, person_id=person_id).first()
    cases = [
        JudgedCase(code=case["code"], status=case["met"], reason="", expected=case["expected"])
        for case in (row.document["cases"] if row else ())
    ]
    return _in_order(cases, adverse=adverse)


def _in_order(cases: list[JudgedCase], *, adverse: bool) -> list[JudgedCase]:
    striking = int(adverse)
    places = {striking: 0, UNKNOWN: 1, 1 - striking: 2}

    def order(case: JudgedCase) -> tuple[int, float, str]:
        place = places.get(case.status, len(places))
        expected = (case.expected or 0.0) if place == 0 else 0.0
        return place, expected if adverse else -expected, case.code

    return sorted(cases, key=order)


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
