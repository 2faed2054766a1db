"""What follows from a case's answers: calculated elements, dates, period, surgeon, findings and counts. Reads, never writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from registry.calendar import local_day
from registry.dictionary.calculations import calculate
from registry.dictionary.checks import Finding, check_case
from registry.dictionary.elements import DataDictionary, Role, Severity
from registry.dictionary.rules import is_answered
from registry.dictionary.values import calendar_day, instant_of
from registry.lifecycle import PeriodState
from registry.models import Case, Registry, ReportingPeriod
from sites.models import Hospital
from sites.selectors import people

Explained = frozenset[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What one set of answers means for the case. ``soft`` are the soft findings that no reason explains yet."""

    answers: dict[str, str]
    occurred_on: date | None
    follow_up_due_on: date | None
    period: ReportingPeriod | None
    surgeon_id: int | None
    n_answered: int
    findings: tuple[Finding, ...]
    hard: tuple[Finding, ...]
    soft: tuple[Finding, ...]

    def put_on(self, case: Case) -> None:
        """Put the derived columns on a case that is about to be written."""
        case.occurred_on, case.follow_up_due_on = self.occurred_on, self.follow_up_due_on
        case.period, case.surgeon_id = self.period, self.surgeon_id
        case.n_answered, case.n_hard, case.n_soft = self.n_answered, len(self.hard), len(self.soft)


WRITTEN = (
    "answers", "status", "revision", "period", "surgeon", "occurred_on", "follow_up_due_on",
    "n_answered", "n_hard", "n_soft", "changed_at", "submitted_at",
)  # fmt: skip


def derive(
    *, registry: Registry, hospital: Hospital, dictionary: DataDictionary, answers: Mapping[str, str], explained: Explained, at: datetime
) -> Derived:
    """Work out everything that follows from the answers, on the hospital's calendar day."""
    today = local_day(at, zone=hospital.time_zone)
    complete = calculate(dictionary, answers, today=today)
    occurred_on = _date_of(dictionary, complete, Role.OCCURRED_ON)
    findings = check_case(dictionary, complete, today=today)
    return Derived(
        answers=complete,
        occurred_on=occurred_on,
        follow_up_due_on=_follow_up_due_on(registry, dictionary, occurred_on),
        period=period_of(registry=registry, occurred_on=occurred_on),
        surgeon_id=_surgeon_of(registry, hospital, dictionary, complete),
        n_answered=sum(1 for element in dictionary.elements if element.is_entered and is_answered(element, complete)),
        findings=findings,
        hard=tuple(finding for finding in findings if finding.severity is Severity.HARD),
        soft=unexplained(findings, explained),
    )


def unexplained(findings: Iterable[Finding], explained: Explained) -> tuple[Finding, ...]:
    """Return the soft findings without a reason for exactly this value."""
    return tuple(
        finding
        for finding in findings
        if finding.severity is Severity.SOFT and (finding.code, finding.column, finding.value) not in explained
    )


def _date_of(dictionary: DataDictionary, answers: Mapping[str, str], role: Role) -> date | None:
    element = dictionary.role(role)
    if element is None:
        return None
    seconds = instant_of(dictionary.types.read(element.name, answers.get(element.name)))
    return None if seconds is None else calendar_day(seconds)


def _follow_up_due_on(registry: Registry, dictionary: DataDictionary, occurred_on: date | None) -> date | None:
    if occurred_on is None or dictionary.role(Role.FOLLOW_UP_ON) is None or occurred_on.year > 9990:
        return None
    return occurred_on + timedelta(days=registry.follow_up_days)


def period_of(*, registry: Registry, occurred_on: date | None) -> ReportingPeriod | None:
    """Return the reporting period of a day; in a registry without dates the newest period that is open."""
    periods = ReportingPeriod.objects.filter(registry=registry)
    if not registry.has_dates:
        return periods.filter(status=PeriodState.OPEN.value).order_by("-ordinal").first()
    if occurred_on is None:
        return None
    return periods.filter(starts_on__lte=occurred_on, ends_before__gt=occurred_on).order_by("-ordinal").first()


def _surgeon_of(registry: Registry, hospital: Hospital, dictionary: DataDictionary, answers: Mapping[str, str]) -> int | None:
    element = dictionary.role(Role.SURGEON)
    code = answers.get(element.name, "") if element is not None and registry.has_surgeons else ""
    if not code or code in dictionary.types.missing:
        return None
    return people.surgeons(hospital_ids=(hospital.pk,)).get((hospital.pk, code))


def hold_open(period_id: int | None) -> bool:
    """Tell whether a period is open, and keep it so until this transaction ends: closing waits for us, or we for it."""
    if period_id is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM registry_reportingperiod WHERE id = %s FOR SHARE", [period_id])
        row = cursor.fetchone()
    return row is not None and row[0] == PeriodState.OPEN.value
