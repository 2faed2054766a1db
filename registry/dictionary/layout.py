"""Answers by position: a case stores one text per export column, in the order of its dictionary version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Layout:
    """The columns of one dictionary version, in order."""

    columns: tuple[str, ...]

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Give the position of each column, counted from 0."""
        return {column: place for place, column in enumerate(self.columns)}

    def pack(self, answers: Mapping[str, str]) -> list[str | None]:
        """Put answers in order: one text per column, None where blank.

        Raises KeyError naming the columns that this version does not have, so that nothing is lost silently.
        """
        unknown = [column for column in answers if column not in self.position]
        if unknown:
            raise KeyError(f"This dictionary version has no column {', '.join(sorted(unknown))}.")
        return [answers.get(column) or None for column in self.columns]

    def unpack(self, texts: Sequence[str | None]) -> dict[str, str]:
        """Give the answers of packed texts; blanks are absent. Raises ValueError where the lengths differ."""
        if len(texts) != len(self.columns):
            raise ValueError(f"{len(texts)} texts do not fit {len(self.columns)} columns.")
        return {column: text for column, text in zip(self.columns, texts, strict=True) if text}
