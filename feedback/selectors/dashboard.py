"""Read published standings, results and ledgers; one keyed read per page."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from feedback.measures.definition import Status
from feedback.models import CaseLedger, Comparison, MeasureRun, Standing, SurgeonResult
from registry.models import Registry
from sites.models import Hospital
from sites.refusals import NotFound

UNKNOWN = Status.MISSING.value


@dataclass(frozen=True)
class Key:
    """Which immutable standing is meant: equal keys, equal content."""

    standing_id: int
    registry: str
    measure: str
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


@dataclass(frozen=True)
class Shelf:
    """What one own set finds in the newest published comparison of a registry: the only one with peers as points (B9)."""

    registry_id: int
    registry: str
    title: str
    comparison_id: int
    keys: tuple[Key, ...]


def shelves(*, hospital_ids: tuple[int, ...]) -> tuple[Shelf, ...]:
    """Return the registries with something published that these hospitals take part in (all for the centre), by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_standings(%s)", [list(hospital_ids)])
        return tuple(_shelf(row) for row in cursor.fetchall())


def _shelf(row: tuple[Any, ...]) -> Shelf:
    registry_id, code, title, comparison_id, published_at, *found = row
    keys = tuple(
        Key(standing_id=pk, registry=code, digest=digest, measure=measure, published_at=published_at)
        for pk, digest, measure in zip(*(column or () for column in found), strict=True)
    )
    return Shelf(registry_id=registry_id, registry=code, title=title, comparison_id=comparison_id, keys=keys)


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


def key(*, registry_code: str, measure_code: str, hospital_ids: tuple[int, ...]) -> Key:
    """Return which stored standing of one measure this own set has."""
    for shelf in shelves(hospital_ids=hospital_ids):
        for found in shelf.keys:
            if (found.registry, found.measure) == (registry_code, measure_code):
                return found
    raise NotFound


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


def refusals(*, comparison_ids: tuple[int, ...]) -> list[MeasureRun]:
    """Return the measures that these comparisons refused, with their reasons."""
    rows = MeasureRun.objects.filter(comparison_id__in=comparison_ids).exclude(refusal=[]).defer("model", "summary")
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
