"""The header row of a dictionary file: its columns under whatever names REDCap, its API or R gave them."""

import re
from dataclasses import dataclass

from .faults import Fault

WEB_NAMES = {
    "name": "Variable / Field Name",
    "form": "Form Name",
    "section_header": "Section Header",
    "type": "Field Type",
    "label": "Field Label",
    "choices": "Choices, Calculations, OR Slider Labels",
    "note": "Field Note",
    "validation": "Text Validation Type OR Show Slider Number",
    "minimum": "Text Validation Min",
    "maximum": "Text Validation Max",
    "identifier": "Identifier?",
    "branching": "Branching Logic (Show field only if...)",
    "required": "Required Field?",
    "alignment": "Custom Alignment",
    "question_number": "Question Number (surveys only)",
    "matrix_group": "Matrix Group Name",
    "matrix_ranking": "Matrix Ranking?",
    "annotation": "Field Annotation",
}
API_NAMES = {
    "name": "field_name",
    "form": "form_name",
    "section_header": "section_header",
    "type": "field_type",
    "label": "field_label",
    "choices": "select_choices_or_calculations",
    "note": "field_note",
    "validation": "text_validation_type_or_show_slider_number",
    "minimum": "text_validation_min",
    "maximum": "text_validation_max",
    "identifier": "identifier",
    "branching": "branching_logic",
    "required": "required_field",
    "alignment": "custom_alignment",
    "question_number": "question_number",
    "matrix_group": "matrix_group_name",
    "matrix_ranking": "matrix_ranking",
    "annotation": "field_annotation",
}
OLD_NAMES = {"Choices OR Calculations": "choices", "Field Units": "note", "Branching Logic": "branching"}
NECESSARY = ("name", "form", "type", "label", "choices")
KEYS = tuple(WEB_NAMES)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


KEY_OF = {
    **{_plain(name): key for name, key in OLD_NAMES.items()},
    **{_plain(name): key for names in (WEB_NAMES, API_NAMES) for key, name in names.items()},
}


@dataclass(frozen=True, slots=True)
class Header:
    """A header row: the names as written, and the position of each known column."""

    names: tuple[str, ...]
    positions: dict[str, int]

    def letter(self, key: str) -> str:
        """Give the spreadsheet letter of a known column, "" where the file has no such column."""
        return letter_of(self.positions[key]) if key in self.positions else ""

    def canonical_names(self) -> list[str]:
        """Give the names with known columns under their one canonical name, for the digest."""
        keys = {position: key for key, position in self.positions.items()}
        return [keys.get(position, name) for position, name in enumerate(self.names)]


def letter_of(position: int) -> str:
    """Give the spreadsheet letters of a 0-based column position: A … Z, AA …"""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_header(names: list[str]) -> tuple[Header | None, list[Fault], list[Fault]]:
    """Read a header row: the header (None where it cannot be used), its faults and its warnings."""
    positions: dict[str, int] = {}
    faults, warnings = [], []
    for position, name in enumerate(names):
        key = KEY_OF.get(_plain(name))
        if key in positions:
            faults.append(_fault(position, f"The column “{name}” stands twice in the header.", "Keep one of the two."))
        elif key:
            positions[key] = position
    if (
        "name" not in positions
        and names
        and positions == {key: place for place, key in enumerate(KEYS) if 0 < place < len(names)}
    ):
        positions["name"] = 0
        warnings.append(
            _fault(0, f"The header of the first column reads “{names[0]}”; it was taken for “{WEB_NAMES['name']}”.", "")
        )
    for key in NECESSARY:
        if key not in positions:
            message = f"The column “{WEB_NAMES[key]}” is missing from the header."
            faults.append(
                Fault(1, "", "", message, "Export the data dictionary from REDCap again, with its header row.")
            )
    return (None if faults else Header(tuple(names), positions)), faults, warnings


def _fault(position: int, message: str, remedy: str) -> Fault:
    return Fault(1, letter_of(position), "", message, remedy)
