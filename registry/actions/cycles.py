"""Publish what is sampled and how; draw a cycle by a recorded seed and open the cases it selects, filled from the operating list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from registry.actions import cases, registries
from registry.calendar import day_words, local_day
from registry.dictionary.elements import DataDictionary, Role
from registry.models import (
    Case,
    Cycle,
    FrameRow,
    OperationCount,
    ProcedureList,
    Registry,
    ReportingPeriod,
    SamplingRules,
)
from registry.sampling.selection import Drawn, Operation, Outcome, Rules, draw
from registry.selectors import dictionaries, sampling
from sites import audit
from sites.models import Hospital, Person
from sites.refusals import Refusal

DOOR, LATE = "FRAME", "LATE"
ELIGIBLE = ("RARE", "CORE", "LEFT", LATE)
LARGEST_SEED = 2**63


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One eligible procedure: its code in the dictionary, its words, and the group that caps and rarity speak of."""

    code: str
    label: str
    group: str


def publish_list(
    *, registry: Registry, starts_on: date, element: str, procedures: Iterable[Procedure], by: Person | str, at: datetime
) -> ProcedureList:
    """Publish the procedures that are eligible from a day on."""
    listed = list(procedures)
    before = sampling.procedure_lists(registry)
    version = dictionaries.latest(registry)
    dictionary = dictionaries.load(version) if version else None
    problems = _not_before(registry, before, starts_on)
    if dictionary is None or not dictionary.has_element(element) or not dictionary.element(element).codes:
        problems.append(f"“{element}” is no element with choices of the published dictionary.")
    else:
        known = dictionary.element(element).codes
        problems += [f"“{one.code}” is no choice of {element}." for one in listed if one.code not in known]
    if before and before[0].element != element:
        problems.append(f"The operation is told by {before[0].element} since the first list; that does not change.")
    codes = [one.code for one in listed]
    problems += [f"“{code}” stands twice." for code in sorted({code for code in codes if codes.count(code) > 1})]
    problems += [f"“{one.code}” has no group." for one in listed if not one.group]
    if not listed:
        problems.append("The list is empty.")
    if problems:
        raise Refusal(*problems)
    made = ProcedureList.objects.create(
        registry=registry,
        number=len(before) + 1,
        starts_on=starts_on,
        element=element,
        procedures=[{"code": one.code, "label": one.label, "group": one.group} for one in listed],
        published_at=at,
        published_by=by if isinstance(by, Person) else None,
    )
    audit.record(action="publish procedure list", at=at, by=by, kind="registry", object_id=registry.code, detail={"number": made.number})
    return made


def publish_rules(
    *,
    registry: Registry,
    starts_on: date,
    core: int,
    caps: Mapping[str, int],
    rare: Iterable[str],
    risk_mix: Iterable[str],
    by: Person | str,
    at: datetime,
    cycle_days: int = 8,
) -> SamplingRules:
    """Publish how cycles are drawn from a day on. The first rules fix where cycles begin; later ones keep that."""
    before, lists = sampling.rules(registry), sampling.procedure_lists(registry)
    problems = _not_before(registry, before, starts_on)
    known = {group for listed in lists for group in sampling.groups(listed).values()}
    always, mix = sorted(set(rare)), list(dict.fromkeys(risk_mix))
    problems += [f"“{group}” is no group of a list of procedures." for group in sorted({*caps, *always} - known)]
    version = dictionaries.latest(registry)
    dictionary = dictionaries.load(version) if version else None
    problems += [f"“{name}” is no element of the dictionary." for name in mix if dictionary is None or not dictionary.has_element(name)]
    try:
        Rules(core=core, caps=caps, rare=frozenset(always))
    except ValueError as error:
        problems.append(str(error))
    if problems:
        raise Refusal(*problems)
    first = before[0] if before else None
    made = SamplingRules.objects.create(
        registry=registry,
        number=len(before) + 1,
        starts_on=starts_on,
        first_cycle_on=first.first_cycle_on if first else starts_on,
        cycle_days=first.cycle_days if first else cycle_days,
        core_per_cycle=core,
        caps=dict(caps),
        rare=always,
        risk_mix=mix,
        published_at=at,
        published_by=by if isinstance(by, Person) else None,
    )
    audit.record(action="publish sampling rules", at=at, by=by, kind="registry", object_id=registry.code, detail={"number": made.number})
    return made


def _not_before(registry: Registry, before: list, starts_on: date) -> list[str]:
    problems = []
    if before and starts_on <= before[-1].starts_on:
        problems.append(f"The version before begins on {day_words(before[-1].starts_on)}; this one must begin later.")
    drawn = Cycle.objects.filter(registry=registry, starts_on__gte=starts_on).order_by("-starts_on").first() if before else None
    if drawn is not None:
        problems.append(f"Cycles from {day_words(drawn.starts_on)} on are drawn already; begin after that day.")
    return problems


@transaction.atomic
def draw_cycle(*, registry: Registry, hospital: Hospital, number: int, seed: int, by: Person, at: datetime) -> Cycle:
    """Draw a cycle that is over, once, and open a draft for each operation that is taken.

    The list and the rules in force on the first day of the cycle hold for all of it.
    """
    versions, lists = sampling.rules(registry), sampling.procedure_lists(registry)
    calendar = sampling.calendar(versions)
    if calendar is None or not lists:
        raise Refusal(f"{registry.title} has no sampling rules yet. Ask the coordinating centre.")
    if not 0 <= seed < LARGEST_SEED:
        raise Refusal("The seed is a number from 0 to 2⁶³ − 1.")
    starts_on, ends_before = calendar.span(number)
    rules, listed = sampling.in_force(versions, starts_on), sampling.in_force(lists, starts_on)
    if rules is None or listed is None:
        raise Refusal(f"On {day_words(starts_on)} there were no sampling rules yet.")
    if local_day(at, zone=hospital.time_zone) < ends_before:
        raise Refusal(f"Cycle {number} runs to {day_words(ends_before)} (not included). It is drawn after that.")
    closed = ReportingPeriod.objects.filter(registry=registry, starts_on__lt=ends_before, ends_before__gt=starts_on).exclude(status="OPEN")
    if shut := closed.first():
        raise Refusal(f"Cycle {number} reaches into {shut.label}, which is closed.")
    rows = list(_waiting(registry, hospital, starts_on, ends_before))
    if not rows:
        raise Refusal(f"No operation of cycle {number} is here yet. Send the operating list of {day_words(starts_on)} to {day_words(ends_before)}.")
    groups = sampling.groups(listed)
    drawn = draw([Operation(key=row.key, group=groups.get(row.procedure)) for row in rows], rules=sampling.as_rules(rules), seed=seed)
    cycle = Cycle(
        registry=registry, hospital=hospital, number=number, starts_on=starts_on, ends_before=ends_before, seed=seed, rules=rules,
        procedures=listed, n_frame=len(rows), n_eligible=sum(one.outcome is not Outcome.UNLISTED for one in drawn.values()),
        n_rare=sum(one.outcome is Outcome.RARE for one in drawn.values()), n_selected=sum(one.is_selected for one in drawn.values()),
        drawn_at=at, drawn_by=by,
    )  # fmt: skip
    try:
        with transaction.atomic():
            cycle.save(force_insert=True)
    except IntegrityError as error:
        raise Refusal(f"Cycle {number} is drawn already. A cycle is drawn once.") from error
    _keep(rows, drawn, cycle=cycle, registry=registry, hospital=hospital, by=by, at=at)
    audit.record(
        action="draw cycle", at=at, by=by, hospital_id=hospital.pk, kind="cycle", object_id=f"{registry.code}/{number}",
        detail={"seed": str(seed), "n_eligible": cycle.n_eligible, "n_selected": cycle.n_selected},
    )  # fmt: skip
    return cycle


@transaction.atomic
def take_late(*, cycle: Cycle, by: Person, at: datetime) -> tuple[int, int]:
    """Take in operations that came after the draw: rare ones are opened, the others stay out and are counted as late.

    Returns how many were opened and how many stay out. A late core operation could only be taken by whoever sees the draw.
    """
    rows = list(_waiting(cycle.registry, cycle.hospital, cycle.starts_on, cycle.ends_before))
    groups, rare = sampling.groups(cycle.procedures), set(cycle.rules.rare)
    drawn: dict[str, Drawn | None] = dict.fromkeys(row.key for row in rows)
    for row in rows:
        group = groups.get(row.procedure)
        if group is None or group in rare:
            outcome = Outcome.UNLISTED if group is None else Outcome.RARE
            drawn[row.key] = Drawn(key=row.key, outcome=outcome, chance=1.0 if group in rare else 0.0)
    opened = sum(one is not None and one.outcome is Outcome.RARE for one in drawn.values())
    late = sum(one is None for one in drawn.values())
    _keep(rows, drawn, cycle=cycle, registry=cycle.registry, hospital=cycle.hospital, by=by, at=at)
    if rows:
        audit.record(
            action="take late operations", at=at, by=by, hospital_id=cycle.hospital_id, kind="cycle",
            object_id=f"{cycle.registry.code}/{cycle.number}", detail={"opened": opened, "late": late},
        )  # fmt: skip
    return opened, late


def _waiting(registry: Registry, hospital: Hospital, starts_on: date, ends_before: date) -> Iterable[FrameRow]:
    rows = FrameRow.objects.select_for_update(of=("self",)).filter(registry=registry, hospital=hospital, outcome="WAITING")
    return rows.filter(operated_on__gte=starts_on, operated_on__lt=ends_before).order_by("operated_on", "id")


def _keep(
    rows: list[FrameRow], drawn: Mapping[str, Drawn | None], *, cycle: Cycle, registry: Registry, hospital: Hospital, by: Person, at: datetime
) -> None:
    """Write what became of each operation, and open a draft for each that is taken; one that has a case already keeps it."""
    there = dict(Case.objects.filter(registry=registry, hospital=hospital, key__in=[row.key for row in rows]).values_list("key", "pk"))
    version = dictionaries.latest(registry)
    dictionary = dictionaries.load(version)
    for row in rows:
        one = drawn[row.key]
        row.cycle, row.chance = cycle, one.chance if one else 0.0
        row.outcome = one.outcome.value if one else LATE
        if one is not None and one.is_selected:
            row.case_id = there.get(row.key) or _opened(row, dictionary, registry=registry, hospital=hospital, by=by, at=at)
        elif row.key in there:
            row.case_id = there[row.key]
    FrameRow.objects.bulk_update(rows, ["cycle", "chance", "outcome", "case"], batch_size=500)
    _count(cycle, by=by, at=at)


def _count(cycle: Cycle, *, by: Person, at: datetime) -> None:
    """Let the list be the count of eligible operations of its periods, never below what the hospital itself has told."""
    touched = ReportingPeriod.objects.filter(registry=cycle.registry, starts_on__lt=cycle.ends_before, ends_before__gt=cycle.starts_on)
    for period in touched:
        own = FrameRow.objects.filter(registry=cycle.registry, hospital=cycle.hospital, outcome__in=ELIGIBLE)
        n = own.filter(operated_on__gte=period.starts_on, operated_on__lt=period.ends_before).count()
        told = OperationCount.objects.filter(period=period, hospital=cycle.hospital).values_list("n_eligible", flat=True).first()
        if told is None or told < n:
            registries.count_operations(period=period, hospital_id=cycle.hospital_id, n_eligible=n, by=by, at=at)


def _opened(row: FrameRow, dictionary: DataDictionary, *, registry: Registry, hospital: Hospital, by: Person, at: datetime) -> int:
    own = {dictionary.roles.get(Role.CASE_KEY), dictionary.roles.get(Role.HOSPITAL)}
    answers = {column: text for column, text in row.values.items() if dictionary.has_column(column) and column not in own}
    return cases.open(registry=registry, hospital=hospital, key=row.key, answers=answers, by=by, at=at, door=DOOR).pk
