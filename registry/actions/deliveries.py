"""Cases that a hospital's computer delivers: the same checks as the form and the file, all at once, all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction

from registry.actions import reviews
from registry.actions.batch_findings import Collected, Written, collect, missing_reasons
from registry.actions.batch_writing import Door, write
from registry.actions.batches import Batch, key_column
from registry.actions.examination import Examination, Outcome, examine
from registry.actions.uploads import lock
from registry.calendar import local_day
from registry.dictionary.elements import DataDictionary, Role
from registry.intake import columns
from registry.lifecycle import CaseState, PeriodState
from registry.models import Case, Participation, Registry, ReportingPeriod
from registry.selectors import dictionaries
from sites import audit
from sites.models import Hospital, Person
from sites.refusals import Refusal


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """One case as sent: key, answers by column ("" clears), reasons by group of soft findings."""

    key: str
    answers: Mapping[str, str]
    reasons: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was written, and each key's public case code."""

    new: int
    changed: int
    same: int
    codes: dict[str, str]


class NotTaken(Refusal):
    """Nothing was written; ``findings`` say why, every one of them."""

    def __init__(self, *reasons: str, findings: tuple[Written, ...] = ()) -> None:
        super().__init__(*reasons)
        self.findings = findings


@transaction.atomic
def deliver(
    *, registry: Registry, hospital: Hospital, cases: Sequence[Delivered], change_reason: str, by: Person, at: datetime
) -> Done:
    """Write cases of one hospital, or refuse with every finding at once."""
    if not Participation.objects.filter(registry=registry, hospital=hospital).exists():
        raise Refusal(f"The hospital does not take part in {registry.title}.")
    reviews.refuse_unreviewed(registry=registry, hospital=hospital, by=by, at=at)
    batch = _batch(registry, hospital, cases, at=at)
    lock(registry_id=registry.pk, hospital_ids=batch.hospitals)
    examined = examine(batch, hold=True)
    collected = collect(examined)
    reasons = _reasons(cases)
    _refuse(examined, collected, reasons, change_reason)
    write(examined, door=Door(name="API", by=by, at=at, reason=change_reason.strip(), reasons=reasons))
    done = Done(
        new=examined.count(Outcome.NEW),
        changed=examined.count(Outcome.CHANGED),
        same=examined.count(Outcome.SAME),
        codes=_codes(registry, hospital, [case.key for case in cases]),
    )
    audit.record(
        action="deliver cases",
        at=at,
        by=by,
        hospital_id=hospital.pk,
        kind="registry",
        object_id=registry.code,
        detail={"new": done.new, "changed": done.changed, "same": done.same},
        reason=change_reason.strip(),
    )
    return done


def _batch(registry: Registry, hospital: Hospital, cases: Sequence[Delivered], *, at: datetime) -> Batch:
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal(f"{registry.title} has no published dictionary yet.")
    dictionary = dictionaries.governed(version, registry=registry)
    names = list(dict.fromkeys(name for case in cases for name in case.answers))
    _refuse_columns(dictionary, cases, names)
    n, key_name = len(cases), key_column(dictionary)
    _refuse_partial(cases, [name for name in names if name != key_name])
    arrays = {
        name: columns.encoded([case.answers.get(name, "").strip() or None for case in cases])
        for name in names
        if name != key_name
    }
    arrays[key_name] = columns.encoded([case.key.strip() or None for case in cases])
    numbers = np.arange(1, n + 1)
    period = None
    if not registry.has_dates:
        period = (
            ReportingPeriod.objects.filter(registry=registry, status=PeriodState.OPEN.value)
            .order_by("-ordinal")
            .first()
        )
    return Batch(
        registry=registry,
        version=version,
        dictionary=dictionary,
        period=period,
        arrays=arrays,
        numbers=numbers,
        hospitals=np.full(n, hospital.pk, dtype=np.int64),
        today=local_day(at, zone=hospital.time_zone),
    )


def _refuse_columns(dictionary: DataDictionary, cases: Sequence[Delivered], names: list[str]) -> None:
    """Name every column that is none of the dictionary's, or is calculated, in the first case that sends it."""
    own, found = dictionary.role(Role.HOSPITAL), []
    for name in names:
        known = dictionary.has_column(name)
        if known and dictionary.element_of(name).is_entered and (own is None or name != own.name):
            continue
        said = (
            "is calculated here"
            if known and not dictionary.element_of(name).is_entered
            else "follows from the token"
            if known
            else "is no column of the dictionary"
        )
        row = next(number for number, case in enumerate(cases, start=1) if name in case.answers)
        remedy = "Leave it out of the answers."
        found.append(
            Written(
                row=row,
                place=None,
                column=name[:110],
                code="unknown_column",
                severity="hard",
                message=f"“{name[:110]}” {said}.",
                remedy=remedy,
                value="",
            )
        )
    if found:
        raise NotTaken("Some columns cannot be filled; nothing was changed.", findings=tuple(found))


def _refuse_partial(cases: Sequence[Delivered], names: list[str]) -> None:
    """A batch speaks of the same columns in every case, so that a column not sent is never taken for a blank one."""
    uneven = [number for number, case in enumerate(cases, start=1) if any(name not in case.answers for name in names)]
    if uneven and len(cases) > 1:
        raise Refusal(
            f"Case {uneven[0]} of the batch lacks columns that others send. Send the same columns in every case of a batch;"
            " a blank text clears an answer."
        )


def _reasons(cases: Sequence[Delivered]) -> dict[str, str]:
    return {name: words for case in cases for name, words in case.reasons.items() if words.strip()}


def _refuse(examined: Examination, collected: Collected, reasons: Mapping[str, str], change_reason: str) -> None:
    if collected.n_hard:
        raise NotTaken(
            f"{collected.n_hard} values cannot be accepted; nothing was changed.", findings=collected.written
        )
    unexplained = {sort.name for sort in missing_reasons(collected, reasons)}
    if unexplained:
        findings = tuple(finding for finding in collected.written if f"{finding.code}|{finding.column}" in unexplained)
        raise NotTaken("Some values need a reason; nothing was changed.", findings=findings)
    submitted = any(
        examined.known[int(group.rows[place])].status == CaseState.SUBMITTED.value
        for group in examined.groups
        for place in group.changes
    )
    if submitted and not change_reason.strip():
        raise NotTaken("Submitted cases change. Send change_reason; nothing was changed.")


def _codes(registry: Registry, hospital: Hospital, keys: list[str]) -> dict[str, str]:
    rows = Case.objects.filter(registry=registry, hospital=hospital, key__in=[key.strip() for key in keys])
    return dict(rows.order_by("id").values_list("key", "code"))
