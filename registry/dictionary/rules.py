"""The edit checks of one dictionary, compiled once: each can judge one case or a whole frame, and say what it found."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from .elements import CHOSEN, Check, DataDictionary, DataElement, FieldType, Role, Severity
from .expression import Expression, holds, holds_frame, parse
from .findings import Finding
from .frame import TypedFrame
from .messages import message_of
from .validation import fits
from .values import Missing, instant_of, today_text
from .vectors import TEXT, Categories

FEW = 256
UNTICKED = frozenset({"0"})


@dataclass(frozen=True, eq=False)
class Rule(ABC):
    """One rule on one column or element. `kind` names the finding's code and its wording (see messages)."""

    kind: str
    severity: Severity
    element: DataElement
    column: str
    dictionary: DataDictionary

    @property
    def code(self) -> str:
        return self.kind

    @abstractmethod
    def found(self, answers: Mapping[str, str], today: date) -> bool:
        """Whether the case has this fault."""

    @abstractmethod
    def rows(self, frame: TypedFrame, today: date) -> np.ndarray:
        """Which rows have this fault: bool of shape (rows,), equal to `found` row by row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose answers the message needs."""
        return self.element.columns

    def finding(self, answers: Mapping[str, str]) -> Finding:
        """Say what was found, in words."""
        message, remedy = message_of(self, answers)
        value = answers.get(self.column, "")
        return Finding(self.code, self.element.name, self.column, self.severity, message, remedy, value)


class ValueRule(Rule):
    """A rule that looks at one column's text alone."""

    @abstractmethod
    def is_wrong(self, text: str) -> bool:
        """Whether a text that is not blank is at fault."""

    def found(self, answers, today):
        text = answers.get(self.column)
        return bool(text) and self.is_wrong(text)

    def rows(self, frame, today):
        if not frame.has(self.column):
            return np.zeros(len(frame), dtype=bool)
        codes, texts = frame.texts(self.column)
        return self.wrong_table(frame, texts)[codes]

    def wrong_table(self, frame: TypedFrame, texts: list[str]) -> np.ndarray:
        """Which of the distinct texts of the column are at fault: bool of shape (texts,)."""
        return np.array([text != "" and self.is_wrong(text) for text in texts], dtype=bool)

    def is_missing(self, text: str) -> bool:
        return isinstance(self.dictionary.types.read(self.column, text), Missing)


class MissingStateRule(ValueRule):
    """A missing state this element may not hold."""

    def is_wrong(self, text):
        return text in self.forbidden

    @cached_property
    def forbidden(self) -> frozenset[str]:
        """The declared missing states that this element may not hold."""
        types = self.dictionary.types
        return types.missing - types.own_codes.get(self.column, frozenset()) - set(self.element.missing_states)

    def rows(self, frame, today):
        return frame.is_among(self.column, self.forbidden)


class TypeRule(ValueRule):
    """A text that is not of the element's validation type."""

    def is_wrong(self, text):
        validation = self.element.validation if self.element.type is FieldType.TEXT else "number"
        return not fits(validation, text) and not self.is_missing(text)

    def wrong_table(self, frame, texts):
        kind = self.element.kind
        vector = frame.vector(self.column)
        if kind not in ("date", "datetime") or not isinstance(vector, Categories) or len(texts) < FEW:
            return super().wrong_table(frame, texts)
        length = 10 if kind == "date" else 19 if "seconds" in self.element.validation else 16
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        return (vector.kind_table == TEXT) & (np.isnan(vector.instant_table) | (lengths != length))


class ChoiceRule(ValueRule):
    """A code that is none of the choices; a tick that is neither 0 nor 1."""

    def is_wrong(self, text):
        codes = ("0", "1") if self.element.type is FieldType.CHECKBOX else self.element.codes
        return text not in codes and not self.is_missing(text)


@dataclass(frozen=True, eq=False)
class ExpressionRule(Rule):
    """A fault wherever an expression holds; `limit` is what a range message names."""

    when: Expression
    limit: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_of(self.dictionary, self.when.elements)

    def found(self, answers, today):
        return holds(self.when, answers, types=self.dictionary.types, today=today)

    def rows(self, frame, today):
        return holds_frame(self.when, frame, types=self.dictionary.types, today=today)


@dataclass(frozen=True, eq=False)
class BlankRule(Rule):
    """Blank although required: while the element is shown, and `when` (where there is one) holds."""

    when: Expression | None = None

    def found(self, answers, today):
        return not is_answered(self.element, answers) and self.applies(answers, today)

    @cached_property
    def conditions(self) -> tuple[Expression, ...]:
        """What must hold for the element to be needed: that it is shown, and `when`."""
        return tuple(expression for expression in (self.element.branching, self.when) if expression)

    def applies(self, answers: Mapping[str, str], today: date) -> bool:
        """Whether the element is needed in this case."""
        return all(holds(condition, answers, types=self.dictionary.types, today=today) for condition in self.conditions)

    def rows(self, frame, today):
        blank = ~rows_answered(self.element, frame)
        for condition in self.conditions:
            if blank.any():
                blank &= holds_frame(condition, frame, types=self.dictionary.types, today=today)
        return blank


class HiddenRule(Rule):
    """An answer in an element that its branching logic hides."""

    def found(self, answers, today):
        held = any(self.is_held(text) for column in self.element.columns if (text := answers.get(column)))
        return held and not holds(self.element.branching, answers, types=self.dictionary.types, today=today)

    def is_held(self, text: str) -> bool:
        return text not in self.states and (self.element.type is not FieldType.CHECKBOX or text == "1")

    @cached_property
    def states(self) -> frozenset[str]:
        """The texts that are missing states here."""
        types = self.dictionary.types
        return types.missing - types.own_codes.get(self.column, frozenset())

    def rows(self, frame, today):
        held = np.zeros(len(frame), dtype=bool)
        for column in self.element.columns:
            if frame.has(column):
                codes, texts = frame.texts(column)
                table = np.fromiter((text != "" and self.is_held(text) for text in texts), dtype=bool, count=len(texts))
                held |= table[codes]
        if not held.any():
            return held
        return held & ~holds_frame(self.element.branching, frame, types=self.dictionary.types, today=today)


@dataclass(frozen=True, eq=False)
class CheckRule(Rule):
    """A cross-field check of the companion, in force between its days."""

    check: Check

    @property
    def code(self) -> str:
        return self.check.code

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_of(self.dictionary, self.check.elements + self.check.when.elements)

    def found(self, answers, today):
        when = holds(self.check.when, answers, types=self.dictionary.types, today=today)
        return when and self._in_force(answers, today)

    def _in_force(self, answers: Mapping[str, str], today: date) -> bool:
        if self.check.starts_on is None and self.check.ends_before is None:
            return True
        index = self.dictionary.role(Role.OCCURRED_ON)
        day = instant_of(self.dictionary.types.read(index.name, answers.get(index.name))) if index else None
        if day is None:
            day = _seconds(today_text(today))
        return self._starts <= day < self._ends

    @property
    def _starts(self) -> float:
        return _seconds(self.check.starts_on.isoformat()) if self.check.starts_on else -np.inf

    @property
    def _ends(self) -> float:
        return _seconds(self.check.ends_before.isoformat()) if self.check.ends_before else np.inf

    def rows(self, frame, today):
        rows = holds_frame(self.check.when, frame, types=self.dictionary.types, today=today)
        if (self.check.starts_on is None and self.check.ends_before is None) or not rows.any():
            return rows
        index = self.dictionary.role(Role.OCCURRED_ON)
        days = np.full(len(frame), np.nan)
        if index:
            dates = frame.vector(index.name).categories()
            days = dates.instant_table[dates.codes]
        days = np.where(np.isnan(days), _seconds(today_text(today)), days)
        return rows & (days >= self._starts) & (days < self._ends)


def _seconds(text: str) -> float:
    return instant_of(text)


def is_answered(element: DataElement, answers: Mapping[str, str]) -> bool:
    """Whether an element holds an answer or a missing state; a checkbox is answered by any tick."""
    if element.type is FieldType.CHECKBOX:
        return any(answers.get(column, "0") not in ("", "0") for column in element.columns)
    return bool(answers.get(element.name))


def rows_answered(element: DataElement, frame: TypedFrame) -> np.ndarray:
    """Decide is_answered for every row."""
    answered = np.zeros(len(frame), dtype=bool)
    for column in element.columns:
        is_filled = frame.is_filled(column)
        answered |= is_filled & ~frame.is_among(column, UNTICKED) if element.type is FieldType.CHECKBOX else is_filled
    return answered


def columns_of(dictionary: DataDictionary, names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the columns of some elements, each once; names that are no elements stand for themselves."""
    columns = [
        column
        for name in names
        for column in (dictionary.element(name).columns if dictionary.has_element(name) else (name,))
    ]
    return tuple(dict.fromkeys(columns))


@lru_cache(maxsize=32)
def rules_of(dictionary: DataDictionary) -> tuple[Rule, ...]:
    """Compile every rule of a dictionary: element by element in its order, then the companion's checks."""
    rules: list[Rule] = []
    for element in dictionary.elements:
        rules += _value_rules(element, dictionary)
        rules += _range_rules(element, dictionary)
        rules += _presence_rules(element, dictionary)
    for check in dictionary.checks:
        element = dictionary.element(check.elements[0])
        column = (element.columns or (element.name,))[0]
        rules.append(CheckRule(check.code, check.severity, element, column, dictionary, check))
    return tuple(rules)


def _value_rules(element: DataElement, dictionary: DataDictionary) -> list[Rule]:
    if not element.is_entered:
        return []
    rules: list[Rule] = []
    for column in element.columns:
        states = MissingStateRule("missing_state", Severity.HARD, element, column, dictionary)
        if states.forbidden:
            rules.append(states)
        if element.type in CHOSEN or element.type is FieldType.CHECKBOX:
            rules.append(ChoiceRule("choice", Severity.HARD, element, column, dictionary))
        elif element.type is FieldType.SLIDER or (element.type is FieldType.TEXT and element.validation):
            rules.append(TypeRule("type", Severity.HARD, element, column, dictionary))
    return rules


def _range_rules(element: DataElement, dictionary: DataDictionary) -> list[Rule]:
    rules: list[Rule] = []
    for side, limit, usual in (
        ("below", element.minimum, element.soft_minimum),
        ("above", element.maximum, element.soft_maximum),
    ):
        beyond = _beyond(element, side, limit) if limit else ""
        if limit:
            rules.append(
                ExpressionRule(
                    f"range.{side}", element.range_severity, element, element.name, dictionary, parse(beyond), limit
                )
            )
        if usual:
            unusual = _beyond(element, side, usual) + (f" and not ({beyond})" if beyond else "")
            rules.append(
                ExpressionRule(
                    f"range.{side}_usual", Severity.SOFT, element, element.name, dictionary, parse(unusual), usual
                )
            )
    return rules


def _beyond(element: DataElement, side: str, limit: str) -> str:
    """Write as an expression that an element lies beyond a limit."""
    sign, value = ("<" if side == "below" else ">"), f"[{element.name}]"
    if limit == "today":
        return f"datediff('today', {value}, 'd', true) {'< 0' if side == 'below' else '>= 1'}"
    if limit == "now":
        return f"datediff('now', {value}, 's', true) {sign} 0"
    if limit.startswith("["):
        return f"{value} {sign} {limit}"
    if element.kind in ("number", "comma_number"):
        return f"{value} {sign} {limit.replace(',', '.')}"
    return f"{value} {sign} '{limit}'"


def _presence_rules(element: DataElement, dictionary: DataDictionary) -> list[Rule]:
    if not element.is_entered or not element.columns:
        return []
    rules: list[Rule] = []
    column = element.columns[0]
    if element.is_required:
        rules.append(BlankRule("required", element.required_severity, element, column, dictionary))
    if element.required_when:
        rules.append(
            BlankRule("required_when", element.required_severity, element, column, dictionary, element.required_when)
        )
    if element.branching:
        rules.append(HiddenRule("branching", Severity.SOFT, element, column, dictionary))
    return rules
