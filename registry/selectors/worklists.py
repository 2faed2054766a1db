"""The abstractor's day: which cases wait, for what, until when. Filtered, counted and paged in the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Min, Q, QuerySet

from registry.calendar import ago_words, day_words, due_words, local_day
from registry.dictionary.checks import check_case
from registry.dictionary.elements import DataDictionary, Role
from registry.lifecycle import CaseState, QueryState
from registry.models import Case, DataQuery, Participation, Registry
from registry.selectors import cases, data_queries, dictionaries
from registry.selectors.urgency import MostUrgent
from sites.access.scope import Scope
from sites.models import Hospital

PER_PAGE = 25
MOST_SECTIONS = 3
SOON = timedelta(days=7)
DRAFT, SUBMITTED, WITHDRAWN = (Q(status=state.value) for state in (CaseState.DRAFT, CaseState.SUBMITTED, CaseState.WITHDRAWN))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the worklist, in words."""

    code: str
    key: str
    hospital: str
    title: str
    occurred_on: str
    due: str
    due_on: str
    is_due: bool
    missing: str
    shape: str
    status: str
    touched: str


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """A page of lines, and the filters with their counts as (value, label, count)."""

    page: Page
    lines: tuple[Line, ...]
    filters: tuple[tuple[str, str, int], ...]
    chosen: str
    several: bool


def filters(today: date, *, asked: Q | None = None) -> dict[str, tuple[str, Q]]:
    """Return the filters of the list by their name in the address: label and condition. asked: the cases with a question to answer."""
    questioned = {"asked": ("With a question", asked)} if asked is not None else {}
    return {
        "open": ("To do", DRAFT if asked is None else DRAFT | asked),
        **questioned,
        "due": ("Follow-up due", DRAFT & Q(follow_up_due_on__lte=today)),
        "soon": ("Due within a week", DRAFT & Q(follow_up_due_on__gt=today, follow_up_due_on__lte=today + SOON)),
        "findings": ("To explain", DRAFT & Q(n_soft__gt=0)),
        "ready": ("Ready to submit", DRAFT & Q(n_hard=0, n_soft=0) & (Q(follow_up_due_on__isnull=True) | Q(follow_up_due_on__lte=today))),
        "review": ("To release", Q(status=CaseState.REVIEW.value)),
        "submitted": ("Submitted", SUBMITTED),
        "withdrawn": ("Withdrawn", WITHDRAWN),
    }


def worklist(*, scope: Scope, chosen: str, search: str, page: int, now: datetime, entering: bool, codes: Iterable[str] = ()) -> Worklist:
    """Return one page of the cases a scope reaches, most urgent first; the number of queries never depends on the rows."""
    reach = Case.objects.filter(cases.visible(scope))
    wanted = tuple(codes)
    if wanted:
        reach = reach.filter(code__in=wanted)
    if search:
        reach = reach.filter(Q(key__istartswith=search) | Q(code__istartswith=search))
    hospitals = list(Hospital.objects.filter(pk__in=(*scope.case_hospitals, *scope.hospitals)).only("time_zone"))
    today = local_day(now, zone=hospitals[0].time_zone if hospitals else "UTC")
    waits = _waits(scope, reach if wanted or search else None) if entering else None
    asked = None if waits is None else Q(pk__in=waits.values("case_id"))
    known = filters(today, asked=asked)
    chosen = chosen if chosen in known or chosen == "all" else ("open" if entering and not wanted else "all")
    counts = _counts(reach, today=today, asked=asked)
    if waits is not None and chosen in ("open", "asked"):
        rows: QuerySet[Case] | MostUrgent = MostUrgent(reach, waits, only_asked=chosen == "asked")
    else:
        rows = _ordered(reach if chosen == "all" else reach.filter(known[chosen][1]), chosen)
    listed = Counted(rows, PER_PAGE, n=counts[chosen]).get_page(page)
    shown = [(name, label, counts[name]) for name, (label, _) in known.items() if counts[name] or name in ("open", chosen)]
    if not entering:
        shown = [("open", "Being entered", counts["open"]), ("submitted", "Submitted", counts["submitted"])]
    return Worklist(
        page=listed,
        lines=_lines(list(listed.object_list), now=now, today=today, entering=entering),
        filters=(*shown, ("all", "All", counts["all"])),
        chosen=chosen,
        several=len({*scope.case_hospitals, *(scope.hospitals if scope.surgeon else ())}) > 1,
    )


def _counts(reach: QuerySet[Case], *, today: date, asked: Q | None) -> dict[str, int]:
    """Count what each filter holds: states from an index, drafts by themselves, questions by the few cases that have one."""
    states = dict(reach.order_by().values_list("status").annotate(n=Count("*")))
    known = filters(today)
    drafts = {name: Count("pk", filter=known[name][1]) for name in ("due", "soon", "findings", "ready")}
    counts = reach.filter(DRAFT).aggregate(**drafts)
    counts |= {state.value.lower(): states.get(state.value, 0) for state in (CaseState.REVIEW, CaseState.SUBMITTED, CaseState.WITHDRAWN)}
    counts |= {"open": states.get(CaseState.DRAFT.value, 0), "all": sum(states.values())}
    if asked is not None:
        questioned = dict(reach.filter(asked).order_by().values_list("status").annotate(n=Count("*")))
        every = sum(questioned.values())
        counts |= {"asked": every, "open": counts["open"] + every - questioned.get(CaseState.DRAFT.value, 0)}
    return counts


def _waits(scope: Scope, within: QuerySet[Case] | None) -> QuerySet[DataQuery]:
    """Find the questions that wait for an answer, of all cases in reach or of some."""
    waits = DataQuery.objects.filter(hospital_id__in=scope.case_hospitals, status=QueryState.OPEN.value)
    return waits if within is None else waits.filter(case_id__in=within.values("pk"))


def _lines(listed: list[Case], *, now: datetime, today: date, entering: bool) -> tuple[Line, ...]:
    questions = data_queries.open_counts(case_ids=[case.pk for case in listed]) if entering else {}
    return tuple(_line(case, now=now, today=today, entering=entering, n_questions=questions.get(case.pk, 0)) for case in listed)


def _ordered(rows: QuerySet[Case], chosen: str) -> QuerySet[Case]:
    rows = rows.select_related("registry", "hospital", "version").defer(*cases.HEAVY)
    if chosen in ("submitted", "withdrawn", "all"):
        return rows.order_by(F("occurred_on").desc(nulls_last=True), "-id")
    return rows.order_by(F("follow_up_due_on").asc(nulls_last=True), "id")


class Counted(Paginator):
    """A paginator that is told its count: the chips have asked for it already."""

    def __init__(self, rows: QuerySet[Case] | MostUrgent, per_page: int, *, n: int) -> None:
        super().__init__(rows, per_page)
        self.__dict__["count"] = n


def _line(case: Case, *, now: datetime, today: date, entering: bool, n_questions: int) -> Line:
    dictionary, held = dictionaries.governed(case.version, registry=case.registry), cases.answers(case)
    is_draft = case.status == CaseState.DRAFT
    reading = is_draft and not entering
    due_on = getattr(case, "first_due_on", case.follow_up_due_on if is_draft else None)
    shape, status, missing = ("todo", "being entered", "") if reading else _state(case, dictionary, held, today=today)
    return Line(
        code=case.code,
        key=case.key,
        hospital=case.hospital.name,
        title=cases.title(dictionary, held) or case.registry.title,
        occurred_on=day_words(case.occurred_on),
        due=due_words(due_on, today=today),
        due_on=day_words(due_on),
        is_due=due_on is not None and due_on <= today,
        missing=", ".join(words for words in (_questions(n_questions), missing) if words),
        shape=shape,
        status=status,
        touched=ago_words(case.changed_at, now=now, zone=case.hospital.time_zone),
    )


def _questions(n: int) -> str:
    return "" if not n else "1 question to answer" if n == 1 else f"{n} questions to answer"


def _state(case: Case, dictionary: DataDictionary, held: dict[str, str], *, today: date) -> tuple[str, str, str]:
    """Say by shape, word and list where a case stands and what it lacks."""
    if case.status == CaseState.SUBMITTED:
        return "done", "submitted", ""
    if case.status == CaseState.REVIEW:
        return "due", "waits for release", ""
    if case.status == CaseState.WITHDRAWN:
        return "none", "withdrawn", ""
    missing, errors = _lacking(dictionary, held, today=today)
    words = [f"{section} {n}" for section, n in missing[:MOST_SECTIONS]]
    if len(missing) > MOST_SECTIONS:
        words.append(f"{sum(n for _, n in missing[MOST_SECTIONS:])} more")
    if errors:
        words.insert(0, f"{errors} to correct")
    if case.n_soft:
        words.insert(0, f"{case.n_soft} to explain")
    if errors or case.n_soft:
        return "warning", "to check", ", ".join(words)
    if case.follow_up_due_on is not None and case.follow_up_due_on > today:
        only_later = all(section == _follow_up_title(dictionary) for section, _ in missing)
        return ("due", "waits for day 30", ", ".join(words)) if only_later else ("todo", "draft", ", ".join(words))
    return ("todo", "draft", ", ".join(words)) if words else ("current", "ready to submit", "nothing")


def _follow_up_title(dictionary: DataDictionary) -> str:
    element = dictionary.role(Role.FOLLOW_UP_ON)
    return next((section.title for section in dictionary.sections if element in section.elements), "") if element else ""


def _lacking(dictionary: DataDictionary, held: dict[str, str], *, today: date) -> tuple[list[tuple[str, int]], int]:
    """Count the blanks of each section, and the errors."""
    blanks: dict[str, int] = {}
    errors = 0
    for finding in check_case(dictionary, held, today=today):
        if finding.code in ("required", "required_when"):
            form = dictionary.element(finding.element).form
            blanks[form] = blanks.get(form, 0) + 1
        elif finding.severity == "hard":
            errors += 1
    return [(section.title, blanks[section.name]) for section in dictionary.sections if section.name in blanks], errors


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits at some hospitals: counts, and the earliest follow-up that is due."""

    drafts: int
    due: int
    findings: int
    ready: int
    earliest_due_on: date | None


def waiting(*, scope: Scope, today: date) -> Waiting:
    """Count what waits for an abstractor."""
    known = filters(today)
    counts = Case.objects.filter(cases.visible(scope), DRAFT).aggregate(
        **{name: Count("pk", filter=known[name][1]) for name in ("open", "due", "findings", "ready")},
        earliest=Min("follow_up_due_on", filter=known["due"][1]),
    )
    return Waiting(
        drafts=counts["open"], due=counts["due"], findings=counts["findings"], ready=counts["ready"], earliest_due_on=counts["earliest"]
    )


def registries(*, hospital_ids: tuple[int, ...]) -> list[tuple[Registry, Hospital]]:
    """Return the registries that these hospitals take part in, with the hospital, in order of their names."""
    rows = Participation.objects.filter(hospital_id__in=hospital_ids).select_related("registry", "hospital")
    return [(row.registry, row.hospital) for row in rows.order_by("registry__title", "hospital__name")]
