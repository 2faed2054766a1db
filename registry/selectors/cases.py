"""Read cases: one by its code, some by their codes, what a field held before, who proposed what. Always within a scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from registry.calendar import day_words, moment_words
from registry.dictionary.elements import CHOSEN, DataDictionary, DataElement, FieldType, Role
from registry.dictionary.wording import plain_label, shown
from registry.lifecycle import AmendmentState, PeriodState
from registry.models import Amendment, Case, CaseRevision, FindingReason, FrameRow
from registry.selectors import dictionaries
from sites.access.scope import Scope
from sites.refusals import NotFound

HEAVY = tuple(f"version__{name}" for name in dictionaries.HEAVY)
DOORS = {"FORM": "entered", "UPLOAD": "from a file", "API": "from the hospital's computer", "SYSTEM": "by Cairn", "FRAME": "from the operating list"}


def visible(scope: Scope) -> Q:
    """Return which cases a scope reaches: whole hospitals, and a surgeon's own. Row security says the same again."""
    whole = Q(hospital_id__in=scope.case_hospitals)
    # Without a surgeon nothing is added, so that an index by hospital serves alone.
    return whole | Q(surgeon_id=scope.surgeon, hospital_id__in=scope.hospitals) if scope.surgeon else whole


def within(scope: Scope) -> QuerySet[Case]:
    """Return the cases of a scope with what every page says of them, and without the dictionaries' files."""
    rows = Case.objects.filter(visible(scope)).select_related("registry", "hospital", "version", "period")
    return rows.defer(*HEAVY)


def one(*, code: str, scope: Scope) -> Case:
    """Return one case; outside the scope it is missing."""
    case = within(scope).filter(code=code).first()
    if case is None:
        raise NotFound
    return case


def by_id(*, case_id: int) -> Case:
    """Return one case that the bound scope reaches, for an action that was given its number."""
    case = Case.objects.select_related("registry", "hospital", "version", "period").defer(*HEAVY).filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def by_codes(*, codes: Iterable[str], scope: Scope) -> list[Case]:
    """Return the cases with these codes that the scope reaches, newest operation first: the drill-down of a measure."""
    return list(within(scope).filter(code__in=list(codes)).order_by("-occurred_on", "-id"))


def is_open(case: Case) -> bool:
    """Tell whether the case's reporting period still takes changes."""
    return case.period is None or case.period.status == PeriodState.OPEN.value


def answers(case: Case) -> dict[str, str]:
    """Return a case's answers by column."""
    return dictionaries.layout(case.version).unpack(case.answers)


def title(dictionary: DataDictionary, held: dict[str, str]) -> str:
    """Say what a case is about: the first choice of the section in which the surgeon stands, as an operation is."""
    element = _title_element(dictionary)
    text = held.get(element.name, "") if element is not None else ""
    return "" if not text or text in dictionary.types.missing else shown(element, text, dictionary)


def _title_element(dictionary: DataDictionary) -> DataElement | None:
    surgeon = dictionary.role(Role.SURGEON)
    if surgeon is None:
        return None
    return next((element for element in dictionary.elements if element.form == surgeon.form and element.type in CHOSEN), None)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change to one field, in words."""

    when: str
    by: str
    second: str
    door: str
    old: str
    new: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RevisionLine:
    """One revision in words: what changed, field by field as (label, old, new)."""

    number: int
    when: str
    by: str
    second: str
    door: str
    status: str
    reason: str
    fields: tuple[tuple[str, str, str], ...]


def _revisions(case: Case) -> QuerySet[CaseRevision]:
    return CaseRevision.objects.filter(case=case).select_related("by", "second").order_by("-number")


def words(dictionary: DataDictionary, column: str, text: str | None) -> str:
    """Say what a column holds; a tick names its choice."""
    if not text:
        return "blank"
    if not dictionary.has_column(column):
        return text
    element = dictionary.element_of(column)
    if element.type is FieldType.CHECKBOX:
        return {"1": "ticked", "0": "not ticked"}.get(text, text)
    return shown(element, text, dictionary)


def label(dictionary: DataDictionary, column: str) -> str:
    """Name a column to a person."""
    if not dictionary.has_column(column):
        return column
    element = dictionary.element_of(column)
    if element.type is not FieldType.CHECKBOX:
        return plain_label(element)
    choice = element.choices[element.columns.index(column)]
    return f"{plain_label(element)}: {choice.label}"


def history(*, case: Case, dictionary: DataDictionary) -> list[RevisionLine]:
    """Return every revision of a case, newest first."""
    zone = case.hospital.time_zone
    return [
        RevisionLine(
            number=revision.number,
            when=moment_words(revision.at, zone=zone),
            by=revision.by.name if revision.by else "Cairn",
            second=revision.second.name if revision.second else "",
            door=DOORS[revision.door],
            status=revision.status.lower(),
            reason=revision.reason,
            fields=tuple(
                (label(dictionary, column), words(dictionary, column, old), words(dictionary, column, new))
                for column, (old, new) in revision.changes.items()
            ),
        )
        for revision in _revisions(case)
    ]


def field_history(*, case: Case, dictionary: DataDictionary, element: str) -> list[Entry]:
    """Return what one field held before, newest first. Raises NotFound for a field the dictionary does not have."""
    if not dictionary.has_element(element):
        raise NotFound
    columns = dictionary.element(element).columns
    zone = case.hospital.time_zone
    entries = []
    for revision in _revisions(case).filter(changes__has_any_keys=list(columns)):
        for column in columns:
            if column in revision.changes:
                old, new = revision.changes[column]
                entries.append(_entry(revision, dictionary=dictionary, column=column, old=old, new=new, zone=zone))
    first = _revisions(case).filter(number=1).exclude(door="FORM").first()
    if first is not None and not first.changes:
        entries += _entries_of_opening(case, first, dictionary, columns, zone)
    return entries


def _entry(
    revision: CaseRevision, *, dictionary: DataDictionary, column: str, old: str | None, new: str | None, zone: str
) -> Entry:
    return Entry(
        when=moment_words(revision.at, zone=zone),
        by=revision.by.name if revision.by else "Cairn",
        second=revision.second.name if revision.second else "",
        door=DOORS[revision.door],
        old=words(dictionary, column, old),
        new=words(dictionary, column, new),
        reason=revision.reason,
    )


def _entries_of_opening(
    case: Case, first: CaseRevision, dictionary: DataDictionary, columns: tuple[str, ...], zone: str
) -> list[Entry]:
    """Work out what an upload opened a field with: the oldest value that a later revision replaced, or today's."""
    held = answers(case)
    for changes in CaseRevision.objects.filter(case=case, number__gt=1).order_by("-number").values_list("changes", flat=True):
        held |= {column: changes[column][0] or "" for column in columns if column in changes}
    opened = [column for column in columns if held.get(column)]
    return [_entry(first, dictionary=dictionary, column=column, old=None, new=held[column], zone=zone) for column in opened]


def sources(*, case: Case) -> dict[str, str]:
    """Say where each pre-filled value came from, by column; what people entered here carries no mark."""
    zone = case.hospital.time_zone
    marks: dict[str, str] = {}
    rows = CaseRevision.objects.filter(case=case).order_by("number").values_list("number", "at", "door", "changes")
    for number, at, door, changes in rows:
        mark = "" if door == "FORM" else f"{DOORS[door]}, {_day(at, zone)}" if door != "FRAME" else _list_words(case, zone)
        columns = list(case.version.columns) if number == 1 and not changes else list(changes)
        marks |= dict.fromkeys(columns, mark)
    return {column: mark for column, mark in marks.items() if mark}


def _list_words(case: Case, zone: str) -> str:
    """Name the operating list that a case was opened from; whoever may not see lists is told no day."""
    received_at = FrameRow.objects.filter(case=case).values_list("upload__received_at", flat=True).first()
    return f"{DOORS['FRAME']} of {_day(received_at, zone)}" if received_at else DOORS["FRAME"]


def _day(at: datetime, zone: str) -> str:
    return moment_words(at, zone=zone).rpartition(",")[0].rpartition(" ")[0]


def reasons(*, case: Case) -> dict[tuple[str, str, str], str]:
    """Return the reason of each explained finding by (code, column, value)."""
    rows = FindingReason.objects.filter(case=case).order_by("id")
    return {(code, column, value): reason for code, column, value, reason in rows.values_list("code", "column", "value", "reason")}


@dataclass(frozen=True, kw_only=True)
class AmendmentLine:
    """A proposed change in words; ``own`` is one's own proposal, which somebody else decides."""

    id: int
    case_code: str
    case_key: str
    hospital: str
    occurred_on: str
    fields: tuple[tuple[str, str, str], ...]
    reason: str
    by: str
    when: str
    own: bool
    status: str
    decided: str


def amendments(*, hospital_ids: tuple[int, ...], person_id: int, case: Case | None = None, waiting: bool = True) -> list[AmendmentLine]:
    """Return the proposed changes of these hospitals, oldest first; with ``waiting`` only those nobody decided yet."""
    rows = Amendment.objects.filter(hospital_id__in=hospital_ids).select_related(
        "case__version", "case__hospital", "proposed_by", "decided_by"
    )
    rows = rows.defer(*(f"case__{name}" for name in HEAVY)).order_by("id")
    if case is not None:
        rows = rows.filter(case=case)
    if waiting:
        rows = rows.filter(status=AmendmentState.PROPOSED.value)
    return [_amendment_line(row, person_id) for row in rows[:200]]


def n_amendments(*, hospital_ids: tuple[int, ...], person_id: int) -> int:
    """Count the proposed changes that wait for this person's decision."""
    rows = Amendment.objects.filter(hospital_id__in=hospital_ids, status=AmendmentState.PROPOSED.value)
    return rows.exclude(proposed_by_id=person_id).count()


def _amendment_line(row: Amendment, person_id: int) -> AmendmentLine:
    dictionary, zone = dictionaries.load(row.case.version), row.case.hospital.time_zone
    decided = ""
    if row.decided_by is not None and row.decided_at is not None:
        decided = f"{row.status.lower()} by {row.decided_by.name}, {moment_words(row.decided_at, zone=zone)}"
    return AmendmentLine(
        id=row.pk,
        case_code=row.case.code,
        case_key=row.case.key,
        hospital=row.case.hospital.name,
        occurred_on=day_words(row.case.occurred_on),
        fields=tuple(
            (label(dictionary, column), words(dictionary, column, old), words(dictionary, column, new))
            for column, (old, new) in row.changes.items()
        ),
        reason=row.reason,
        by=row.proposed_by.name,
        when=moment_words(row.proposed_at, zone=zone),
        own=row.proposed_by_id == person_id,
        status=row.status,
        decided=decided if not row.decision_reason else f"{decided}: {row.decision_reason}",
    )


def one_amendment(*, amendment_id: int, hospital_ids: tuple[int, ...]) -> Amendment:
    """Return one amendment of these hospitals."""
    row = Amendment.objects.filter(pk=amendment_id, hospital_id__in=hospital_ids).select_related("case").first()
    if row is None:
        raise NotFound
    return row


def dates_words(*, occurred_on: date | None, follow_up_due_on: date | None, days: int, today: date) -> str:
    """Say when a case happened and where its follow-up stands: 12 Mar 2026 · day 30 on 11 Apr 2026."""
    if occurred_on is None or follow_up_due_on is None:
        return day_words(occurred_on)
    return f"{day_words(occurred_on)} · day {days} {'on' if follow_up_due_on >= today else 'was'} {day_words(follow_up_due_on)}"


def key_of(*, case_id: int, scope: Scope) -> str:
    """Return a case's own number at its hospital; blank for who may not read the case."""
    return Case.objects.filter(visible(scope), pk=case_id).values_list("key", flat=True).first() or ""
