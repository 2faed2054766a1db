"""Read training: a person's gold cases and attempts, the people of a hospital with where they stand, reviews that wait."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Q

from registry.calendar import ago_words, day_words, moment_words
from registry.lifecycle import CertificationState, SheetState
from registry.models import (
    CaseReview,
    Certification,
    GoldCase,
    Participation,
    Registry,
    TrainingAssignment,
    TrainingAttempt,
    TrainingRules,
)
from registry.selectors import certifications, dictionaries
from registry.selectors.certifications import Standing
from sites.access.roles import Role
from sites.models import Hospital, Membership
from sites.refusals import NotFound

HEAVY = tuple(f"version__{name}" for name in dictionaries.HEAVY)
# What the web's role cannot read of a practice case: the worker alone scores.
GOLD_KEY = ("answers", "weights", "tolerances")


def review_for_job(*, review_id: int) -> CaseReview:
    """Return a review for the job that settles it."""
    return CaseReview.objects.select_related("submitted_by", "hospital", "case__registry").get(pk=review_id)


def own(*, code: str, person_id: int) -> TrainingAttempt:
    """Return one's own attempt."""
    key = [f"gold__{name}" for name in GOLD_KEY]
    rows = TrainingAttempt.objects.select_related("gold", "version", "hospital", "registry").defer(*HEAVY, *key)
    attempt = rows.filter(code=code, person_id=person_id).first()
    if attempt is None:
        raise NotFound
    return attempt


def gold(*, code: str, hospital_ids: tuple[int, ...]) -> tuple[GoldCase, Hospital]:
    """Return a gold case of a registry that one of the hospitals takes part in, with that hospital."""
    rows = GoldCase.objects.filter(code=code, retired_at__isnull=True, registry__training_rules__isnull=False)
    found = rows.select_related("version", "registry").defer(*HEAVY, *GOLD_KEY).first()
    part = None
    if found is not None:
        parts = Participation.objects.filter(registry_id=found.registry_id, hospital_id__in=hospital_ids)
        part = parts.select_related("hospital").order_by("hospital_id").first()
    if part is None:
        raise NotFound
    return found, part.hospital


@dataclass(frozen=True, kw_only=True)
class GoldLine:
    """One gold case for one person: best score so far, attempts, and the open or newest attempt."""

    code: str
    title: str
    n_attempts: int
    best: float | None
    open_code: str
    newest_code: str
    is_passed: bool


@dataclass(frozen=True, kw_only=True)
class Course:
    """A registry's training for one person at one hospital."""

    registry: Registry
    hospital: Hospital
    rules: TrainingRules
    standing: Standing
    lines: tuple[GoldLine, ...]
    n_passed: int
    n_released: int
    assignments: tuple[str, ...]


def courses(*, person_id: int, hospital_ids: tuple[int, ...], on: date) -> list[Course]:
    """Return the training of every registry that asks for certification and in which the hospitals take part."""
    found = []
    parts = Participation.objects.filter(hospital_id__in=hospital_ids, registry__training_rules__isnull=False)
    for part in parts.select_related("registry__training_rules", "hospital").order_by("registry__title", "hospital__name"):
        rules = part.registry.training_rules
        keys = {"person_id": person_id, "registry_id": part.registry_id}
        standing = certifications.standing(**keys, hospital_id=part.hospital_id, on=on)
        lines = _lines(rules=rules, since=standing.lapsed_on, **keys)
        open_ones = TrainingAssignment.objects.filter(**keys, done_at__isnull=True).order_by("id")
        found.append(
            Course(
                registry=part.registry,
                hospital=part.hospital,
                rules=rules,
                standing=standing,
                lines=lines,
                n_passed=sum(line.is_passed for line in lines),
                n_released=certifications.n_released(**keys, hospital_id=part.hospital_id),
                assignments=tuple(_assignment_words(row) for row in open_ones),
            )
        )
    return found


def _assignment_words(row: TrainingAssignment) -> str:
    elements = f" Look again at: {', '.join(row.elements)}." if row.elements else ""
    return f"{row.reason}. Pass one practice case again.{elements}"


def _lines(*, person_id: int, registry_id: int, rules: TrainingRules, since: datetime | None) -> tuple[GoldLine, ...]:
    attempts: dict[int, list[TrainingAttempt]] = {}
    rows = TrainingAttempt.objects.filter(person_id=person_id, registry_id=registry_id).defer("answers", "detail").order_by("id")
    for row in rows:
        attempts.setdefault(row.gold_id, []).append(row)
    lines = []
    for item in GoldCase.objects.filter(registry_id=registry_id, retired_at__isnull=True).defer(*GOLD_KEY).order_by("position"):
        mine = attempts.get(item.pk, [])
        done = [row for row in mine if row.score is not None]
        counted = [row for row in done if since is None or row.finished_at > since]
        best = max((row.score for row in counted), default=None)
        lines.append(
            GoldLine(
                code=item.code,
                title=item.title,
                n_attempts=len(done),
                best=best,
                open_code=next((row.code for row in mine if row.status == SheetState.OPEN.value), ""),
                newest_code=done[-1].code if done else "",
                is_passed=best is not None and best >= rules.pass_mark,
            )
        )
    return tuple(lines)


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """One abstractor or trainee at a hospital, and where they stand for a registry."""

    person_id: int
    name: str
    hospital_id: int
    hospital: str
    registry_code: str
    registry: str
    state: CertificationState
    words: str
    since: str
    until: str
    evidence: str
    n_passed: int
    n_gold: int
    n_assigned: int
    before: tuple[str, ...] = ()


def people(*, hospital_ids: tuple[int, ...], on: date) -> list[PersonLine]:
    """Return the abstractors and trainees of these hospitals for every registry that certifies, by hospital and name."""
    held = (
        Membership.objects.filter(hospital_id__in=hospital_ids, role__in=[Role.ABSTRACTOR.value, Role.TRAINEE.value], starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .select_related("person", "hospital")
        .order_by("hospital__name", "person__name")
    )
    memberships = {(row.hospital_id, row.person_id): row for row in held}
    lines = []
    for rules in TrainingRules.objects.select_related("registry").order_by("registry__title"):
        taking = set(
            Participation.objects.filter(registry_id=rules.registry_id, hospital_id__in=hospital_ids).values_list("hospital_id", flat=True)
        )
        steps = certifications.steps(hospital_ids=taking, registry_id=rules.registry_id)
        passed = _passed(rules)
        assigned = _assigned(rules.registry_id)
        for key, row in memberships.items():
            if row.hospital_id in taking:
                own = steps.get(key, [])
                standing = certifications.standing_of(own[0] if own else None, on)
                line = _person_line(row, rules, standing, passed.get(row.person_id, 0), assigned.get(row.person_id, 0))
                lines.append(replace(line, before=tuple(_step_words(step) for step in own[1:])))
    return lines


def _passed(rules: TrainingRules) -> dict[int, int]:
    rows = TrainingAttempt.objects.filter(
        registry_id=rules.registry_id, status=SheetState.DONE.value, score__gte=rules.pass_mark
    ).values_list("person_id", "gold_id").distinct()
    found: dict[int, int] = {}
    for person_id, _ in rows:
        found[person_id] = found.get(person_id, 0) + 1
    return found


def _assigned(registry_id: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for person_id in TrainingAssignment.objects.filter(registry_id=registry_id, done_at__isnull=True).values_list("person_id", flat=True):
        found[person_id] = found.get(person_id, 0) + 1
    return found


def _person_line(row: Membership, rules: TrainingRules, standing: Standing, n_passed: int, n_assigned: int) -> PersonLine:
    return PersonLine(
        person_id=row.person_id,
        name=row.person.name,
        hospital_id=row.hospital_id,
        hospital=row.hospital.name,
        registry_code=rules.registry.code,
        registry=rules.registry.title,
        state=standing.state,
        words=standing.words,
        since=day_words(standing.since) if standing.since else "",
        until=day_words(standing.until) if standing.until else "",
        evidence=standing.evidence,
        n_passed=n_passed,
        n_gold=rules.n_gold,
        n_assigned=n_assigned,
    )


def _step_words(row: Certification) -> str:
    return f"{day_words(row.on_day)}: {row.state.lower()}, {row.evidence}"


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """A submitted case that waits for a colleague's release."""

    case_code: str
    case_key: str
    hospital: str
    by: str
    when: str
    exact: str
    own: bool


def reviews(*, hospital_ids: tuple[int, ...], person_id: int, now: datetime) -> list[ReviewLine]:
    """Return the cases that wait for release at these hospitals, oldest first."""
    rows = CaseReview.objects.filter(hospital_id__in=hospital_ids, decision="", case__status="REVIEW")
    rows = rows.select_related("case", "hospital", "submitted_by")
    return [
        ReviewLine(
            case_code=row.case.code,
            case_key=row.case.key,
            hospital=row.hospital.name,
            by=row.submitted_by.name,
            when=ago_words(row.submitted_at, now=now, zone=row.hospital.time_zone),
            exact=moment_words(row.submitted_at, zone=row.hospital.time_zone),
            own=row.submitted_by_id == person_id,
        )
        for row in rows.defer("case__answers").order_by("id")[:200]
    ]


def n_reviews(*, hospital_ids: tuple[int, ...], person_id: int) -> int:
    """Count the cases that this person could release."""
    return CaseReview.objects.filter(hospital_id__in=hospital_ids, decision="", case__status="REVIEW").exclude(submitted_by_id=person_id).count()


def result(attempt: TrainingAttempt) -> dict[str, object]:
    """Return a finished attempt in words: the sentence, and each element that differs from the agreed answer, by section."""
    rows = [tuple(row) for row in attempt.detail]
    wrong = [(section, label, own_words, agreed) for section, label, own_words, agreed, is_right, _ in rows if not is_right]
    mark = certifications.rules(registry_id=attempt.registry_id)
    passed = mark is not None and attempt.score >= mark.pass_mark
    return {
        "n_scored": len(rows),
        "wrong_columns": ["Element", "You", "Agreed"] if passed else ["Element", "You"],
        "chart": attempt.gold.vignette.strip().split("\n\n"),
        "n_right": len(rows) - len(wrong),
        "wrong": wrong,
        "is_passed": passed,
        "pass_mark": mark.pass_mark if mark else None,
    }
