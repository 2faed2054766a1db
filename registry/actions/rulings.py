"""Rulings: an answer about one element for every abstractor, published by the centre, ended when it holds no more."""

from datetime import datetime

from django.db import transaction

from registry.models import DataQuery, Registry, Ruling
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import NotFound, Refusal

LONGEST = 1000


@transaction.atomic
def publish(
    *, registry: Registry, element: str, question: str, answer: str, by: Person, at: datetime, query: DataQuery | None = None
) -> Ruling:
    """Publish a ruling beside an element; it must name no hospital, person or case, which only its author can see to."""
    version = dictionaries.latest(registry)
    if version is None or not dictionaries.load(version).has_element(element):
        raise Refusal("Choose an element of the published dictionary.")
    problems = []
    if not question.strip() or len(question) > LONGEST:
        problems.append("Write the question as any abstractor would ask it, in at most 1,000 signs.")
    if not answer.strip() or len(answer) > LONGEST:
        problems.append("Write the answer, in at most 1,000 signs.")
    if problems:
        raise Refusal(*problems)
    ruling = Ruling(
        registry=registry,
        element=element,
        question=question.strip(),
        answer=answer.strip(),
        published_at=at,
        published_by=by,
        query=query,
    )
    ruling.save(force_insert=True)
    _record("publish ruling", ruling, by=by, at=at)
    return ruling


@transaction.atomic
def end(*, ruling_id: int, by: Person, at: datetime) -> Ruling:
    """End a ruling: it leaves the form and stays in the list of earlier ones."""
    ruling = Ruling.objects.select_for_update(of=("self",)).select_related("registry").filter(pk=ruling_id).first()
    if ruling is None:
        raise NotFound
    if ruling.ended_at is not None:
        raise Refusal("This ruling has ended already.")
    ruling.ended_at, ruling.ended_by = at, by
    ruling.save(update_fields=["ended_at", "ended_by"])
    _record("end ruling", ruling, by=by, at=at)
    return ruling


def _record(action: str, ruling: Ruling, *, by: Person, at: datetime) -> None:
    audit.record(
        action=action, at=at, by=by, kind="ruling", object_id=f"{ruling.registry.code}/{ruling.pk}", detail={"element": ruling.element}
    )
