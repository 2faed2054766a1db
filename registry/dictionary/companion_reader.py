"""Reading TOML tables with every fault gathered: unknown keys, wrong kinds, expressions that cannot be read."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date

from .expression import Expression, ExpressionFault, parse
from .faults import Fault
from .references import Reference

KIND_WORDS = {str: "text in quotes", list: "a list", dict: "a table", date: "a date"}


class TableReader(ABC):
    """Gathers faults while tables are read. Subclasses say which references are known (`complaint`)."""

    def __init__(self):
        self.faults: list[Fault] = []

    def fault(self, place: str, message: str, remedy: str = "") -> None:
        self.faults.append(Fault(None, "", place, message, remedy))

    @abstractmethod
    def complaint(self, reference: Reference) -> str:
        """Say why a reference is dangling, "" where it is not."""

    def table(
        self, place: str, table: object, kinds: Mapping[str, type | tuple[type, ...]], *, needed: tuple[str, ...] = ()
    ) -> dict:
        """Keep the known entries of the right kind; a fault for each other one, and for each needed one absent."""
        if not isinstance(table, dict):
            self.fault(place, "This is not a table.", "Write key = value lines under a [table].")
            return {}
        kept = {}
        for key, value in table.items():
            if key not in kinds:
                self.fault(place, f"There is no entry “{key}”.", f"Use {', '.join(kinds)}.")
            elif not isinstance(value, kinds[key]) or isinstance(value, bool):
                self.fault(place, f"“{key}” is not {KIND_WORDS.get(kinds[key], 'a number or a date')}.")
            else:
                kept[key] = value
        for key in needed:
            if key not in table:
                self.fault(place, f"The entry “{key}” is missing.")
        return kept

    def one_of(self, place: str, settings: dict, key: str, allowed: tuple[str, ...]) -> None:
        """Take an entry out, with a fault, unless it is one of the allowed words."""
        if key in settings and settings[key] not in allowed:
            self.fault(place, f"“{key}” is “{settings[key]}”.", f"Use one of {', '.join(allowed)}.")
            del settings[key]

    def expression(self, place: str, text: str) -> Expression | None:
        """Parse an expression and check its references; None, with a fault, where it cannot be read."""
        try:
            expression = parse(text)
        except ExpressionFault as fault:
            self.fault(
                place,
                f"{fault.message} (at character {fault.position + 1} of “{text[:80]}”)",
                "Correct the expression.",
            )
            return None
        for reference in dict.fromkeys(expression.references):
            complaint = self.complaint(reference)
            if complaint:
                self.fault(place, complaint, "Correct the name, or add the element.")
        return expression
