"""Read rulings: beside the elements of a form, and in the list that everybody may search."""

from dataclasses import dataclass

from django.db.models import Q

from registry.calendar import day_words
from registry.dictionary.wording import plain_label
from registry.models import Registry, Ruling
from registry.selectors import dictionaries

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Line:
    """One ruling in words."""

    id: int
    registry: str
    element: str
    label: str
    question: str
    answer: str
    by: str
    when: str
    ended: str


def beside(registry: Registry) -> dict[str, list[dict[str, str]]]:
    """Return the rulings in force by element, the newest first, as the form's script reads them. One query."""
    rows = Ruling.objects.filter(registry=registry, ended_at__isnull=True).order_by("element", "-published_at")
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        said = {"question": row.question, "answer": row.answer, "when": day_words(row.published_at.date())}
        found.setdefault(row.element, []).append(said)
    return found


def listed(*, search: str, with_ended: bool) -> list[Line]:
    """Return rulings that hold a text in question, answer, element or label; the newest first."""
    rows = Ruling.objects.select_related("registry", "published_by").order_by("-published_at", "-id")
    if not with_ended:
        rows = rows.filter(ended_at__isnull=True)
    labels = _labels()
    if search:
        named = [name for (_, name), label in labels.items() if search.lower() in label.lower()]
        wanted = Q(question__icontains=search) | Q(answer__icontains=search) | Q(element__icontains=search) | Q(element__in=named)
        rows = rows.filter(wanted)
    return [
        Line(
            id=row.pk,
            registry=row.registry.title,
            element=row.element,
            label=labels.get((row.registry_id, row.element), row.element),
            question=row.question,
            answer=row.answer,
            by=row.published_by.name,
            when=day_words(row.published_at.date()),
            ended=day_words(row.ended_at.date()) if row.ended_at else "",
        )
        for row in rows[:MOST]
    ]


def _labels() -> dict[tuple[int, str], str]:
    return {
        (version.registry_id, element.name): plain_label(element)
        for version in dictionaries.newest(registry_ids=Registry.objects.values_list("pk", flat=True))
        for element in dictionaries.load(version).elements
    }


def elements(registry: Registry) -> list[tuple[str, str]]:
    """Return the elements of a registry's newest dictionary, for choosing one: (name, section and label)."""
    version = dictionaries.latest(registry)
    if version is None:
        return []
    dictionary = dictionaries.load(version)
    return [
        (element.name, f"{section.title}: {plain_label(element)}")
        for section in dictionary.sections
        for element in section.elements
        if element.columns
    ]
