"""Run an audit: give notice, draw its sample, call it off. What the hospital and the centre say is in audit_answers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from registry.actions import sheets
from registry.auditing.reading import n_events
from registry.auditing.sample import Candidate, Drawn, Plan, draw
from registry.calendar import local_day
from registry.dictionary.elements import Role
from registry.lifecycle import AuditState, CaseState, SheetState, may_follow
from registry.models import Audit, AuditCase, Case, CaseRevision, Participation, Registry, SecondReading
from registry.selectors import cases as case_selectors
from registry.selectors import dictionaries
from sites import audit as trail
from sites import outbox
from sites.codes import random_code
from sites.models import Hospital, Membership, Person
from sites.refusals import NotFound, Refusal

MOST_CASES = 60
READS_CASES = ("ABSTRACTOR", "SITE_LEAD", "SURGEON")


@transaction.atomic
def notice(
    *,
    registry: Registry,
    hospital: Hospital,
    window: tuple[date | None, date | None],
    plan: Plan,
    seed: int,
    reviewers: Sequence[Person],
    notice_days: int,
    by: Person,
    at: datetime,
) -> Audit:
    """Give a hospital notice of an audit: the window, the sizes and the seed stand from now on."""
    today = local_day(at, zone=hospital.time_zone)
    _check(registry=registry, hospital=hospital, window=window, plan=plan, reviewers=reviewers, today=today)
    made = Audit.objects.create(
        code=random_code(),
        registry=registry,
        hospital=hospital,
        starts_on=window[0],
        ends_before=window[1],
        noticed_on=today,
        draws_on=today + timedelta(days=notice_days),
        plan={
            "random": plan.random, "high_yield": plan.high_yield, "zero": plan.zero, "twice": plan.twice,
            "event_sections": list(plan.event_sections),
        },
        seed=seed,
        reviewers=[person.pk for person in reviewers],
        noticed_by=by,
        noticed_at=at,
        changed_at=at,
    )  # fmt: skip
    record("give notice of audit", made, by=by, at=at, detail={"plan": made.plan, "seed": seed})
    return made


def _check(
    *,
    registry: Registry,
    hospital: Hospital,
    window: tuple[date | None, date | None],
    plan: Plan,
    reviewers: Sequence[Person],
    today: date,
) -> None:
    """Refuse, with every reason at once, an audit that could not be held."""
    reasons = []
    if not Participation.objects.filter(registry=registry, hospital=hospital).exists():
        reasons.append(f"{hospital.name} does not take part in {registry.title}.")
    if registry.has_dates and (window[0] is None or window[1] is None or not window[0] < window[1]):
        reasons.append("The window needs a first day, and a later day on which it ends.")
    if not 0 < plan.size <= MOST_CASES or min(plan.random, plan.high_yield, plan.zero) < 0:
        reasons.append(f"An audit reads between 1 and {MOST_CASES} cases.")
    if not 0 <= plan.twice <= plan.size:
        reasons.append("No more cases can be read twice than are read.")
    if not reviewers or (plan.twice and len(reviewers) < 2):
        reasons.append("Name a reviewer; cases that are read twice need two.")
    reasons += reviewer_problems(hospital=hospital, reviewers=reviewers, today=today)
    if reasons:
        raise Refusal(*reasons)


def reviewer_problems(*, hospital: Hospital, reviewers: Sequence[Person], today: date) -> list[str]:
    """Say who cannot read blind here: nobody who reads the hospital's cases does, and only re-abstractors of it do."""
    reasons = []
    for person in reviewers:
        held = Membership.objects.filter(person=person, hospital=hospital, starts_on__lte=today).exclude(ends_on__lte=today)
        roles = set(held.values_list("role", flat=True))
        if "REABSTRACTOR" not in roles:
            reasons.append(f"{person.name} is no re-abstractor of {hospital.name}. Ask the centre lead to grant the role.")
        elif roles & set(READS_CASES):
            reasons.append(f"{person.name} reads cases of {hospital.name} already and cannot read them blind.")
    return reasons


@transaction.atomic
def start_draw(*, audit_id: int, by: Person, at: datetime) -> Audit:
    """Queue the draw, once the notice has run out."""
    held = locked(audit_id)
    require_step(held, AuditState.SAMPLED)
    if local_day(at, zone=held.hospital.time_zone) < held.draws_on:
        raise Refusal(f"The hospital was promised notice until {held.draws_on.isoformat()}. Draw the sample from that day on.")
    held.job = outbox.after_commit("registry.draw_audit", at=at, by=by, audit=held.pk)
    held.save(update_fields=["job"])
    return held


@transaction.atomic
def draw_sample(*, audit_id: int, at: datetime) -> Audit:
    """Draw the sample from the submitted cases of the window and lay a blank second reading out for each chart; by the worker."""
    held = locked(audit_id)
    require_step(held, AuditState.SAMPLED)
    found = {case.key: case for case in _frame(held)}
    if not found:
        raise Refusal("No submitted case lies in this window. Call this audit off and give notice of another window.")
    plan = Plan(**(held.plan | {"event_sections": tuple(held.plan["event_sections"])}))
    candidates = [Candidate(key=key, n_events=_events(case, plan)) for key, case in sorted(found.items())]
    drawn = draw(candidates=candidates, plan=plan, seed=held.seed)
    reviewers = list(Person.objects.filter(pk__in=held.reviewers))
    problems = reviewer_problems(hospital=held.hospital, reviewers=reviewers, today=local_day(at, zone=held.hospital.time_zone))
    if problems:
        raise Refusal(*problems)
    for place, item in enumerate(drawn, start=1):
        _lay_out(held, found[item.key], item, place=place, at=at)
    held.status, held.n_frame, held.n_cases, held.changed_at = AuditState.SAMPLED.value, len(found), len(drawn), at
    held.save(update_fields=["status", "n_frame", "n_cases", "changed_at"])
    record("draw audit sample", held, by="draw", at=at, detail={"seed": held.seed, "of": len(found), "n": len(drawn)})
    return held


def _frame(held: Audit) -> list[Case]:
    rows = Case.objects.filter(registry=held.registry, hospital=held.hospital, status=CaseState.SUBMITTED.value)
    if held.starts_on is not None:
        rows = rows.filter(occurred_on__gte=held.starts_on, occurred_on__lt=held.ends_before)
    heavy = [f"version__{name}" for name in dictionaries.HEAVY]
    return list(rows.select_related("version").defer(*heavy).order_by("key"))


def _events(case: Case, plan: Plan) -> int:
    dictionary = dictionaries.load(case.version)
    return n_events(dictionary=dictionary, answers=case_selectors.answers(case), sections=plan.event_sections)


def _lay_out(held: Audit, case: Case, item: Drawn, *, place: int, at: datetime) -> None:
    AuditCase.objects.create(
        audit=held, hospital=held.hospital, case=case, place=place, stratum=item.stratum.value, version=case.version,
        answers=case.answers, abstractor_id=_abstractor_of(case),
    )  # fmt: skip
    dictionary = dictionaries.load(case.version)
    answers = case_selectors.answers(case)
    given = {dictionary.roles.get(role) for role in (Role.CASE_KEY, Role.HOSPITAL, Role.OCCURRED_ON)}
    n = len(held.reviewers)
    for reader in (1, 2) if item.is_twice else (1,):
        sheet = SecondReading(
            code=random_code(),
            audit=held,
            hospital=held.hospital,
            version=case.version,
            place=place,
            reader=reader,
            reviewer_id=held.reviewers[(place + reader) % n],
            key=case.key,
            occurred_on=case.occurred_on,
            status=SheetState.OPEN.value,
            opened_at=at,
            changed_at=at,
        )
        sheets.fill(
            sheet,
            dictionary=dictionary,
            answers={column: text for column, text in answers.items() if column in given},
            today=local_day(at, zone=held.hospital.time_zone),
        )
        sheet.save(force_insert=True)


def _abstractor_of(case: Case) -> int | None:
    """Return who submitted the case, or else who opened it."""
    rows = CaseRevision.objects.filter(case=case)
    who = rows.filter(status=CaseState.SUBMITTED.value).exclude(by=None).order_by("number").values_list("by_id", flat=True).first()
    return who or rows.order_by("number").values_list("by_id", flat=True).first()


@transaction.atomic
def start_report(*, audit_id: int, by: Person, at: datetime) -> Audit:
    """Queue the final report of an audit whose disagreements are all settled."""
    held = locked(audit_id)
    require_step(held, AuditState.FINAL)
    held.job = outbox.after_commit("registry.report_audit", at=at, by=by, audit=held.pk)
    held.save(update_fields=["job"])
    return held


@transaction.atomic
def call_off(*, audit_id: int, reason: str, by: Person, at: datetime) -> Audit:
    """Call an audit off before its results are known, with a reason."""
    held = locked(audit_id)
    require_step(held, AuditState.CALLED_OFF)
    if not reason.strip():
        raise Refusal("Say why, in a few words: the hospital reads it in its trail.")
    move(held, AuditState.CALLED_OFF, at=at)
    record("call audit off", held, by=by, at=at, reason=reason.strip())
    return held


def locked(audit_id: int) -> Audit:
    """Return an audit, held against everybody else until the transaction ends."""
    rows = Audit.objects.select_for_update(of=("self",)).select_related("registry", "hospital")
    held = rows.filter(pk=audit_id).first()
    if held is None:
        raise NotFound
    return held


def require_step(held: Audit, to: AuditState) -> None:
    """Refuse a step that does not follow from where the audit stands."""
    if not may_follow(AuditState(held.status), to):
        raise Refusal(f"This audit stands at “{held.status.replace('_', ' ').lower()}”; that cannot be done now.")


def move(held: Audit, to: AuditState, *, at: datetime) -> None:
    """Write the next state."""
    held.status, held.changed_at = to.value, at
    held.save(update_fields=["status", "changed_at"])


def record(
    action: str, held: Audit, *, by: Person | str, at: datetime, reason: str = "", detail: dict | None = None
) -> None:
    """Put a step of an audit on the hospital's trail."""
    trail.record(
        action=action, at=at, by=by, hospital_id=held.hospital_id, kind="audit", object_id=held.code, detail=detail, reason=reason
    )
