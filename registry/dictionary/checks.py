"""Edit checks: a dictionary and answers in, findings out. Faults in data never raise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from .elements import DataDictionary, Severity
from .findings import Finding
from .frame import TypedFrame
from .rules import Rule, rules_of

__all__ = ["Finding", "FrameFindings", "check_case", "check_frame"]


def check_case(dictionary: DataDictionary, answers: Mapping[str, str], *, today: date) -> tuple[Finding, ...]:
    """Check one case: findings in the order of the dictionary, then cross-field checks, then unknown columns.

    answers: export column → text, blanks absent. today: what “today” means to limits and expressions.
    """
    findings = [rule.finding(answers) for rule in rules_of(dictionary) if rule.found(answers, today)]
    findings += [_unknown(column, text) for column, text in answers.items() if text and _is_unknown(dictionary, column)]
    return tuple(findings)


def check_frame(dictionary: DataDictionary, frame: pd.DataFrame | TypedFrame, *, today: date) -> "FrameFindings":
    """Check every row of a frame of export columns; row by row the same findings as check_case.

    frame: one case per row; blank = NA or "". The index is ignored; rows are positions from 0.
    """
    typed = TypedFrame.of(frame, types=dictionary.types)
    hits = []
    for rule in rules_of(dictionary):
        rows = np.flatnonzero(rule.rows(typed, today))
        if len(rows):
            hits.append(Hit(rule, rows))
    for column in typed.columns:
        if _is_unknown(dictionary, column):
            codes, texts = typed.texts(column)
            rows = np.flatnonzero(codes != len(texts) - 1)
            if len(rows):
                hits.append(Hit(column, rows))
    return FrameFindings(typed, tuple(hits))


def _is_unknown(dictionary: DataDictionary, column: str) -> bool:
    return not dictionary.has_column(column) and column not in dictionary.system_columns


def _unknown(column: str, text: str) -> Finding:
    message = f"There is no element for the column “{column}”."
    return Finding(
        "unknown_column", "", column, Severity.HARD, message, "Map it to an element, or leave it out of the file.", text
    )


@dataclass(frozen=True, eq=False)
class Hit:
    """One rule (or the name of an unknown column) and the rows it found, ascending."""

    rule: Rule | str
    rows: np.ndarray

    @property
    def severity(self) -> Severity:
        return Severity.HARD if isinstance(self.rule, str) else self.rule.severity

    @property
    def code(self) -> str:
        return "unknown_column" if isinstance(self.rule, str) else self.rule.code

    @property
    def column(self) -> str:
        return self.rule if isinstance(self.rule, str) else self.rule.column


@dataclass(frozen=True, eq=False)
class FrameFindings:
    """The findings of a whole frame. Words are written only for the findings one asks for."""

    frame: TypedFrame
    hits: tuple[Hit, ...]

    @cached_property
    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        if not self.hits:
            return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
        rows = np.concatenate([hit.rows for hit in self.hits])
        which = np.repeat(np.arange(len(self.hits)), [len(hit.rows) for hit in self.hits])
        order = np.argsort(rows, kind="stable")
        return rows[order], which[order]

    @property
    def rows(self) -> np.ndarray:
        """The row of each finding, ascending: int array of shape (findings,)."""
        return self._order[0]

    def __len__(self) -> int:
        return sum(len(hit.rows) for hit in self.hits)

    @cached_property
    def hard_rows(self) -> np.ndarray:
        """Which rows have a hard finding: bool array of shape (rows of the frame,)."""
        return self._mask(Severity.HARD)

    @cached_property
    def soft_rows(self) -> np.ndarray:
        """Which rows have a soft finding: bool array of shape (rows of the frame,)."""
        return self._mask(Severity.SOFT)

    def _mask(self, severity: Severity) -> np.ndarray:
        mask = np.zeros(len(self.frame), dtype=bool)
        for hit in self.hits:
            if hit.severity is severity:
                mask[hit.rows] = True
        return mask

    def counts(self) -> list[tuple[str, str, Severity, int]]:
        """Count the findings of each rule: (code, column, severity, findings), the most frequent first."""
        counted = [(hit.code, hit.column, hit.severity, len(hit.rows)) for hit in self.hits]
        return sorted(counted, key=lambda entry: -entry[3])

    def findings(self, *, limit: int | None = None) -> Iterator[tuple[int, Finding]]:
        """Give (row, finding) in the order of rows, within a row as check_case does; at most `limit`."""
        rows, which = self._order
        for row, number in zip(rows[:limit].tolist(), which[:limit].tolist(), strict=True):
            yield row, self._finding(self.hits[number].rule, row)

    def of_row(self, row: int) -> tuple[Finding, ...]:
        """Give the findings of one row, the same as check_case gives for it."""
        rows, which = self._order
        start, end = np.searchsorted(rows, [row, row + 1])
        return tuple(self._finding(self.hits[number].rule, row) for number in which[start:end].tolist())

    def _finding(self, rule: Rule | str, row: int) -> Finding:
        if isinstance(rule, str):
            return _unknown(rule, self.frame.answers(row, (rule,))[rule])
        return rule.finding(self.frame.answers(row, rule.columns))
