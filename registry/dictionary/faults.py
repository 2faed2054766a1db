"""What is wrong with a dictionary file: every fault with its place, and the refusal that carries them all."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, or one warning: where it is, what it is, how to mend it.

    row: row number as a spreadsheet shows it (header = 1), None for the companion or the whole file.
    column_letter: "A" … "R" and beyond, "" where no one column is meant. element: its name, "" where none is known.
    """

    row: int | None
    column_letter: str
    element: str
    message: str
    remedy: str = ""

    @property
    def place(self) -> str:
        """Say the place in words: "row 83, column L"."""
        if self.row is None:
            return "companion" if self.element else "file"
        return f"row {self.row}, column {self.column_letter}" if self.column_letter else f"row {self.row}"

    def __str__(self) -> str:
        name = f" ({self.element})" if self.element else ""
        return " ".join(part for part in (f"{self.place}{name}: {self.message}", self.remedy) if part)


class DictionaryFaults(ValueError):
    """A dictionary that was refused, with all its faults, in the order of the rows."""

    def __init__(self, faults: Sequence[Fault]):
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.row is None, fault.row or 0, fault.column_letter)))
        super().__init__("\n".join(str(fault) for fault in self.faults))
