"""Save and finish a sheet: answers in the case form that touch no case. A second reading and a training attempt are sheets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from registry.actions.case_merge import Change, Rejected, merge
from registry.actions.case_rows import LONGEST_REASON, Reason
from registry.dictionary.calculations import calculate
from registry.dictionary.checks import Finding, check_case
from registry.dictionary.elements import DataDictionary, Severity
from registry.dictionary.rules import is_answered
from registry.lifecycle import SheetState
from registry.models.sheet import Sheet
from registry.selectors import dictionaries
from sites.refusals import Refusal

WRITTEN = ("answers", "reasons", "revision", "n_answered", "changed_at")


@dataclass(frozen=True, kw_only=True)
class SheetSaved:
    """What a save did: the columns taken over, those in conflict with another window of the same person, what was rejected."""

    revision: int
    at: datetime
    changed: dict[str, str]
    conflicts: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    answers: dict[str, str]
    findings: tuple[Finding, ...]


def fill(sheet: Sheet, *, dictionary: DataDictionary, answers: Mapping[str, str], today: date) -> dict[str, str]:
    """Put answers on a sheet that is about to be written, with what is calculated from them; return them all."""
    complete = calculate(dictionary, {column: text for column, text in answers.items() if text}, today=today)
    sheet.answers = dictionaries.layout(sheet.version).pack(complete)
    sheet.n_answered = sum(1 for element in dictionary.elements if element.is_entered and is_answered(element, complete))
    return complete


def save(
    *,
    sheet: Sheet,
    dictionary: DataDictionary,
    changes: Mapping[str, Change],
    reasons: Iterable[Reason],
    today: date,
    at: datetime,
) -> SheetSaved:
    """Merge what was typed into a locked sheet that is open."""
    refuse_done(sheet)
    before = dictionaries.layout(sheet.version).unpack(sheet.answers)
    merged = merge(dictionary=dictionary, answers=before, changes=changes)
    complete = fill(sheet, dictionary=dictionary, answers=merged.answers, today=today)
    sheet.reasons = _explained(sheet, reasons)
    sheet.revision += 1
    sheet.changed_at = at
    sheet.save(update_fields=list(WRITTEN))
    told = {*merged.conflicts, *(item.column for item in merged.rejected)}
    return SheetSaved(
        revision=sheet.revision,
        at=at,
        changed={column: complete.get(column, "") for column in told},
        conflicts=merged.conflicts,
        rejected=merged.rejected,
        answers=complete,
        findings=check_case(dictionary, complete, today=today),
    )


def _explained(sheet: Sheet, reasons: Iterable[Reason]) -> list[list[str]]:
    known = {(code, column, value): words for code, column, value, words in sheet.reasons}
    for given in reasons:
        if given.words.strip():
            known.setdefault((given.code, given.column, given.value), given.words.strip()[:LONGEST_REASON])
    return [[*key, words] for key, words in known.items()]


def finish(*, sheet: Sheet, dictionary: DataDictionary, today: date, at: datetime) -> dict[str, str]:
    """Finish a locked sheet in which no error stands; the caller writes it. Return its answers."""
    refuse_done(sheet)
    held = dictionaries.layout(sheet.version).unpack(sheet.answers)
    errors = [item for item in check_case(dictionary, held, today=today) if item.severity is Severity.HARD]
    if errors:
        raise NotFinished("Some fields need you before this is done.", findings=tuple(errors))
    sheet.status, sheet.finished_at, sheet.changed_at = SheetState.DONE.value, at, at
    return held


class NotFinished(Refusal):
    """The sheet is not done yet; ``findings`` say what stands in the way."""

    def __init__(self, *reasons: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(*reasons)
        self.findings = findings


def refuse_done(sheet: Sheet) -> None:
    """Refuse a sheet that is done."""
    if sheet.status != SheetState.OPEN.value:
        raise Refusal("This is done and does not change any more.")
