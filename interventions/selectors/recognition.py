"""Read the declared rules, what own hospitals earned, and what others let be shown: by consent, from the database."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from feedback.models import Comparison
from interventions.models import Priority, Recognition, RecognitionRule
from sites.refusals import NotFound


@dataclass(frozen=True)
class Shown:
    """A hospital that lets its recognition be read."""

    title: str
    kind: str
    hospital: str
    label: str


def rules() -> list[RecognitionRule]:
    """Return every rule, newest first."""
    return list(RecognitionRule.objects.select_related("registry").order_by("-counts_from", "-pk"))


def earned(*, hospital_ids: tuple[int, ...]) -> list[Recognition]:
    """Return what own hospitals earned, newest first."""
    rows = Recognition.objects.filter(hospital_id__in=hospital_ids).select_related("rule", "hospital", "comparison")
    return list(rows.order_by("-at", "-pk"))


def one(*, code: str, hospital_ids: tuple[int, ...]) -> Recognition:
    """Return one recognition of own hospitals."""
    rows = Recognition.objects.filter(code=code, hospital_id__in=hospital_ids)
    row = rows.select_related("rule__declared_by", "hospital", "comparison__registry").first()
    if row is None:
        raise NotFound
    return row


def shown(*, on: date) -> list[Shown]:
    """Return who is shown today: consent holds, and five or more of the registry stay unnamed. The database decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT title, kind, hospital, label FROM cairn_recognised(%s)", [on])
        return [Shown(*row) for row in cursor.fetchall()]


def to_look_back() -> list[Comparison]:
    """Return each registry's newest published comparison, where a rule is declared or a priority was chosen from an earlier one."""
    rows = (
        Comparison.objects.filter(status=Comparison.Status.PUBLISHED)
        .order_by("registry_id", "-published_at", "-pk")
        .distinct("registry_id")
    )
    ruled = set(RecognitionRule.objects.values_list("registry_id", flat=True))
    planned = Priority.objects.exclude(comparison__in=rows).values_list("comparison__registry_id", flat=True)
    return [row for row in rows if row.registry_id in ruled | set(planned)]
