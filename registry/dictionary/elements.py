"""The data dictionary as frozen objects: elements, choices, sections, checks. Reading files is `redcap` and `companion`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from .expression import Expression
from .faults import Fault
from .references import tick_column
from .types import EMPTY, Types


class FieldType(StrEnum):
    """REDCap's field types."""

    TEXT = "text"
    NOTES = "notes"
    RADIO = "radio"
    DROPDOWN = "dropdown"
    CHECKBOX = "checkbox"
    YESNO = "yesno"
    TRUEFALSE = "truefalse"
    CALC = "calc"
    SLIDER = "slider"
    FILE = "file"
    DESCRIPTIVE = "descriptive"
    SQL = "sql"


class Severity(StrEnum):
    """How much a finding weighs: hard blocks submission, soft needs a reason."""

    HARD = "hard"
    SOFT = "soft"


class Role(StrEnum):
    """What an element means to the registry beside its answer."""

    CASE_KEY = "case_key"
    OCCURRED_ON = "occurred_on"
    SURGEON = "surgeon"
    FOLLOW_UP_ON = "follow_up_on"
    HOSPITAL = "hospital"
    FOLLOW_UP_STATUS = "follow_up_status"
    FOLLOW_UP_METHOD = "follow_up_method"
    DISCHARGED_ON = "discharged_on"
    DIED_ON = "died_on"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: the stored code (always text) and the words shown."""

    code: str
    label: str


YES_NO = (Choice("1", "Yes"), Choice("0", "No"))
TRUE_FALSE = (Choice("1", "True"), Choice("0", "False"))
MISSING_STATES = (
    Choice("ND", "Not done"),
    Choice("UNK", "Unknown"),
    Choice("NDOC", "Not documented"),
    Choice("NAP", "Not applicable"),
    Choice("NC", "Not collected in this form version"),
)
CHOSEN = (FieldType.RADIO, FieldType.DROPDOWN, FieldType.YESNO, FieldType.TRUEFALSE)


@dataclass(frozen=True)
class DataElement:
    """One data element: the eighteen cells of the dictionary, read, and what the companion adds to them.

    minimum, maximum, soft_minimum, soft_maximum: the limit as written (a number, an ISO date, "today", "now" or
    "[element]"), "" where there is none. missing_states: codes this element may hold instead of an answer.
    row: its row in the file (header = 1). cells: the row as it was read, for writing it out again.
    """

    name: str
    form: str
    type: FieldType
    label: str = ""
    section_header: str = ""
    choices: tuple[Choice, ...] = ()
    calculation: Expression | None = None
    note: str = ""
    validation: str = ""
    minimum: str = ""
    maximum: str = ""
    is_identifier: bool = False
    branching: Expression | None = None
    is_required: bool = False
    alignment: str = ""
    question_number: str = ""
    matrix_group: str = ""
    is_ranked: bool = False
    annotation: str = ""
    slider_labels: str = ""
    row: int = 0
    cells: tuple[str, ...] = ()
    unit: str = ""
    definition: str = ""
    examples: tuple[str, ...] = ()
    why: str = ""
    source: str = ""
    identifiability: str = "free"
    soft_minimum: str = ""
    soft_maximum: str = ""
    range_severity: Severity = Severity.SOFT
    required_severity: Severity = Severity.HARD
    required_when: Expression | None = None
    missing_states: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Name the export columns of this element: one per checkbox choice, none for a descriptive text."""
        if self.type is FieldType.CHECKBOX:
            return tuple(tick_column(self.name, choice.code) for choice in self.choices)
        return () if self.type is FieldType.DESCRIPTIVE else (self.name,)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Give the codes of the choices."""
        return frozenset(choice.code for choice in self.choices)

    @property
    def is_entered(self) -> bool:
        """Whether a person answers it (calculated and descriptive elements are not answered)."""
        return self.type not in (FieldType.CALC, FieldType.DESCRIPTIVE) and self.calculation is None

    @property
    def kind(self) -> str:
        """Say what its columns hold: number, comma_number, date, datetime, time, code, tick or text."""
        if self.type in (FieldType.CALC, FieldType.SLIDER):
            return "number"
        if self.type is FieldType.CHECKBOX:
            return "tick"
        if self.type in CHOSEN:
            return "code"
        return validation_kind(self.validation) if self.type is FieldType.TEXT else "text"

    def label_of(self, code: str) -> str:
        """Give the words of a code; the code itself where it is none of the choices."""
        return self._labels.get(code, code)

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {choice.code: choice.label for choice in self.choices}


def validation_kind(validation: str) -> str:
    """Say what a text validation type holds: number, comma_number, date, datetime, time or text."""
    if validation.endswith("_comma_decimal"):
        return "comma_number"
    if validation == "integer" or validation.startswith("number"):
        return "number"
    return next((kind for kind in ("datetime", "date", "time") if validation.startswith(kind)), "text")


@dataclass(frozen=True)
class Section:
    """One form of the dictionary: its name, its title and its elements in order."""

    name: str
    title: str
    elements: tuple[DataElement, ...]


@dataclass(frozen=True)
class Check:
    """A cross-field rule of the companion: a fault wherever `when` holds.

    starts_on, ends_before: the half-open days of the case's occurred_on between which the rule is in force.
    """

    code: str
    severity: Severity
    when: Expression
    elements: tuple[str, ...]
    message: str
    remedy: str = ""
    starts_on: date | None = None
    ends_before: date | None = None


@dataclass(frozen=True, eq=False)
class DataDictionary:
    """A whole dictionary version, as published. Immutable; compared by identity, equal files give equal digests.

    header: the header row of the file as read; cells of the elements follow it. digest: sha256, hexadecimal, over
    the cells under their column names and the companion's content. warnings: what was accepted but should be known.
    calculation_order: names of the calculated elements, each after those it needs.
    """

    elements: tuple[DataElement, ...]
    sections: tuple[Section, ...] = ()
    checks: tuple[Check, ...] = ()
    missing_states: tuple[Choice, ...] = MISSING_STATES
    roles: Mapping[Role, str] = field(default_factory=lambda: EMPTY)
    title: str = ""
    header: tuple[str, ...] = ()
    digest: str = ""
    warnings: tuple[Fault, ...] = ()
    calculation_order: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Name every export column, in the order of the dictionary."""
        return tuple(column for element in self.elements for column in element.columns)

    @cached_property
    def system_columns(self) -> frozenset[str]:
        """Name the columns of a REDCap export that hold no answer: form status, events, instances, groups."""
        forms = {element.form for element in self.elements}
        return frozenset({*SYSTEM_COLUMNS, *(f"{form}{end}" for form in forms for end in ("_complete", "_timestamp"))})

    def element(self, name: str) -> DataElement:
        """Give the element of a name. Raises KeyError where there is none."""
        return self._by_name[name]

    def element_of(self, column: str) -> DataElement:
        """Give the element an export column belongs to. Raises KeyError where there is none."""
        return self._by_column[column]

    def role(self, role: Role | str) -> DataElement | None:
        """Give the element that plays a role, None where none does."""
        name = self.roles.get(Role(role))
        return self._by_name[name] if name else None

    def has_element(self, name: str) -> bool:
        """Whether there is an element of that name."""
        return name in self._by_name

    def has_column(self, column: str) -> bool:
        """Whether some element has that export column."""
        return column in self._by_column

    @cached_property
    def missing_labels(self) -> Mapping[str, str]:
        """Give the words of each missing state by its code."""
        return MappingProxyType({state.code: state.label for state in self.missing_states})

    @cached_property
    def types(self) -> Types:
        """Say what expressions must know of the columns."""
        missing = frozenset(state.code for state in self.missing_states)
        kinds = {element.name: element.kind for element in self.elements if element.kind in ("number", "comma_number")}
        own = {
            element.name: element.codes & missing
            for element in self.elements
            if element.kind == "code" and element.codes & missing
        }
        ticks = {
            element.name: tuple(zip((choice.code for choice in element.choices), element.columns, strict=True))
            for element in self.elements
            if element.type is FieldType.CHECKBOX
        }
        return Types(kinds=kinds, missing=missing, own_codes=own, ticks=ticks)

    @cached_property
    def _by_name(self) -> dict[str, DataElement]:
        return {element.name: element for element in self.elements}

    @cached_property
    def _by_column(self) -> dict[str, DataElement]:
        return {column: element for element in self.elements for column in element.columns}


SYSTEM_COLUMNS = (
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
    "redcap_survey_identifier",
)


def sections_of(elements: tuple[DataElement, ...]) -> tuple[Section, ...]:
    """Group elements into one section per form, in the order of first appearance."""
    forms = dict.fromkeys(element.form for element in elements)
    return tuple(
        Section(
            name=form,
            title=form.replace("_", " ").strip().capitalize(),
            elements=tuple(element for element in elements if element.form == form),
        )
        for form in forms
    )
