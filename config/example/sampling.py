"""Fills the example's open quarters as a hospital's days do: operating lists, drawn cycles, abstraction, contacts, attestation."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from config.example.generate import Collaborative
from config.example.world import acting
from registry import follow_up
from registry.actions import case_minutes, cases, contacts, cycles, frames, locks
from registry.actions.cases import Change, Reason
from registry.actions.cycles import Procedure
from registry.calendar import local_day
from registry.dictionary.elements import DataDictionary
from registry.follow_up import Method, Outcome
from registry.models import Case, FrameRow, Registry, ReportingPeriod
from registry.selectors import cycles as cycle_selectors
from registry.selectors import dictionaries
from registry.selectors import locks as lock_selectors
from sites.models import Hospital, Person

GROUPS = {
    "44140": "colectomy", "44204": "colectomy", "44160": "right colectomy", "44205": "right colectomy", "44143": "stoma", "44206": "stoma",
    "44145": "rectal", "44207": "rectal", "44150": "total colectomy", "44210": "total colectomy", "45110": "perineal", "45395": "perineal",
}  # fmt: skip
CORE, CAPS, RARE = 3, {"right colectomy": 2}, ("total colectomy",)
RISK_MIX = ("age_years", "asa", "urgency")
LISTED = ("case_id", "operated_on", "procedure", "surgeon", "age_years", "sex", "admitted_on", "asa", "urgency", "indication")
HEADERS = ("Study no", "Op date", "CPT", "Surgeon code", "Age", "Sex code", "Admitted", "ASA", "Urgency code", "Indication code")
SHIFT = timedelta(days=92)
SECONDS_PER_ELEMENT, SPREAD = 7.0, 0.55


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the example: its full chart, by element."""

    key: str
    operated_on: date
    chart: Mapping[str, str]


def rules(registry: Registry, *, dictionary: DataDictionary, starts_on: date, by: str, at: datetime) -> None:
    """Publish what is eligible and how cycles are drawn."""
    element = dictionary.element("procedure")
    listed = [Procedure(code=choice.code, label=choice.label, group=GROUPS[choice.code]) for choice in element.choices if choice.code in GROUPS]
    cycles.publish_list(registry=registry, starts_on=starts_on, element="procedure", procedures=listed, by=by, at=at)
    cycles.publish_rules(registry=registry, starts_on=starts_on, core=CORE, caps=CAPS, rare=RARE, risk_mix=RISK_MIX, by=by, at=at)


def operations(made: Collaborative, *, hospital: str, first: date, until: date) -> list[Operation]:
    """Make the operations of the days from ``first`` to ``until`` (not included): those of the newest quarter, one and two quarters on."""
    charts = list(csv.DictReader(io.StringIO(made.files[hospital].decode("utf-8-sig"))))
    found = []
    for times in (1, 2):
        for chart in charts:
            moved = {name: _moved(text, by=times * SHIFT) for name, text in chart.items() if text}
            day = date.fromisoformat(moved["operated_on"])
            if first <= day < until and day - times * SHIFT >= first - SHIFT:
                found.append((day, times, chart["case_id"], moved))
    found.sort(key=lambda entry: entry[:3])
    return [
        Operation(key=f"{hospital}-L{number:04d}", operated_on=day, chart=moved | {"case_id": f"{hospital}-L{number:04d}"})
        for number, (day, _, _, moved) in enumerate(found, start=1)
    ]


def _moved(text: str, *, by: timedelta) -> str:
    try:
        day = date.fromisoformat(text[:10]) if len(text) in (10, 16) else None
    except ValueError:
        return text
    return text if day is None else (day + by).isoformat() + text[10:]


def listed(found: list[Operation]) -> bytes:
    """Write operations as the hospital's own system exports them."""
    lines = [";".join(HEADERS), *(";".join(operation.chart.get(name, "") for name in LISTED) for operation in found)]
    return "\n".join(lines).encode()


def send(registry: Registry, hospital: Hospital, found: list[Operation], *, name: str, by: Person, at: datetime) -> None:
    """Send an operating list and take it in."""
    upload = frames.receive(registry=registry, hospital=hospital, file_name=name, content=listed(found), by=by, at=at)
    frames.choose_columns(upload=upload, chosen=dict(zip(HEADERS, LISTED, strict=True)), by=by, at=at)
    frames.check(upload=upload, at=at)
    upload.status = "COMMITTING"
    frames.commit(upload=upload, by=by, at=at)


def draw(registry: Registry, hospital: Hospital, *, until: date, seed: int, by: Person, at: datetime) -> None:
    """Draw the cycles that ended by a day; each seed follows from one and from the cycle."""
    today = local_day(at, zone=hospital.time_zone)
    for cycle in cycle_selectors.due(registry=registry, hospital_id=hospital.pk, today=today):
        if cycle.n_rows and cycle.ends_before <= until:
            thrown = int(np.random.default_rng([seed, hospital.pk, cycle.number]).integers(2**63 - 1))
            cycles.draw_cycle(registry=registry, hospital=hospital, number=cycle.number, seed=thrown, by=by, at=at)


def abstract(registry: Registry, hospital: Hospital, found: list[Operation], *, seed: int, left: float, by: Person, at: datetime) -> None:
    """Read the charts of the operations that were taken into their drafts, and submit those whose day 30 is past.

    left: the share (0 to 1) of those that stay half read, and of charts whose day 30 is still to come.
    """
    charts = {operation.key: operation for operation in found}
    rng = np.random.default_rng([seed, hospital.pk])
    taken = FrameRow.objects.filter(registry=registry, hospital=hospital, case__status="DRAFT")
    for row in taken.select_related("case__version", "case__hospital", "case__registry").order_by("operated_on", "key"):
        operation, later = charts[row.key], int(rng.integers(1, 14))
        when = evening(follow_up.window(operation.operated_on).due_on + timedelta(days=later), hospital)
        stays = rng.random() < left
        if when <= at and not stays:
            _read(row.case, operation, finish=True, rng=rng, by=by, at=max(when, row.case.opened_at))
        elif stays:
            _read(row.case, operation, finish=False, rng=rng, by=by, at=max(row.case.opened_at, min(when, at)))


def evening(day: date, hospital: Hospital) -> datetime:
    """Return twenty to four of a day at a hospital."""
    return datetime.combine(day, time(15, 40), tzinfo=ZoneInfo(hospital.time_zone))


def _read(case: Case, operation: Operation, *, finish: bool, rng: np.random.Generator, by: Person, at: datetime) -> bool:
    """Read one chart: the contact first, then everything else in one go, with the minutes it took."""
    dictionary = dictionaries.load(case.version)
    held = dictionaries.layout(case.version).unpack(case.answers)
    own = {"case_id", *dictionary.calculation_order, "fu_status", "fu_method", "fu_on"}
    sections = dictionary.sections[: len(dictionary.sections) if finish else 3]
    wanted = [column for section in sections for element in section.elements for column in element.columns if column not in own]
    changes = {column: Change(known=held.get(column, ""), new=operation.chart[column]) for column in wanted if column in operation.chart}
    changes = {column: change for column, change in changes.items() if change.known != change.new}
    base = case.revision
    if finish:
        base = _contacted(case, operation, by=by, at=at)
    saved = cases.save(case_id=case.pk, changes=changes, client_seq=f"example:{case.pk}", base=base, by=by, at=at)
    pace = SECONDS_PER_ELEMENT * float(rng.lognormal(0, SPREAD))
    seconds = {dictionary.element_of(column).name: max(1, round(pace * float(rng.lognormal(0, 0.5)))) for column in changes}
    case_minutes.add(case=case, dictionary=dictionary, seconds=seconds, seq=f"example:{case.pk}", by=by, at=at)
    if not finish or saved.derived.hard:
        return False
    reasons = [Reason(code=item.code, column=item.column, value=item.value, words="As in the chart") for item in saved.derived.soft]
    cases.submit(case_id=case.pk, by=by, at=at, reasons=reasons)
    return True


def _contacted(case: Case, operation: Operation, *, by: Person, at: datetime) -> int:
    """Record the contacts that the chart tells of: two calls without an answer before somebody is given up."""
    chart = operation.chart
    due = follow_up.window(operation.operated_on).due_on
    method = {"1": Method.CLINIC, "2": Method.TELEPHONE, "3": Method.LETTER, "4": Method.CHART}.get(chart.get("fu_method", ""), Method.TELEPHONE)
    outcome = {"1": Outcome.REACHED, "2": Outcome.LOST, "3": Outcome.REFUSED}[chart["fu_status"]]
    today = local_day(at, zone=case.hospital.time_zone)
    dead = "died_on" in chart
    told_on = date.fromisoformat(chart["fu_on"]) if "fu_on" in chart else today
    if outcome is Outcome.LOST:
        for days in (0, 4):
            tried_on = min(due + timedelta(days=days), today)
            contacts.record(case_id=case.pk, method=Method.TELEPHONE, outcome=Outcome.NO_ANSWER, contact_on=tried_on, by=by, at=at)
    if not dead:
        told_on = min(max(told_on, due), today)
        contacts.record(case_id=case.pk, method=method, outcome=outcome, contact_on=told_on, by=by, at=at)
        return Case.objects.values_list("revision", flat=True).get(pk=case.pk)
    case.refresh_from_db(fields=["revision"])
    told = {name: Change(known="", new=chart[name]) for name in ("fu_status", "fu_method", "fu_on") if name in chart}
    died = {name: Change(known="", new=chart[name]) for name in ("died_30", "died_on") if name in chart}
    return cases.save(case_id=case.pk, changes=died | told, client_seq=f"example-death:{case.pk}", base=case.revision, by=by, at=at).revision


def tried(registry: Registry, hospital: Hospital, *, by: Person, at: datetime, n: int = 6) -> None:
    """Leave some follow-ups tried and put off, as they are on any day."""
    today = local_day(at, zone=hospital.time_zone)
    due = Case.objects.filter(registry=registry, hospital=hospital, status="DRAFT", follow_up_due_on__lte=today).order_by("follow_up_due_on", "id")
    for place, case in enumerate(due[:n]):
        contacts.record(
            case_id=case.pk, method=Method.TELEPHONE, outcome=Outcome.NO_ANSWER, contact_on=today - timedelta(days=min(place, 2)),
            again_on=today + timedelta(days=2 + place) if place % 2 else None, by=by, at=at,
        )  # fmt: skip


def fill(
    registry: Registry,
    made: Collaborative,
    *,
    hospital: Hospital,
    abstractor: Person,
    site_lead: Person,
    at: datetime,
    finished: bool,
) -> None:
    """Live the open quarters at one hospital up to now: a list a month, its cycles, its charts; ``finished`` attests, the other asks for time."""
    with acting(abstractor):
        periods = list(open_periods(registry))
    today, seed = local_day(at, zone=hospital.time_zone), made.truths.seed
    begun = [period for period in periods if period.starts_on <= today]
    if not begun:
        return
    found = operations(made, hospital=hospital.code, first=begun[0].starts_on, until=today - timedelta(days=3))
    for start, before in _months(begun[0].starts_on, today - timedelta(days=3)):
        own = [operation for operation in found if start <= operation.operated_on < before]
        when = min(evening(before + timedelta(days=1), hospital), at)
        if own:
            with acting(abstractor):
                send(registry, hospital, own, name=f"theatre-{start:%Y-%m}.csv", by=abstractor, at=when)
                draw(registry, hospital, until=before, seed=seed, by=abstractor, at=when)
    with acting(abstractor):
        abstract(registry, hospital, found, seed=seed, left=0.0 if finished else 0.12, by=abstractor, at=at)
        tried(registry, hospital, by=abstractor, at=at)
    with acting(site_lead):
        _end(begun[0], hospital, finished=finished, by=site_lead, at=at)


def _end(period: ReportingPeriod, hospital: Hospital, *, finished: bool, by: Person, at: datetime) -> None:
    """Attest the quarter that is over as its lead, or ask for a month more, as a hospital in trouble does."""
    if local_day(at, zone=hospital.time_zone) < lock_selectors.attestable_on(period):
        return
    if finished:
        for case in Case.objects.filter(registry=period.registry, hospital=hospital, period=period, status="DRAFT"):
            cases.withdraw(case_id=case.pk, reason="The chart cannot be found.", by=by, at=at)
        locks.attest(period=period, hospital=hospital, by=by, at=at)
    else:
        until = lock_selectors.locks_on(period) + timedelta(days=30)
        reason = "One of two abstractors has been ill since October; the other works alone."
        locks.ask(period=period, hospital=hospital, until=until, reason=reason, by=by, at=at)


def _months(first: date, until: date) -> Iterator[tuple[date, date]]:
    start = first
    while start < until:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(following, until)
        start = following


def open_periods(registry: Registry) -> Iterator[ReportingPeriod]:
    """Give the open, dated periods, the earliest first."""
    rows = ReportingPeriod.objects.filter(registry=registry, status="OPEN", starts_on__isnull=False)
    yield from rows.select_related("registry").order_by("starts_on")
