"""Open, save, submit, reopen and withdraw a case. Each writes a revision and an audit event in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from registry import follow_up
from registry.actions import case_rows, query_settling, reviews
from registry.actions.case_merge import Change, Merged, Rejected, merge, refusal_of
from registry.actions.case_rows import Reason
from registry.actions.case_values import Derived, derive, hold_open
from registry.calendar import day_words, local_day
from registry.dictionary.checks import Finding
from registry.dictionary.elements import DataDictionary, Role
from registry.lifecycle import CaseState, may_follow
from registry.models import Case, CaseRevision, Participation, Registry
from registry.selectors import dictionaries
from sites import audit
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import Refusal

__all__ = ["Change", "Conflict", "NotReady", "Reason", "Rejected", "Saved", "open", "reopen", "save", "submit", "withdraw"]

CLOSED = "The reporting period of this case is closed. Propose an amendment: a second person decides on it."


class NotReady(Refusal):
    """The case cannot be submitted yet; ``findings`` say what stands in the way, field by field."""

    def __init__(self, *reasons: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(*reasons)
        self.findings = findings


class AlreadyOpen(Refusal):
    """There is a case with this key already; ``code`` says which."""

    def __init__(self, *reasons: str, code: str) -> None:
        super().__init__(*reasons)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A column that somebody else changed meanwhile: what they put there, who and when, and what was to be saved."""

    column: str
    theirs: str
    mine: str
    by: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a save did. ``changed`` holds every column that differs from the revision the editor started from."""

    revision: int
    at: datetime
    applied: tuple[str, ...]
    changed: dict[str, str]
    conflicts: tuple[Conflict, ...]
    rejected: tuple[Rejected, ...]
    derived: Derived


@transaction.atomic
def open(*, registry: Registry, hospital: Hospital, key: str, answers: Mapping[str, str], by: Person, at: datetime, door: str = "FORM") -> Case:
    """Open a draft under the hospital's own key, with the newest published dictionary."""
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal(f"{registry.title} has no published dictionary yet. Ask the coordinating centre.")
    if not Participation.objects.filter(registry=registry, hospital=hospital).exists():
        raise Refusal(f"The hospital does not take part in {registry.title}. Ask the coordinating centre.")
    reviews.refuse_trainee(registry=registry, hospital=hospital, by=by, at=at)
    dictionary = dictionaries.governed(version, registry=registry)
    _check_first_answers(dictionary, answers)
    named = _named(registry=registry, hospital=hospital, dictionary=dictionary, key=_clean_key(key), answers=answers)
    derived = derive(registry=registry, hospital=hospital, dictionary=dictionary, answers=named, explained=frozenset(), at=at)
    if not hold_open(derived.period.pk if derived.period else None):
        raise Refusal("The reporting period of that date is closed: a new case cannot enter it.")
    case = Case(
        code=random_code(),
        registry=registry,
        hospital=hospital,
        version=version,
        key=_clean_key(key),
        answers=dictionaries.layout(version).pack(derived.answers),
        opened_at=at,
        changed_at=at,
    )
    derived.put_on(case)
    _insert(case)
    CaseRevision.objects.create(
        case=case, hospital=hospital, surgeon_id=case.surgeon_id, number=1, at=at, by=by, door=door,
        changes=case_rows.differences({}, derived.answers), status=case.status,
    )  # fmt: skip
    _record("open case", case, by=by, at=at)
    return case


def _check_first_answers(dictionary: DataDictionary, answers: Mapping[str, str]) -> None:
    """Refuse what no case can hold; what is calculated may come along and is computed anew."""
    own = (dictionary.roles.get(Role.CASE_KEY), dictionary.roles.get(Role.HOSPITAL), *dictionary.calculation_order)
    problems = [f"{column}: {words}" for column, text in answers.items() if column not in own and (words := refusal_of(dictionary, column, text))]
    if problems:
        raise Refusal(*problems)


def _clean_key(key: str) -> str:
    cleaned = " ".join(key.split())
    if not cleaned or len(cleaned) > 64 or not cleaned.isprintable():
        raise Refusal("Give the case a number of at most 64 letters, digits or signs.")
    return cleaned


def _named(*, registry: Registry, hospital: Hospital, dictionary: DataDictionary, key: str, answers: Mapping[str, str]) -> dict[str, str]:
    named = {column: text.strip() for column, text in answers.items() if text.strip()}
    key_element, hospital_element = dictionary.role(Role.CASE_KEY), dictionary.role(Role.HOSPITAL)
    if key_element is not None:
        named[key_element.name] = key
    if hospital_element is not None:
        named[hospital_element.name] = Participation.objects.get(registry=registry, hospital=hospital).code
    return named


def _insert(case: Case) -> None:
    there = Case.objects.filter(hospital_id=case.hospital_id, registry_id=case.registry_id, key=case.key).values_list("code", flat=True)
    words = f"There is a case {case.key} already. Open that one, or check the number."
    code = there.first()
    if code:
        raise AlreadyOpen(words, code=code)
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        code = there.first()
        if code is None:
            raise
        raise AlreadyOpen(words, code=code) from error


@transaction.atomic
def save(
    *,
    case_id: int,
    changes: Mapping[str, Change],
    client_seq: str,
    base: int,
    by: Person,
    at: datetime,
    reasons: Iterable[Reason] = (),
    reason: str = "",
    door: str = "FORM",
) -> Saved:
    """Merge an editor's changes field by field. The same ``client_seq`` twice is one save.

    What somebody else changed meanwhile comes back as conflicts; everything else is kept. After submission a reason is needed.
    """
    case = case_rows.locked(case_id)
    why = _may_change(case, reason)
    reviews.refuse_change(case, by=by, at=at)
    dictionary = dictionaries.governed(case.version, registry=case.registry)
    before = dictionaries.layout(case.version).unpack(case.answers)
    settled = _settled(case, client_seq)
    fresh = {column: change for column, change in changes.items() if column not in settled}
    given = tuple(reasons)
    case_rows.explain(case, given, by=by, at=at)
    merged, derived = _fitted(case, dictionary, before, fresh, at)
    differing = case_rows.differences(before, derived.answers)
    if case.status == CaseState.SUBMITTED and (derived.hard or derived.soft):
        words = "A submitted case stays free of errors and of unusual values without a reason. Reopen it to correct several fields."
        raise NotReady(words, findings=(*derived.hard, *derived.soft))
    if differing:
        sent = client_seq if merged.applied else None
        case_rows.write(case, derived, changes=differing, by=by, at=at, door=door, reason=why, client_seq=sent)
        _record("save case", case, by=by, at=at, reason=why, detail={"revision": case.revision, "columns": sorted(differing)})
    elif case.n_soft != len(derived.soft):
        case.n_soft = len(derived.soft)
        case.save(update_fields=["n_soft"])
        query_settling.settle(case=case, changes=(), by=by, at=at)
        _record("explain finding", case, by=by, at=at, detail={"findings": sorted(item.code for item in given)})
    return _saved(case, merged, derived, changes=changes, base=base, at=at)


def _may_change(case: Case, reason: str) -> str:
    """Refuse what may not change now; return the reason that the revision carries."""
    if case.status == CaseState.WITHDRAWN:
        raise Refusal("This case was withdrawn. Reopen it before changing it.")
    if case.status == CaseState.REVIEW:
        raise Refusal("This case waits for a colleague's release. Take it back before changing it.")
    if not hold_open(case.period_id):
        raise Refusal(CLOSED)
    if case.submitted_at is None:
        return reason.strip()
    why = reason.strip()
    if not why and case.status == CaseState.DRAFT:
        reopened = CaseRevision.objects.filter(case=case, status=CaseState.DRAFT.value).exclude(reason="")
        why = reopened.order_by("-number").values_list("reason", flat=True).first() or ""
    if not why:
        raise Refusal("This case has been submitted. Say why it changes.")
    return why


def _settled(case: Case, client_seq: str) -> frozenset[str]:
    """Return the columns that this very message has changed before: it was sent twice."""
    earlier = CaseRevision.objects.filter(case=case, client_seq=client_seq).values_list("changes", flat=True).first()
    return frozenset(earlier or ())


def _fitted(
    case: Case, dictionary: DataDictionary, before: Mapping[str, str], changes: Mapping[str, Change], at: datetime
) -> tuple[Merged, Derived]:
    """Merge and derive; a date that would carry the case into a closed period is rejected and the rest kept."""
    known = case_rows.explained(case)
    merged = merge(dictionary=dictionary, answers=before, changes=changes)

    def follow(answers: Mapping[str, str]) -> Derived:
        return derive(registry=case.registry, hospital=case.hospital, dictionary=dictionary, answers=answers, explained=known, at=at)

    derived = follow(merged.answers)
    index = dictionary.role(Role.OCCURRED_ON)
    moved = derived.period is not None and derived.period.pk != case.period_id
    if index is None or index.name not in merged.applied or not moved or hold_open(derived.period.pk):
        return merged, derived
    words = f"{day_words(derived.occurred_on)} lies in {derived.period.label}, which is closed."
    rest = {column: change for column, change in changes.items() if column != index.name}
    again = merge(dictionary=dictionary, answers=before, changes=rest)
    refused = Merged(
        answers=again.answers,
        applied=again.applied,
        conflicts=again.conflicts,
        rejected=(*again.rejected, Rejected(column=index.name, words=words)),
    )
    return refused, follow(again.answers)


def _saved(case: Case, merged: Merged, derived: Derived, *, changes: Mapping[str, Change], base: int, at: datetime) -> Saved:
    later = CaseRevision.objects.filter(case=case, number__gt=base).select_related("by").order_by("number")
    touched: dict[str, CaseRevision] = {column: revision for revision in later for column in revision.changes}
    conflicts = []
    for column in merged.conflicts:
        revision = touched.get(column)
        conflicts.append(
            Conflict(
                column=column,
                theirs=derived.answers.get(column, ""),
                mine=changes[column].new,
                by=revision.by.name if revision and revision.by else "",
                at=revision.at if revision else None,
            )
        )
    changed = {column: derived.answers.get(column, "") for column in touched}
    return Saved(
        revision=case.revision,
        at=at,
        applied=merged.applied,
        changed=changed,
        conflicts=tuple(conflicts),
        rejected=merged.rejected,
        derived=derived,
    )


@transaction.atomic
def submit(*, case_id: int, by: Person, at: datetime, reasons: Iterable[Reason] = (), door: str = "FORM") -> Case:
    """Submit a draft: no error may stand, and each unusual value needs its reason. Who is not certified submits for review."""
    case = case_rows.locked(case_id)
    to = reviews.state_on_submit(case, by=by, at=at)
    _require_step(case, to)
    if not hold_open(case.period_id):
        raise Refusal(CLOSED)
    case_rows.explain(case, reasons, by=by, at=at)
    derived = _derived(case, at=at)
    if derived.hard or derived.soft:
        raise NotReady("Some fields need you before this case can be submitted.", findings=(*derived.hard, *derived.soft))
    due_on, today = derived.follow_up_due_on, local_day(at, zone=case.hospital.time_zone)
    died_on = follow_up.day_of(dictionaries.load(case.version), derived.answers, Role.DIED_ON)
    if not follow_up.may_complete(due_on=due_on, died_on=died_on, today=today):
        raise NotReady(f"The follow-up runs to {day_words(due_on)}. The case can be submitted from that day on; all of it is saved.")
    before = dictionaries.layout(case.version).unpack(case.answers)
    case.status, case.submitted_at = to.value, at if to is CaseState.SUBMITTED else case.submitted_at
    case_rows.write(case, derived, changes=case_rows.differences(before, derived.answers), by=by, at=at, door=door)
    if to is CaseState.REVIEW:
        reviews.ask(case, by=by, at=at)
    _record("submit case" if to is CaseState.SUBMITTED else "submit case for review", case, by=by, at=at)
    return case


@transaction.atomic
def reopen(*, case_id: int, reason: str, by: Person, at: datetime) -> Case:
    """Make a submitted or withdrawn case a draft again, with a reason that its next changes carry."""
    return _step(case_id=case_id, to=CaseState.DRAFT, action="reopen case", reason=reason, by=by, at=at)


@transaction.atomic
def withdraw(*, case_id: int, reason: str, by: Person, at: datetime) -> Case:
    """Take a case out of every list and count, with a reason; nothing is deleted."""
    return _step(case_id=case_id, to=CaseState.WITHDRAWN, action="withdraw case", reason=reason, by=by, at=at)


def _step(*, case_id: int, to: CaseState, action: str, reason: str, by: Person, at: datetime) -> Case:
    case = case_rows.locked(case_id)
    _require_step(case, to)
    if not reason.strip():
        raise Refusal("Say why, in a few words.")
    if not hold_open(case.period_id):
        raise Refusal(CLOSED)
    if case.status == CaseState.REVIEW:
        reviews.drop(case, by=by, at=at)
    case.status = to.value
    derived = _derived(case, at=at)
    before = dictionaries.layout(case.version).unpack(case.answers)
    case_rows.write(case, derived, changes=case_rows.differences(before, derived.answers), by=by, at=at, reason=reason.strip())
    _record(action, case, by=by, at=at, reason=reason.strip())
    return case


def _require_step(case: Case, to: CaseState) -> None:
    state = CaseState(case.status)
    if not may_follow(state, to):
        raise Refusal(f"This case is {state.value.lower()}; that cannot be done with it now.")


def _derived(case: Case, *, at: datetime) -> Derived:
    return derive(
        registry=case.registry,
        hospital=case.hospital,
        dictionary=dictionaries.governed(case.version, registry=case.registry),
        answers=dictionaries.layout(case.version).unpack(case.answers),
        explained=case_rows.explained(case),
        at=at,
    )


def _record(action: str, case: Case, *, by: Person, at: datetime, reason: str = "", detail: dict | None = None) -> None:
    audit.record(
        action=action, at=at, by=by, hospital_id=case.hospital_id, kind="case", object_id=case.code, detail=detail, reason=reason
    )
