"""One row of a dictionary file, read cell by cell into a data element, with every fault of the row."""

import re

from .annotation import CALCULATING, calculations_in, tags_in
from .choices import read_choices
from .elements import TRUE_FALSE, YES_NO, DataElement, FieldType, validation_kind
from .expression import Expression, ExpressionFault, parse
from .faults import Fault
from .headers import Header
from .validation import ALIASES, TYPES, fits

NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
LIMIT_REFERENCE = re.compile(r"\[[a-z0-9_]+\]", re.ASCII)
TYPE_ALIASES = {"select": "dropdown", "textarea": "notes"}
ALIGNMENTS = ("", "RV", "RH", "LV", "LH")
OPTIONAL = (
    *("section_header", "validation", "minimum", "maximum", "identifier", "branching", "required"),
    *("alignment", "matrix_group", "matrix_ranking", "annotation"),
)
OTHER_VALIDATIONS = {FieldType.DROPDOWN: "autocomplete", FieldType.FILE: "signature", FieldType.SLIDER: "number"}
FIELD_TYPES = frozenset(FieldType)
MATRIX_TYPES = (FieldType.RADIO, FieldType.CHECKBOX)


class RowReader:
    """Reads one row; `faults` and `warnings` gather what was found."""

    def __init__(self, header: Header, cells: list[str], row: int):
        self.header = header
        self.cells = tuple(cells)
        self.row = row
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.name = self.cell("name")

    def cell(self, key: str) -> str:
        """Give a cell without surrounding space; "" where the file lacks the column, or an optional cell reads NA."""
        position = self.header.positions.get(key)
        text = "" if position is None else self.cells[position].strip()
        return "" if key in OPTIONAL and text == "NA" else text

    def fault(self, key: str, message: str, remedy: str = "") -> None:
        self.faults.append(Fault(self.row, self.header.letter(key), self.name, message, remedy))

    def warn(self, key: str, message: str, remedy: str = "") -> None:
        self.warnings.append(Fault(self.row, self.header.letter(key), self.name, message, remedy))

    def element(self) -> DataElement | None:
        """Read the row; None where its type is unknown, so that nothing else in it can be judged."""
        self._check_names()
        kind = self._type()
        if kind is None:
            return None
        validation = self._validation(kind)
        minimum, maximum = self._limits(kind, validation)
        return DataElement(
            name=self.name,
            form=self.cell("form"),
            type=kind,
            label=self.cell("label"),
            section_header=self.cell("section_header"),
            choices=self._choices(kind),
            calculation=self._calculation(kind, validation),
            note=self.cell("note"),
            validation=validation,
            minimum=minimum,
            maximum=maximum,
            is_identifier=self._flag("identifier"),
            branching=self._expression("branching", self.cell("branching")),
            is_required=self._flag("required"),
            alignment=self._alignment(),
            question_number=self.cell("question_number"),
            matrix_group=self._matrix(kind),
            is_ranked=self._flag("matrix_ranking"),
            annotation=self.cell("annotation"),
            slider_labels=self.cell("choices") if kind is FieldType.SLIDER else "",
            row=self.row,
            cells=self.cells,
        )

    def _check_names(self) -> None:
        for key, what in (("name", "element"), ("form", "form")):
            text = self.cell(key)
            if not text:
                self.fault(key, f"The {what} has no name.", "Give it one: small letters, digits and underscores.")
            elif not NAME.fullmatch(text) or len(text) > 100:
                self.fault(
                    key,
                    f"“{text[:60]}” is not a name.",
                    "Use small letters, digits and underscores, beginning with a letter, at most 100.",
                )
            elif key == "name" and ("__" in text or text.endswith("_")):
                self.fault(
                    key,
                    f"The name “{text}” holds a double underscore or ends with one.",
                    "Double underscores are kept for checkbox columns.",
                )

    def _type(self) -> FieldType | None:
        text = self.cell("type").lower()
        text = TYPE_ALIASES.get(text, text)
        if text in FIELD_TYPES:
            if text == FieldType.SQL:
                message = "A field of type sql is taken over as text; its query is kept and never run."
                self.warn("type", message, "Replace it with a dropdown if people are to choose.")
            return FieldType(text)
        self.fault(
            "type",
            f"There is no field type “{text}”." if text else "The field type is blank.",
            f"Use one of {', '.join(FieldType)}.",
        )
        return None

    def _validation(self, kind: FieldType) -> str:
        text = self.cell("validation")
        if kind is FieldType.TEXT:
            text = ALIASES.get(text, text)
            if text and text not in TYPES:
                self.fault(
                    "validation",
                    f"There is no validation type “{text}”.",
                    "Use one of REDCap's, such as integer, number or date_ymd.",
                )
                return ""
        elif text and text != OTHER_VALIDATIONS.get(kind):
            self.warn("validation", f"“{text}” has no meaning on a field of type {kind}; it is kept and ignored.")
        return text

    def _limits(self, kind: FieldType, validation: str) -> tuple[str, str]:
        limits = self.cell("minimum"), self.cell("maximum")
        if limits == ("", ""):
            return limits
        rule = "number" if kind is FieldType.SLIDER else validation if kind is FieldType.TEXT else ""
        if not rule:
            message = "A limit has no meaning without a validation type; it is kept and ignored."
            self.warn("minimum" if limits[0] else "maximum", message, "Choose a validation type.")
            return "", ""
        for key, limit in zip(("minimum", "maximum"), limits, strict=True):
            if not limit_fits(rule, limit):
                self.fault(
                    key,
                    f"The limit “{limit}” is not of the type {rule}.",
                    "Write numbers plainly and dates as YYYY-MM-DD.",
                )
        if _reversed(rule, *limits):
            self.fault("minimum", f"The lowest value {limits[0]} is above the highest, {limits[1]}.", "Exchange them.")
        return limits

    def _choices(self, kind: FieldType):
        if kind is FieldType.YESNO:
            return YES_NO
        if kind is FieldType.TRUEFALSE:
            return TRUE_FALSE
        if kind not in (FieldType.RADIO, FieldType.DROPDOWN, FieldType.CHECKBOX):
            return ()
        choices, complaints = read_choices(
            self.cell("choices"), element=self.name if kind is FieldType.CHECKBOX else None
        )
        for complaint in complaints:
            self.fault("choices", complaint, "Write “code, label | code, label”, each code once.")
        return choices

    def _calculation(self, kind: FieldType, validation: str) -> Expression | None:
        if kind is not FieldType.CALC:
            return self._tagged(kind, validation)
        text = self.cell("choices")
        if not text:
            self.fault("choices", "A calculated field needs its calculation.", "Write it in this cell.")
        return self._expression("choices", text)

    def _tagged(self, kind: FieldType, validation: str) -> Expression | None:
        """Read @CALCTEXT(…) or @CALCDATE(…) of a text field; whatever cannot be followed is kept with a warning."""
        annotation = self.cell("annotation")
        listed = calculations_in(annotation)
        tags = sorted(set(CALCULATING) & set(tags_in(annotation)))
        if not tags:
            return None
        if why := _why_not_followed(self.row, kind, validation, listed):
            names = " and ".join(f"@{tag}" for tag in tags)
            self.warn("annotation", f"{names} is kept and not evaluated here, {why}: the field is entered by hand.")
            return None
        tag, inner = listed[0]
        if inner is None or not inner.strip():
            self.fault("annotation", f"@{tag} needs its calculation in brackets, and they must close.", "Write it out.")
            return None
        return self._expression("annotation", f"calcdate({inner})" if tag == "CALCDATE" else inner)

    def _expression(self, key: str, text: str) -> Expression | None:
        if not text:
            return None
        try:
            return parse(text)
        except ExpressionFault as fault:
            near = text[max(0, fault.position - 12) : fault.position + 12].replace("\n", " ")
            self.fault(
                key, f"{fault.message} (at character {fault.position + 1}, near “{near}”)", "Correct the expression."
            )
            return None

    def _flag(self, key: str) -> bool:
        text = self.cell(key).lower()
        if text not in ("", "y"):
            self.fault(
                key,
                f"“{self.cell(key)[:40]}” stands where only y or nothing may stand.",
                "Write y, or leave the cell blank.",
            )
        return text == "y"

    def _alignment(self) -> str:
        text = self.cell("alignment").upper()
        if text not in ALIGNMENTS:
            self.fault("alignment", f"There is no alignment “{text}”.", "Use RV, RH, LV, LH or leave the cell blank.")
        return text

    def _matrix(self, kind: FieldType) -> str:
        text = self.cell("matrix_group")
        if text and kind not in MATRIX_TYPES:
            self.fault(
                "matrix_group",
                f"A field of type {kind} cannot stand in a matrix.",
                "Only radio and checkbox fields can.",
            )
        return text


def _why_not_followed(row: int, kind: FieldType, validation: str, listed: list[tuple[str, str | None]]) -> str:
    if row == 2:
        return "since the first element names the case"
    if kind not in (FieldType.TEXT, FieldType.NOTES):
        return "since only text fields can be calculated by a tag"
    if len(listed) != 1:
        return "since two tags calculate one field" if listed else "since it stands inside another tag"
    if listed[0][0] == "CALCDATE" and validation_kind(validation) not in ("date", "datetime"):
        return "since the field has no date validation"
    return ""


def limit_fits(validation: str, limit: str) -> bool:
    """Decide whether a limit is blank, a reference, today or now, or a value of the validation type."""
    if limit in ("", "today", "now") or LIMIT_REFERENCE.fullmatch(limit):
        return True
    if fits(validation, limit) or (
        validation.startswith(("integer", "number")) and (fits("number", limit) or fits("number_comma_decimal", limit))
    ):
        return True
    return validation.startswith("datetime") and any(
        fits(kind, limit) for kind in ("date_ymd", "datetime_ymd", "datetime_seconds_ymd")
    )


def _reversed(validation: str, lowest: str, highest: str) -> bool:
    if not (lowest and highest) or not (lowest[-1:].isdigit() and highest[-1:].isdigit()):
        return False
    if validation.startswith(("integer", "number")):
        return fits("number", lowest) and fits("number", highest) and float(lowest) > float(highest)
    return validation.startswith(("date", "time")) and lowest > highest
