"""What the columns of a case hold, so far as an expression must know: numbers or text, ticks, missing states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .values import Missing, Value, comma_number_in, number_in

EMPTY: Mapping = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Types:
    """Column kinds for expressions.

    kinds: column → "number" or "comma_number" (decimal comma); every other column holds text.
    missing: the declared missing-state codes.
    own_codes: column → codes that are the element's own choices, and so no missing states there.
    ticks: checkbox element → ((code, column), …) in the order of its choices.
    """

    kinds: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    missing: frozenset[str] = frozenset()
    own_codes: Mapping[str, frozenset[str]] = field(default_factory=lambda: EMPTY)
    ticks: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=lambda: EMPTY)

    def read(self, column: str, text: str | None) -> Value:
        """Read one stored text as a value of its column."""
        if text is None or text == "":
            return None
        if text in self.missing and text not in self.own_codes.get(column, ()):
            return Missing(text)
        kind = self.kinds.get(column)
        if kind is None:
            return text
        number = comma_number_in(text) if kind == "comma_number" else number_in(text)
        return text if number is None else number

    def read_all(self, column: str, texts: list[str]) -> list[Value]:
        """Read many texts of one column: the same as `read` for each, quicker."""
        states = self.missing - self.own_codes.get(column, frozenset())
        kind = self.kinds.get(column)
        if kind is None:
            return [(Missing(text) if text in states else text) if text else None for text in texts]
        number_of_text = comma_number_in if kind == "comma_number" else number_in
        values: list[Value] = []
        for text in texts:
            number = None if not text or text in states else number_of_text(text)
            values.append(
                number if number is not None else (Missing(text) if text in states else text) if text else None
            )
        return values

    def as_json(self) -> dict:
        """Give the same as JSON-able data: what `static/expression.js` takes as its context."""
        return {
            "kinds": dict(self.kinds),
            "missing": sorted(self.missing),
            "own_codes": {column: sorted(codes) for column, codes in self.own_codes.items()},
            "ticks": {element: [list(pair) for pair in pairs] for element, pairs in self.ticks.items()},
        }
