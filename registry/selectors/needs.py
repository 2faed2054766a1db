"""What needs a person now, on this floor: at most seven sentences with their addresses' names, most urgent first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from registry.calendar import due_words, local_day
from registry.lifecycle import PeriodState, UploadState
from registry.models import ReportingPeriod, Upload
from registry.selectors import cases, credibility_needs, cycles, frames, locks, query_needs, worklists
from sites.access.permissions import Permission as P
from sites.access.policy import Authority
from sites.selectors import hospitals

MOST = 7


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that waits: its shape, the sentence, when, the name and query of its address, and what one does there."""

    shape: str
    sentence: str
    when: str
    url_name: str
    query: str
    action: str


def rows(*, authority: Authority, person_id: int, now: datetime) -> list[Need]:
    """Return what waits for this person."""
    held = authority.permissions()
    found: list[Need] = []
    if P.ENTER_CASES in held:
        found += _entering(authority, now)
    if P.ATTEST_PERIODS in held:
        found += _attesting(authority, now)
    if P.AMEND_CASES in held:
        found += _deciding(authority, person_id)
    if P.IMPORT_CASES in held:
        found += _drawing(authority, now)
    if P.IMPORT_CASES in held or P.IMPORT_ACROSS in held:
        found += _importing(authority, person_id)
    found += query_needs.rows(authority=authority, person_id=person_id, now=now, need=Need)
    found += credibility_needs.rows(authority=authority, person_id=person_id, on=now.date(), need=Need)
    if P.CLOSE_PERIODS in held:
        found += _closing(now)
    return found[:MOST]


def _cases(n: int, one: str, many: str) -> str:
    return f"**1 case** {one}" if n == 1 else f"**{n:,} cases** {many}"


def _entering(authority: Authority, now: datetime) -> list[Need]:
    own = hospitals.reached(hospital_ids=authority.hospitals(P.ENTER_CASES))
    if not own:
        return []
    today = local_day(now, zone=own[0].time_zone)
    waits = worklists.waiting(scope=authority.scope(), today=today)
    table = (
        (waits.due, "due", "has reached day 30: follow up", "have reached day 30: follow up", "due", "Follow up"),
        (waits.findings, "warning", "holds an unusual value: say why", "hold unusual values: say why", "findings", "Explain"),
        (waits.ready, "current", "is complete: submit it", "are complete: submit them", "ready", "Submit"),
        (waits.drafts, "todo", "is a draft", "are drafts", "open", "Go on"),
    )
    return [
        Need(
            shape=shape,
            sentence=_cases(n, one, many) + ".",
            when=f"the first {due_words(waits.earliest_due_on, today=today)}" if show == "due" else "",
            url_name="registry:worklist",
            query=f"show={show}",
            action=action,
        )
        for n, shape, one, many, show, action in table
        if n
    ]


def _attesting(authority: Authority, now: datetime) -> list[Need]:
    """Name the periods that can be attested: every day 30 is past, no draft is left."""
    own = hospitals.reached(hospital_ids=authority.hospitals(P.ATTEST_PERIODS))
    if not own:
        return []
    today = local_day(now, zone=own[0].time_zone)
    waits = [
        lock
        for lock in locks.of_hospitals(hospital_ids=tuple(row.pk for row in own), today=today)
        if lock.attestation is None and lock.counts.n_submitted and not lock.counts.n_drafts and lock.attestable_on <= today
    ]
    return [
        Need(
            shape="due",
            sentence=f"**{lock.period.label}** of {lock.period.registry.title} is complete: attest it.",
            when=locks.words(lock.locks_on, today=today),
            url_name="registry:locks",
            query="",
            action="Attest",
        )
        for lock in waits
    ]


def _drawing(authority: Authority, now: datetime) -> list[Need]:
    """Count the cycles that are over and have their list."""
    places = frames.offers(hospital_ids=authority.hospitals(P.IMPORT_CASES))[:MOST]
    n = sum(
        1
        for _, _, registry, hospital in places
        for cycle in cycles.due(registry=registry, hospital_id=hospital.pk, today=local_day(now, zone=hospital.time_zone))
        if cycle.n_rows
    )
    if not n:
        return []
    words = "**1 cycle** is over: draw it." if n == 1 else f"**{n} cycles** are over: draw them."
    return [Need(shape="due", sentence=words, when="", url_name="registry:sampling", query="", action="Draw")]


def _deciding(authority: Authority, person_id: int) -> list[Need]:
    n = cases.n_amendments(hospital_ids=authority.hospitals(P.AMEND_CASES), person_id=person_id)
    if not n:
        return []
    sentence = "**1 change** to a closed case waits" if n == 1 else f"**{n} changes** to closed cases wait"
    return [
        Need(shape="due", sentence=f"{sentence} for a second person: you.", when="", url_name="registry:amendments", query="", action="Decide")
    ]


def _importing(authority: Authority, person_id: int) -> list[Need]:
    reach = Q(hospital_id__in=authority.hospitals(P.IMPORT_CASES)) | Q(hospital_id__isnull=True, by_id=person_id)
    counts = Upload.objects.filter(reach, status__in=[UploadState.MAPPED.value, UploadState.CHECKED.value]).aggregate(n=Count("id"))
    n = counts["n"]
    if not n:
        return []
    sentence = "**1 uploaded file** is" if n == 1 else f"**{n} uploaded files** are"
    return [Need(shape="todo", sentence=f"{sentence} not yet part of the registry.", when="", url_name="registry:uploads", query="", action="Go on")]


def _closing(now: datetime) -> list[Need]:
    day = now.date()
    waits = ReportingPeriod.objects.filter(status=PeriodState.OPEN.value, ends_before__lte=day).select_related("registry")
    return [
        Need(
            shape="due",
            sentence=f"**{period.label}** of {period.registry.title} has ended and is still open.",
            when=f"ended {(day - period.ends_before).days} days ago",
            url_name="registry:periods",
            query="",
            action="Look at it",
        )
        for period in waits.order_by("ends_before", "id")[:MOST]
        if period.ends_before + timedelta(days=period.registry.follow_up_days) <= day
    ]
