"""Writing a case's rows: the locked case, its next revision, the reasons given for its findings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from registry.actions import query_settling
from registry.actions.case_values import WRITTEN, Derived, Explained
from registry.models import Case, CaseRevision, FindingReason
from registry.selectors import dictionaries
from sites.models import Person
from sites.refusals import NotFound

LONGEST_REASON = 1000


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why one soft finding is right: the finding's code, column and value, and the words."""

    code: str
    column: str
    value: str
    words: str


def locked(case_id: int) -> Case:
    """Return a case, held against everybody else until the transaction ends."""
    heavy = [f"version__{name}" for name in dictionaries.HEAVY]
    rows = Case.objects.select_for_update(of=("self",)).select_related("registry", "hospital", "version")
    case = rows.defer(*heavy).filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def explained(case: Case) -> Explained:
    """Return which findings have a reason, each for exactly one value."""
    rows = FindingReason.objects.filter(case_id=case.pk)
    return frozenset(rows.values_list("code", "column", "value"))


def explain(case: Case, reasons: Iterable[Reason], *, by: Person, at: datetime) -> None:
    """Keep the reasons; one that is there already stays as it is."""
    rows = [
        FindingReason(
            case=case,
            hospital_id=case.hospital_id,
            surgeon_id=case.surgeon_id,
            code=reason.code[:80],
            column=reason.column[:110],
            value=reason.value,
            reason=reason.words.strip()[:LONGEST_REASON],
            by=by,
            at=at,
        )
        for reason in reasons
        if reason.words.strip()
    ]
    FindingReason.objects.bulk_create(rows, ignore_conflicts=True)


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, list[str | None]]:
    """Return each column that differs as [old, new], None where blank."""
    columns = dict.fromkeys((*old, *new))
    return {column: [old.get(column), new.get(column)] for column in columns if old.get(column) != new.get(column)}


def write(
    case: Case,
    derived: Derived,
    *,
    changes: Mapping[str, list[str | None]],
    by: Person | None,
    at: datetime,
    door: str = "FORM",
    reason: str = "",
    second: Person | None = None,
    client_seq: str | None = None,
) -> CaseRevision:
    """Write the next revision and then the case: the database asks for the one before it lets the other change."""
    case.revision += 1
    case.changed_at = at
    case.answers = dictionaries.layout(case.version).pack(derived.answers)
    derived.put_on(case)
    revision = CaseRevision(
        case=case,
        hospital_id=case.hospital_id,
        surgeon_id=case.surgeon_id,
        number=case.revision,
        at=at,
        by=by,
        second=second,
        door=door,
        changes=dict(changes),
        status=case.status,
        reason=reason,
        client_seq=client_seq,
    )
    revision.save(force_insert=True)
    case.save(update_fields=list(WRITTEN))
    query_settling.settle(case=case, changes=changes, by=by, at=at)
    return revision
