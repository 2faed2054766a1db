"""Read searches (without names) and exemplars (own ones; those whose consent lets others read the name)."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from feedback.models import Comparison
from interventions.models import Candidate, Exemplar, ExemplarStep, Search
from sites.models import Person
from sites.refusals import NotFound


@dataclass(frozen=True)
class Named:
    """A hospital that agreed to be named to the hospitals of its registry."""

    code: str
    registry_id: int
    measure_code: str
    measure_title: str
    hospital: str
    contact: str
    practice: str


def named(*, on: date) -> list[Named]:
    """Return who is named today: consent holds, and five or more of the registry stay unnamed. The database decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, registry_id, measure_code, measure_title, hospital, contact, practice FROM cairn_named_exemplars(%s)", [on]
        )
        return [Named(*row) for row in cursor.fetchall()]


def newest() -> list[Search]:
    """Return the newest search of each registry."""
    rows = Search.objects.select_related("comparison__registry", "by").order_by("comparison__registry_id", "-pk")
    return list(rows.distinct("comparison__registry_id"))


def one(*, code: str) -> Search:
    """Return one search."""
    row = Search.objects.filter(code=code).select_related("comparison__registry").first()
    if row is None:
        raise NotFound
    return row


def comparisons() -> list[Comparison]:
    """Return the newest published comparison of each registry: what a search would look at."""
    rows = Comparison.objects.filter(status=Comparison.Status.PUBLISHED).select_related("registry")
    return list(rows.order_by("registry_id", "-published_at", "-pk").distinct("registry_id"))


def comparison(*, comparison_id: int) -> Comparison:
    """Return the comparison a job searches."""
    return Comparison.objects.select_related("registry").get(pk=comparison_id)


def candidate(*, search_id: int, label: str, measure_code: str) -> Candidate:
    """Return whose label it is; only a job reaches these rows."""
    rows = Candidate.objects.select_related("hospital", "search__comparison__registry")
    return rows.get(search_id=search_id, label=label, measure_code=measure_code)


def exemplars(*, hospital_ids: tuple[int, ...]) -> list[Exemplar]:
    """Return the invitations of these hospitals, newest first."""
    rows = Exemplar.objects.filter(hospital_id__in=hospital_ids).select_related("hospital", "registry")
    return list(rows.order_by("-changed_at", "-pk"))


def exemplar(*, code: str, hospital_ids: tuple[int, ...]) -> Exemplar:
    """Return one invitation within reach."""
    row = Exemplar.objects.filter(code=code, hospital_id__in=hospital_ids).select_related("hospital", "registry").first()
    if row is None:
        raise NotFound
    return row


def steps(exemplar: Exemplar) -> list[ExemplarStep]:
    """Return the consent's history, newest first."""
    return list(ExemplarStep.objects.filter(exemplar=exemplar).select_related("by").order_by("-pk"))


def person(*, person_id: int | None) -> Person | None:
    """Return who a job works for."""
    return Person.objects.filter(pk=person_id).first()
