"""Train: invented gold cases, and attempts at them in a sandbox that touches no case."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from registry.actions import sheets
from registry.actions.case_merge import Change
from registry.actions.case_rows import Reason
from registry.actions.sheets import SheetSaved
from registry.auditing.scoring import score
from registry.calendar import local_day
from registry.dictionary.elements import DataDictionary
from registry.lifecycle import SheetState
from registry.models import GoldCase, Registry, TrainingAttempt
from registry.selectors import dictionaries
from sites import audit as trail
from sites import outbox
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal


@transaction.atomic
def write_gold(
    *,
    registry: Registry,
    title: str,
    vignette: str,
    answers: Mapping[str, str],
    given: Mapping[str, str],
    weights: Mapping[str, float],
    tolerances: Mapping[str, float],
    by: Person | None,
    at: datetime,
    actor: str = "",
) -> GoldCase:
    """Publish a gold case for the newest dictionary; it must be a case that could be submitted, and never changes."""
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal(f"{registry.title} has no published dictionary yet.")
    dictionary = dictionaries.load(version)
    unknown = sorted(name for name in {*answers, *given} if not dictionary.has_column(name))
    unknown += sorted(name for name in {*weights, *tolerances} if not dictionary.has_element(name))
    if unknown:
        raise Refusal(*(f"The dictionary has no {name}." for name in unknown))
    position = GoldCase.objects.filter(registry=registry).count() + 1
    made = GoldCase.objects.create(
        code=random_code(), registry=registry, version=version, position=position, title=title, vignette=vignette,
        answers=dict(answers), given=dict(given), weights=dict(weights), tolerances=dict(tolerances), made_at=at, made_by=by,
    )  # fmt: skip
    trail.record(action="publish gold case", at=at, by=by or actor, kind="gold case", object_id=made.code, detail={"title": title})
    return made


@transaction.atomic
def start(*, gold: GoldCase, hospital: Hospital, person: Person, at: datetime) -> TrainingAttempt:
    """Begin a gold case, or go on with the attempt that is open."""
    if gold.retired_at is not None:
        raise Refusal("This case is no longer used for training.")
    known = TrainingAttempt.objects.filter(person=person, gold=gold, status=SheetState.OPEN.value).first()
    if known is not None:
        return known
    made = TrainingAttempt(
        code=random_code(), registry_id=gold.registry_id, hospital=hospital, person=person, gold=gold, version=gold.version,
        opened_at=at, changed_at=at,
    )  # fmt: skip
    today = local_day(at, zone=hospital.time_zone)
    sheets.fill(made, dictionary=dictionaries.load(gold.version), answers=gold.given, today=today)
    made.save(force_insert=True)
    trail.record(action="begin training case", at=at, by=person, hospital_id=hospital.pk, kind="training", object_id=made.code)
    return made


@transaction.atomic
def save(
    *, attempt_id: int, changes: Mapping[str, Change], reasons: Iterable[Reason], by: Person, at: datetime
) -> tuple[TrainingAttempt, SheetSaved]:
    """Keep what the trainee typed."""
    attempt = _locked(attempt_id, by)
    dictionary = _dictionary(attempt)
    today = local_day(at, zone=attempt.hospital.time_zone)
    return attempt, sheets.save(sheet=attempt, dictionary=dictionary, changes=changes, reasons=reasons, today=today, at=at)


@transaction.atomic
def finish(*, attempt_id: int, by: Person, at: datetime) -> TrainingAttempt:
    """Finish an attempt. The worker scores it, who alone can read the agreed answers, and settles what follows."""
    attempt = _locked(attempt_id, by)
    today = local_day(at, zone=attempt.hospital.time_zone)
    sheets.finish(sheet=attempt, dictionary=_dictionary(attempt), today=today, at=at)
    attempt.save(update_fields=["status", "finished_at", "changed_at"])
    trail.record(
        action="finish training case", at=at, by=by, hospital_id=attempt.hospital_id, kind="training", object_id=attempt.code
    )
    outbox.after_commit("registry.settle_training", at=at, by=by, attempt=attempt.pk)
    return attempt


@transaction.atomic
def mark(*, attempt_id: int, at: datetime) -> TrainingAttempt:
    """Score a finished attempt against the agreed answers, once. By the worker; the agreed answers are kept with those that passed."""
    rows = TrainingAttempt.objects.select_for_update(of=("self",))
    attempt = rows.select_related("gold__version", "version", "person", "hospital", "registry").get(pk=attempt_id)
    if attempt.score is not None:
        return attempt
    gold, own = attempt.gold, dictionaries.layout(attempt.version).unpack(attempt.answers)
    scored = score(
        dictionary=dictionaries.load(gold.version), own=own, gold=gold.answers, given=gold.given, weights=gold.weights,
        tolerances=gold.tolerances,
    )  # fmt: skip
    passed = scored.score >= attempt.registry.training_rules.pass_mark
    attempt.score = scored.score
    attempt.detail = [
        [row.section, row.label, row.own, row.agreed if passed else "", row.is_right, row.weight] for row in scored.elements
    ]
    attempt.save(update_fields=["score", "detail"])
    trail.record(
        action="score training case", at=at, by="training", hospital_id=attempt.hospital_id, kind="training", object_id=attempt.code,
        detail={"score": round(scored.score, 4)},
    )  # fmt: skip
    return attempt


def _locked(attempt_id: int, by: Person) -> TrainingAttempt:
    rows = TrainingAttempt.objects.select_for_update(of=("self",)).select_related("hospital", "version", "registry")
    attempt = rows.filter(pk=attempt_id, person=by).first()
    if attempt is None:
        raise NotFound
    return attempt


def _dictionary(attempt: TrainingAttempt) -> DataDictionary:
    return dictionaries.governed(attempt.version, registry=attempt.registry)
