"""Certification as a state of access: what somebody may submit for a registry, step by step, each with its evidence."""

from datetime import date, datetime, timedelta

from django.db import transaction

from registry.lifecycle import CertificationState, may_follow
from registry.models import Audit, Certification, Participation, Registry, TrainingAssignment, TrainingRules
from registry.selectors import certifications
from sites import audit as trail
from sites.access.roles import Role
from sites.actions import hospitals as hospital_actions
from sites.actions import memberships
from sites.models import Hospital, Membership, Person
from sites.refusals import Refusal

TRANSITION = "by transition: entered cases before certification was introduced"


@transaction.atomic
def introduce(
    *, registry: Registry, by: Person | None, at: datetime, actor: str = "", n_gold: int = 3, n_reviewed: int = 20
) -> TrainingRules:
    """Ask for certification from now on. Whoever abstracts for the registry today is certified by transition, so nobody is shut out."""
    if TrainingRules.objects.filter(registry=registry).exists():
        raise Refusal(f"{registry.title} asks for certification already.")
    rules = TrainingRules.objects.create(
        registry=registry, introduced_on=at.date(), introduced_by=by, n_gold=n_gold, n_reviewed=n_reviewed
    )
    who = by or actor
    for part in Participation.objects.filter(registry=registry).select_related("hospital"):
        hospital_actions.train_first(hospital=part.hospital, by=who, at=at)
        held = Membership.objects.filter(hospital=part.hospital, role=Role.ABSTRACTOR.value, ends_on__isnull=True)
        for membership in held.select_related("person"):
            _write(
                person=membership.person,
                hospital=part.hospital,
                registry=registry,
                state=CertificationState.CERTIFIED,
                evidence=TRANSITION,
                until=at.date() + timedelta(days=rules.valid_days),
                by=by,
                actor=who,
                at=at,
            )
    trail.record(action="introduce certification", at=at, by=who, kind="registry", object_id=registry.code)
    return rules


@transaction.atomic
def certify(
    *, person: Person, hospital: Hospital, registry: Registry, reason: str, by: Person, at: datetime
) -> Certification:
    """Certify by hand, on evidence from elsewhere; a trainee becomes an abstractor with it."""
    if not reason.strip():
        raise Refusal("Say on which evidence: the reason stands in the history.")
    rules = _rules(registry)
    made = _write(
        person=person, hospital=hospital, registry=registry, state=CertificationState.CERTIFIED, evidence=reason.strip(),
        until=at.date() + timedelta(days=rules.valid_days), by=by, actor=by, at=at,
    )  # fmt: skip
    _admit(person=person, hospital=hospital, by=by, at=at)
    return made


@transaction.atomic
def settle_training(*, person: Person, hospital: Hospital, registry: Registry, at: datetime) -> Certification | None:
    """Make a trainee, or somebody whose certification lapsed, provisional once enough gold cases are passed. By the worker."""
    rules = _rules(registry)
    _close_assignments(person=person, registry=registry, rules=rules, at=at)
    standing = certifications.standing(person_id=person.pk, hospital_id=hospital.pk, registry_id=registry.pk, on=at.date())
    passed = certifications.n_passed(
        person_id=person.pk, registry_id=registry.pk, pass_mark=rules.pass_mark, since=standing.lapsed_on
    )
    if standing.state not in (CertificationState.TRAINEE, CertificationState.LAPSED) or passed < rules.n_gold:
        return None
    evidence = f"{passed} gold cases passed at {rules.pass_mark:.0%} or better"
    made = _write(
        person=person, hospital=hospital, registry=registry, state=CertificationState.PROVISIONAL, evidence=evidence, at=at
    )
    _admit(person=person, hospital=hospital, by="training", at=at)
    return made


def _close_assignments(*, person: Person, registry: Registry, rules: TrainingRules, at: datetime) -> None:
    for row in TrainingAssignment.objects.filter(person=person, registry=registry, done_at__isnull=True):
        if certifications.n_passed(person_id=person.pk, registry_id=registry.pk, pass_mark=rules.pass_mark, since=row.given_at):
            row.done_at = at
            row.save(update_fields=["done_at"])


@transaction.atomic
def settle_reviews(*, person: Person, hospital: Hospital, registry: Registry, at: datetime) -> Certification | None:
    """Certify a provisional abstractor once enough of their cases were released. By the worker."""
    rules = _rules(registry)
    standing = certifications.standing(person_id=person.pk, hospital_id=hospital.pk, registry_id=registry.pk, on=at.date())
    released = certifications.n_released(person_id=person.pk, hospital_id=hospital.pk, registry_id=registry.pk)
    if standing.state is not CertificationState.PROVISIONAL or released < rules.n_reviewed:
        return None
    return _write(
        person=person, hospital=hospital, registry=registry, state=CertificationState.CERTIFIED, at=at,
        evidence=f"{released} submitted cases reviewed and released", until=at.date() + timedelta(days=rules.valid_days),
    )  # fmt: skip


def settle_audit(*, audit: Audit, person: Person, share: float, elements: list[str], at: datetime) -> None:
    """Draw an audit's consequence for one abstractor: within the limit certified anew, beyond it lapsed; training where flagged."""
    rules = TrainingRules.objects.filter(registry_id=audit.registry_id).first()
    beyond = share > (rules.most_disagreement if rules else 0.05)
    if beyond or elements:
        TrainingAssignment.objects.create(
            person=person,
            hospital_id=audit.hospital_id,
            registry_id=audit.registry_id,
            audit=audit,
            elements=elements,
            reason=f"Audit {audit.code}: {share:.1%} of the values differed" if beyond else f"Audit {audit.code}: elements read differently",
            given_at=at,
        )
    if rules is None:
        return
    standing = certifications.standing(
        person_id=person.pk, hospital_id=audit.hospital_id, registry_id=audit.registry_id, on=at.date()
    )
    state = CertificationState.LAPSED if beyond else CertificationState.CERTIFIED
    if not may_follow(standing.state, state) or (standing.state is CertificationState.LAPSED):
        return
    _write(
        person=person, hospital=audit.hospital, registry=audit.registry, state=state, audit=audit, at=at,
        evidence=f"audit {audit.code}: {1 - share:.1%} agreement", until=None if beyond else at.date() + timedelta(days=rules.valid_days),
    )  # fmt: skip


def _rules(registry: Registry) -> TrainingRules:
    rules = TrainingRules.objects.filter(registry=registry).first()
    if rules is None:
        raise Refusal(f"{registry.title} asks for no certification.")
    return rules


def _admit(*, person: Person, hospital: Hospital, by: Person | str, at: datetime) -> None:
    """Turn a trainee's role into an abstractor's: from now on row security shows the hospital's cases."""
    held = Membership.objects.filter(person=person, hospital=hospital, role=Role.TRAINEE.value, ends_on__isnull=True)
    for membership in held:
        memberships.end(membership=membership, ends_on=max(at.date(), membership.starts_on), by=by, at=at, reason="trained")
        memberships.grant(person=person, role=Role.ABSTRACTOR, hospital=hospital, starts_on=at.date(), by=by, at=at)


def _write(
    *,
    person: Person,
    hospital: Hospital,
    registry: Registry,
    state: CertificationState,
    evidence: str,
    at: datetime,
    until: date | None = None,
    audit: Audit | None = None,
    by: Person | None = None,
    actor: Person | str = "training",
) -> Certification:
    made = Certification.objects.create(
        person=person, hospital=hospital, registry=registry, state=state.value, on_day=at.date(), until=until,
        evidence=evidence, audit=audit, by=by, at=at,
    )  # fmt: skip
    trail.record(
        action="certify" if state is not CertificationState.LAPSED else "let certification lapse",
        at=at, by=actor, hospital_id=hospital.pk, kind="certification", object_id=str(person.pk),
        detail={"state": state.value, "registry": registry.code}, reason=evidence,
    )  # fmt: skip
    return made
