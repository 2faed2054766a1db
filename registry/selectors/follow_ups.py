"""Follow-ups: whom to ask today, what was tried, who is still in hospital. Paged and filtered in the database."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.paginator import Page
from django.db.models import Count, Exists, OuterRef, Q

from registry import follow_up
from registry.calendar import day_words, due_words, moment_words
from registry.follow_up import Outcome, State
from registry.models import Case, ContactAttempt
from registry.selectors import cases, dictionaries
from registry.selectors.worklists import Counted

PER_PAGE = 25
SOON = timedelta(days=7)
FINAL = (Outcome.REACHED.value, Outcome.LOST.value, Outcome.REFUSED.value)
METHODS = {"CLINIC": "clinic", "TELEPHONE": "telephone", "LETTER": "letter or e-mail", "CHART": "chart"}
OUTCOMES = {"REACHED": "reached", "NO_ANSWER": "no answer", "LOST": "lost", "REFUSED": "refused"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One follow-up in words."""

    code: str
    key: str
    hospital: str
    title: str
    due: str
    due_on: str
    state: State
    tried: str
    n_tries: int
    again: str
    in_hospital: bool


@dataclass(frozen=True, kw_only=True)
class FollowUps:
    """A page of follow-ups, and the filters with their counts as (value, label, count)."""

    page: Page
    lines: tuple[Line, ...]
    filters: tuple[tuple[str, str, int], ...]
    chosen: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt in words."""

    on: str
    method: str
    outcome: str
    again: str
    note: str
    by: str
    recorded: str


def _filters(today: date) -> dict[str, tuple[str, Q]]:
    attempts_of_it = ContactAttempt.objects.filter(case=OuterRef("pk"))
    answered = Q(Exists(attempts_of_it.filter(outcome__in=FINAL)))
    resting = Q(Exists(attempts_of_it.filter(again_on__gt=today)))
    due = Q(follow_up_due_on__lte=today)
    return {
        "ask": ("To ask", due & ~answered & ~resting),
        "again": ("Tried, ask again later", due & ~answered & resting),
        "soon": ("Due within a week", Q(follow_up_due_on__gt=today, follow_up_due_on__lte=today + SOON)),
        "answered": ("Answered, to be submitted", due & answered),
    }


def listed(*, hospital_ids: tuple[int, ...], chosen: str, page: int, today: date) -> FollowUps:
    """Return one page of follow-ups, the longest due first; the number of queries never depends on the rows."""
    rows = Case.objects.filter(hospital_id__in=hospital_ids, status="DRAFT", follow_up_due_on__lte=today + SOON)
    known = _filters(today)
    chosen = chosen if chosen in known else "ask"
    counts = rows.aggregate(**{name: Count("id", filter=condition) for name, (_, condition) in known.items()})
    shown = rows.filter(known[chosen][1]).select_related("registry", "hospital", "version").defer(*cases.HEAVY)
    found = Counted(shown.order_by("follow_up_due_on", "id"), PER_PAGE, n=counts[chosen]).get_page(page)
    tried: dict[int, list[ContactAttempt]] = {}
    for attempt in ContactAttempt.objects.filter(case__in=[case.pk for case in found.object_list]).order_by("id"):
        tried.setdefault(attempt.case_id, []).append(attempt)
    return FollowUps(
        page=found,
        lines=tuple(_line(case, tried.get(case.pk, []), today=today) for case in found.object_list),
        filters=tuple((name, label, counts[name]) for name, (label, _) in known.items()),
        chosen=chosen,
    )


def _line(case: Case, tried: list[ContactAttempt], *, today: date) -> Line:
    dictionary, held = dictionaries.load(case.version), cases.answers(case)
    latest = tried[-1] if tried else None
    window = follow_up.window(case.occurred_on, days=case.registry.follow_up_days)
    return Line(
        code=case.code,
        key=case.key,
        hospital=case.hospital.name,
        title=cases.title(dictionary, held) or case.registry.title,
        due=due_words(case.follow_up_due_on, today=today),
        due_on=day_words(case.follow_up_due_on),
        state=window.state(today),
        tried=f"{METHODS[latest.method]}, {OUTCOMES[latest.outcome]}, {day_words(latest.contact_on)}" if latest else "",
        n_tries=len(tried),
        again=day_words(latest.again_on) if latest and latest.again_on else "",
        in_hospital=follow_up.is_still_in_hospital(dictionary, held),
    )


def attempts(case: Case) -> list[Attempt]:
    """Return what was tried for a case, the latest first."""
    zone = case.hospital.time_zone
    return [
        Attempt(
            on=day_words(row.contact_on), method=METHODS[row.method], outcome=OUTCOMES[row.outcome], again=day_words(row.again_on),
            note=row.note, by=row.by.name, recorded=moment_words(row.at, zone=zone),
        )
        for row in ContactAttempt.objects.filter(case=case).select_related("by").order_by("-id")
    ]  # fmt: skip


