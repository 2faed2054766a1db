"""Carrying open drafts to a newer dictionary version: what fits goes along, what does not is kept beside the case. Nothing is lost."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from registry.actions import case_rows
from registry.actions.case_values import derive, hold_open
from registry.actions.rule_trials import Progress
from registry.dictionary.elements import DataDictionary
from registry.dictionary.rules import ValueRule, rules_of
from registry.lifecycle import CaseState, VersionState
from registry.models import Case, DictionaryVersion, UnfitValue
from registry.selectors import cases, dictionaries
from sites import audit, outbox
from sites.models import Job, Person
from sites.refusals import NotFound, Refusal

EVERY = 50


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """A value that a dictionary cannot hold, and why."""

    column: str
    value: str
    why: str


def fitted(*, answers: dict[str, str], old: DataDictionary, new: DataDictionary) -> tuple[dict[str, str], tuple[Unfit, ...]]:
    """Part the answers of one version into those another can hold and those it cannot. What is calculated is worked out anew."""
    kept, unfit = {}, []
    for column, text in answers.items():
        if old.has_column(column) and not old.element_of(column).is_entered:
            continue
        why = _why_not(new, column, text)
        if why:
            unfit.append(Unfit(column=column, value=text, why=why))
        else:
            kept[column] = text
    return kept, tuple(unfit)


def _why_not(new: DataDictionary, column: str, text: str) -> str:
    if not new.has_column(column):
        return "The new version has no such field."
    if not new.element_of(column).is_entered:
        return "This field is calculated now."
    for rule in rules_of(new):
        if isinstance(rule, ValueRule) and rule.column == column and rule.is_wrong(text):
            return rule.finding({column: text}).message
    return ""


@transaction.atomic
def start(*, version: DictionaryVersion, by: Person, at: datetime) -> Job:
    """Queue the carrying of every open draft to the newest published version."""
    _require_newest(version)
    waiting = carrying_job(version)
    if waiting is not None and waiting.finished_at is None:
        raise Refusal("The drafts are being carried already.")
    return outbox.after_commit("registry.carry_drafts", at=at, by=by, key=f"carry:{version.pk}:{at.timestamp():.0f}", version=version.pk)


def carrying_job(version: DictionaryVersion) -> Job | None:
    """Return the newest job that carried drafts to a version."""
    return Job.objects.filter(key__startswith=f"carry:{version.pk}:").order_by("-id").first()


def _require_newest(version: DictionaryVersion) -> None:
    newest = dictionaries.latest(version.registry)
    if version.status != VersionState.PUBLISHED.value or newest is None or newest.pk != version.pk:
        raise Refusal("Drafts are carried to the version in use only.")


def carry(*, version: DictionaryVersion, by: Person, at: datetime, progress: Progress) -> dict[str, int]:
    """Carry every draft of an open period; return how many cases went along and how many of their values did not fit."""
    _require_newest(version)
    drafts = Case.objects.filter(registry=version.registry, status=CaseState.DRAFT.value).exclude(version=version)
    ids = list(drafts.order_by("id").values_list("pk", flat=True))
    n_cases = n_unfit = 0
    for number, case_id in enumerate(ids, start=1):
        found = carry_one(case_id=case_id, version=version, by=by, at=at)
        n_cases += found is not None
        n_unfit += found or 0
        if number % EVERY == 0 or number == len(ids):
            progress(number, len(ids), f"Carried {n_cases:,} drafts")
    audit.record(
        action="carry drafts",
        at=at,
        by=by,
        kind="dictionary",
        object_id=f"{version.registry.code}/{version.number}",
        detail={"cases": n_cases, "unfit": n_unfit},
    )
    return {"cases": n_cases, "unfit": n_unfit, "left": len(ids) - n_cases}


@transaction.atomic
def carry_one(*, case_id: int, version: DictionaryVersion, by: Person, at: datetime) -> int | None:
    """Carry one draft; return how many of its values did not fit, None where the case is no open draft of an earlier version."""
    case = case_rows.locked(case_id)
    if case.status != CaseState.DRAFT or case.version_id == version.pk or not hold_open(case.period_id):
        return None
    old, new = dictionaries.load(case.version), dictionaries.governed(version, registry=case.registry)
    held = dictionaries.layout(case.version).unpack(case.answers)
    kept, unfit = fitted(answers=held, old=old, new=new)
    derived = derive(
        registry=case.registry, hospital=case.hospital, dictionary=new, answers=kept, explained=case_rows.explained(case), at=at
    )
    was = case.version.number
    case.version = version
    reason = f"Carried from version {was} to version {version.number} of the dictionary."
    case_rows.write(case, derived, changes=case_rows.differences(held, derived.answers), by=by, at=at, door="SYSTEM", reason=reason)
    case.save(update_fields=["version"])
    UnfitValue.objects.bulk_create(
        UnfitValue(
            case=case,
            hospital_id=case.hospital_id,
            surgeon_id=case.surgeon_id,
            column=item.column,
            label=cases.label(old, item.column),
            value=item.value,
            shown=cases.words(old, item.column, item.value),
            why=item.why,
            was_version=was,
            now_version=version.number,
            revision=case.revision,
            at=at,
        )
        for item in unfit
    )
    audit.record(
        action="carry case",
        at=at,
        by=by,
        hospital_id=case.hospital_id,
        kind="case",
        object_id=case.code,
        detail={"from": was, "to": version.number, "unfit": sorted(item.column for item in unfit)},
        reason=reason,
    )
    return len(unfit)


@transaction.atomic
def settle(*, unfit_id: int, by: Person, at: datetime) -> UnfitValue:
    """Note that somebody has dealt with a value that did not fit; it stays in the case's history."""
    row = UnfitValue.objects.select_for_update(of=("self",)).select_related("case").filter(pk=unfit_id).first()
    if row is None:
        raise NotFound
    if row.settled_at is None:
        row.settled_at, row.settled_by = at, by
        row.save(update_fields=["settled_at", "settled_by"])
        audit.record(
            action="settle unfit value",
            at=at,
            by=by,
            hospital_id=row.hospital_id,
            kind="case",
            object_id=row.case.code,
            detail={"column": row.column},
        )
    return row
