"""Lists of data queries, paged by key: as quick with fifty thousand of them as with five, and always the same number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet

from registry.calendar import ago_words, day_words, due_words, moment_words
from registry.dictionary.elements import DataDictionary
from registry.dictionary.wording import plain_label
from registry.lifecycle import QueryState
from registry.models import Case, DataQuery, DataQueryMessage, DataQueryValue, Registry
from registry.selectors import cases, dictionaries
from registry.selectors.data_queries import UNSETTLED, opened_this_week
from sites.models import Person
from sites.refusals import NotFound
from sites.selectors import people

PER_PAGE = 25
MOST_THREADS = 50
STATES = {
    "open": ("To answer", (QueryState.OPEN.value,)),
    "answered": ("Answered", (QueryState.ANSWERED.value,)),
    "waiting": ("In line", (QueryState.WAITING.value,)),
    "closed": ("Closed", (QueryState.RESOLVED.value, QueryState.WITHDRAWN.value)),
}
SHAPES = {
    QueryState.WAITING.value: ("none", "in line"),
    QueryState.OPEN.value: ("due", "to answer"),
    QueryState.ANSWERED.value: ("current", "answered"),
    QueryState.RESOLVED.value: ("done", "resolved"),
    QueryState.WITHDRAWN.value: ("none", "taken back"),
}
OUTCOMES = {
    "": "", "CORRECTED": "corrected", "CONFIRMED": "confirmed", "CASE_GONE": "case withdrawn", "RETIRED": "rule retired",
    "WITHDRAWN": "",
}  # fmt: skip
AGES = {"7": "older than a week", "14": "older than two weeks", "30": "older than a month"}
KINDS = {
    "ASKED": "asked", "OPENED": "opened", "REMARK": "wrote", "ASSIGNED": "gave it to", "CONFIRMED": "confirmed the value",
    "CORRECTED": "corrected the value", "ASKED_ON": "asked again", "RESOLVED": "closed it", "WITHDRAWN": "took it back",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list shows. after: the key of the last row of the page before, "" for the first page."""

    state: str = "open"
    hospital_id: int | None = None
    element: str = ""
    age: str = ""
    mine: int | None = None
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the list, in words. case_key is blank for who may not read the case."""

    code: str
    case_code: str
    case_key: str
    hospital_id: int
    hospital: str
    element: str
    label: str
    question: str
    shape: str
    status: str
    due: str
    is_late: bool
    age: str
    assignee: str
    of_rule: bool
    is_urgent: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One page: its lines, the key of the next page ("" on the last), counts by state and the elements asked about."""

    lines: tuple[Line, ...]
    next: str
    counts: Mapping[str, int]
    elements: tuple[tuple[str, str, int], ...]


def listed(*, hospital_ids: tuple[int, ...], wanted: Filter, now: datetime, today: date) -> Listed:
    """Return one page of the questions of these hospitals, those due first; five statements, however many there are."""
    reach = DataQuery.objects.filter(hospital_id__in=hospital_ids)
    if wanted.hospital_id is not None:
        reach = reach.filter(hospital_id=wanted.hospital_id)
    if wanted.mine is not None:
        reach = reach.filter(assignee_id=wanted.mine)
    if wanted.age in AGES:
        reach = reach.filter(raised_at__lt=now - timedelta(days=int(wanted.age)))
    counted = list(reach.values_list("status", "element", "registry_id").annotate(n=Count("id")))
    asked = _asked_about(counted)
    if wanted.element:
        reach, counted = reach.filter(element=wanted.element), [row for row in counted if row[1] == wanted.element]
    states = STATES[wanted.state if wanted.state in STATES else "open"][1]
    rows, after = _page(reach.filter(status__in=states), wanted)
    keys = dict(Case.objects.filter(pk__in=[row.case_id for row in rows]).values_list("pk", "key"))
    labels = _labels({row.registry_id for row in rows} | {registry_id for _, _, registry_id, _ in counted})
    return Listed(
        lines=tuple(_line(row, keys=keys, labels=labels, now=now, today=today) for row in rows),
        next=after,
        counts={name: sum(n for status, _, _, n in counted if status in group) for name, (_, group) in STATES.items()},
        elements=tuple((name, labels.get((registry_id, name), name), n) for (registry_id, name), n in asked),
    )


def _asked_about(counted: list[tuple[str, str, int, int]]) -> list[tuple[tuple[int, str], int]]:
    """Count the questions nobody has settled by element, the most asked first."""
    asked: dict[tuple[int, str], int] = {}
    for status, element, registry_id, n in counted:
        if status in UNSETTLED:
            asked[registry_id, element] = asked.get((registry_id, element), 0) + n
    return sorted(asked.items(), key=lambda item: -item[1])


def _page(rows: QuerySet[DataQuery], wanted: Filter) -> tuple[list[DataQuery], str]:
    """Cut one page behind a key: by due day and id, closed ones the newest first."""
    newest_first = wanted.state == "closed"
    key = _key(wanted.after)
    if newest_first:
        rows = rows.order_by("-id") if key is None else rows.filter(pk__lt=key[1]).order_by("-id")
    else:
        rows = rows.order_by("due_on", "id")
        if key is not None:
            # A row comparison, which an index on (due_on, id) answers from where the page before ended.
            rows = rows.filter(Q(due_on__gte=key[0]) & (Q(due_on__gt=key[0]) | Q(pk__gt=key[1])))
    # Joined only once the page is cut: with a join inside, every open question is read and sorted instead of the first of an index.
    cut = DataQuery.objects.filter(pk__in=rows.values("pk")[: PER_PAGE + 1]).select_related("hospital", "assignee")
    found = list(cut.order_by(*rows.query.order_by))
    page = found[:PER_PAGE]
    after = f"{page[-1].due_on.isoformat()}.{page[-1].pk}" if len(found) > PER_PAGE else ""
    return page, after


def _key(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(".")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None


def _labels(registry_ids: set[int]) -> dict[tuple[int, str], str]:
    return {
        (version.registry_id, element.name): plain_label(element)
        for version in dictionaries.newest(registry_ids=registry_ids)
        for element in dictionaries.load(version).elements
    }


def _line(row: DataQuery, *, keys: Mapping[int, str], labels: Mapping[tuple[int, str], str], now: datetime, today: date) -> Line:
    shape, words = SHAPES[row.status]
    is_open = row.status == QueryState.OPEN.value
    outcome = OUTCOMES[row.outcome]
    return Line(
        code=row.code,
        case_code=row.case_code,
        case_key=keys.get(row.case_id, ""),
        hospital_id=row.hospital_id,
        hospital=row.hospital.name,
        element=row.element,
        label=labels.get((row.registry_id, row.element), row.element),
        question=row.question,
        shape="warning" if is_open and row.due_on < today else shape,
        status=f"{words}, {outcome}" if outcome else words,
        due=due_words(row.due_on, today=today) if is_open else "",
        is_late=is_open and row.due_on < today,
        age=ago_words(row.opened_at or row.raised_at, now=now, zone=row.hospital.time_zone),
        assignee=row.assignee.name if row.assignee else "",
        of_rule=row.rule_id is not None,
        is_urgent=row.priority == 1,
    )


@dataclass(frozen=True, kw_only=True)
class Said:
    """One line of a thread."""

    by: str
    did: str
    when: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Thread:
    """One question with its thread. value: None for who may not read the case, else what the field held when it was asked."""

    query: DataQuery
    label: str
    shape: str
    status: str
    due: str
    is_late: bool
    value: str | None
    said: tuple[Said, ...]
    is_open: bool
    is_answered: bool
    is_unsettled: bool


def one(*, code: str, hospital_ids: tuple[int, ...]) -> DataQuery:
    """Return one question of these hospitals."""
    rows = DataQuery.objects.filter(code=code, hospital_id__in=hospital_ids)
    found = rows.select_related("registry", "hospital", "assignee", "raised_by", "rule").first()
    if found is None:
        raise NotFound
    return found


def of_case(*, case: Case, element: str = "") -> list[DataQuery]:
    """Return the questions about a case that anybody has been asked, of one element or of all, the open ones first."""
    rows = DataQuery.objects.filter(case_id=case.pk).exclude(status=QueryState.WAITING.value)
    if element:
        rows = rows.filter(element=element)
    found = rows.select_related("registry", "hospital", "assignee", "raised_by", "rule").order_by("-id")[:MOST_THREADS]
    rank = {QueryState.OPEN.value: 0, QueryState.ANSWERED.value: 1}
    return sorted(found, key=lambda query: rank.get(query.status, 2))


def marks(*, case: Case) -> dict[str, dict[str, int]]:
    """Count the questions beside each field of a case: {element: {"open": n, "all": n}}. One query."""
    rows = DataQuery.objects.filter(case_id=case.pk).exclude(status=QueryState.WAITING.value)
    counted = rows.values_list("element").annotate(open=Count("id", filter=Q(status=QueryState.OPEN.value)), all=Count("id"))
    return {element: {"open": n_open, "all": n} for element, n_open, n in counted}


def threads(queries: list[DataQuery], *, today: date) -> list[Thread]:
    """Return questions with their threads and, for who may read the case, the value asked about; three statements."""
    ids = [query.pk for query in queries]
    said: dict[int, list[Said]] = {}
    for row in DataQueryMessage.objects.filter(query_id__in=ids).select_related("by", "hospital").order_by("id"):
        said.setdefault(row.query_id, []).append(_said(row))
    values = dict(DataQueryValue.objects.filter(query_id__in=ids).values_list("query_id", "value"))
    found: dict[int, DataDictionary | None] = {}
    for query in queries:
        if query.registry_id not in found:
            version = dictionaries.latest(query.registry)
            found[query.registry_id] = dictionaries.load(version) if version else None
    return [
        _thread(query, dictionary=found[query.registry_id], value=values.get(query.pk), said=said.get(query.pk, []), today=today)
        for query in queries
    ]


def _said(row: DataQueryMessage) -> Said:
    by = row.by.name if row.by else "Cairn"
    if row.kind == "ASSIGNED":
        if row.words == by:
            return Said(by=by, did="took it", when=_when(row), words="")
        return Said(by=by, did=f"gave it to {row.words}" if row.words else "gave it back to the hospital", when=_when(row), words="")
    words = f"{row.words} (revision {row.revision})" if row.kind == "CORRECTED" and row.revision else row.words
    return Said(by=by, did=KINDS[row.kind], when=_when(row), words=words)


def _when(row: DataQueryMessage) -> str:
    return moment_words(row.at, zone=row.hospital.time_zone)


def _thread(query: DataQuery, *, dictionary: DataDictionary | None, value: str | None, said: list[Said], today: date) -> Thread:
    shape, words = SHAPES[query.status]
    known = dictionary is not None and dictionary.has_column(query.column)
    is_open = query.status == QueryState.OPEN.value
    outcome = OUTCOMES[query.outcome]
    return Thread(
        query=query,
        label=cases.label(dictionary, query.column) if known else query.column,
        shape="warning" if is_open and query.due_on < today else shape,
        status=f"{words}, {outcome}" if outcome else words,
        due=f"{due_words(query.due_on, today=today)}, {day_words(query.due_on)}" if is_open else "",
        is_late=is_open and query.due_on < today,
        value=None if value is None else cases.words(dictionary, query.column, value) if known else value,
        said=tuple(said),
        is_open=is_open,
        is_answered=query.status == QueryState.ANSWERED.value,
        is_unsettled=query.status in UNSETTLED,
    )


@dataclass(frozen=True, kw_only=True)
class Burden:
    """What a hospital is asked in a registry this week: put so far, how many its abstractors take, how many wait in line."""

    registry: str
    hospital_id: int
    n_asked: int
    n_taken: int
    n_each: int
    n_waiting: int


def burden(*, hospital_ids: tuple[int, ...], at: datetime) -> list[Burden]:
    """Return the week's burden of each hospital, where anything was asked or waits; four statements for one registry."""
    waiting = DataQuery.objects.filter(hospital_id__in=hospital_ids, status=QueryState.WAITING.value)
    in_line = {(r, h): n for r, h, n in waiting.values_list("registry_id", "hospital_id").annotate(n=Count("id"))}
    staff = people.abstractors(hospital_ids=hospital_ids, on=at.date())
    lines = []
    for registry in Registry.objects.order_by("title"):
        asked = opened_this_week(registry=registry, hospital_ids=hospital_ids, at=at)
        for hospital_id in hospital_ids:
            n_waiting = in_line.get((registry.pk, hospital_id), 0)
            if asked.get(hospital_id) or n_waiting:
                lines.append(
                    Burden(
                        registry=registry.title,
                        hospital_id=hospital_id,
                        n_asked=asked.get(hospital_id, 0),
                        n_taken=registry.weekly_queries * len(staff.get(hospital_id, ())),
                        n_each=registry.weekly_queries,
                        n_waiting=n_waiting,
                    )
                )
    return lines


def colleagues(*, hospital_id: int, on: date) -> list[Person]:
    """Return who abstracts for a hospital: to whom a question can be given."""
    return people.abstractors(hospital_ids=(hospital_id,), on=on).get(hospital_id, [])
