"""References in a tree: what they name, which columns they read, and what value those columns give."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .values import Missing, Value, text_of

NOT_A_LETTER = re.compile(r"[^a-z0-9_]", re.ASCII)
CURRENT = (None, "1", "first-instance", "last-instance", "current-instance")


@dataclass(frozen=True, slots=True)
class Reference:
    """`[event][name(code):modifier][instance]`: which element, which checkbox member, where."""

    name: str
    code: str | None = None
    event: str | None = None
    instance: str | None = None
    modifier: str | None = None

    @property
    def is_system(self) -> bool:
        """Whether it is one of REDCap's own variables (they are written with a hyphen), which hold no answer."""
        return "-" in self.name


def tick_column(element: str, code: str) -> str:
    """Name the export column of one checkbox choice: `element___code`, lower case, all other signs as `_`.

    Source: REDCap's export of checkboxes (-4 gives element____4).
    """
    return f"{element}___{NOT_A_LETTER.sub('_', code.lower())}"


def columns_read(reference: Reference, ticks: tuple[tuple[str, str], ...] | None) -> list[str]:
    """Name the columns a reference reads: all ticks of a checkbox, one of them, or the element's own column."""
    if not ticks:
        return [reference.name]
    return [column for _, column in ticks] if reference.code is None else [tick_column(reference.name, reference.code)]


def is_current(reference: Reference) -> bool:
    """Whether a reference reads the case itself; other instances, labels and system variables are blank here."""
    return reference.instance in CURRENT and reference.modifier in (None, "value") and not reference.is_system


def references_in(tree: list) -> tuple[Reference, ...]:
    """List every reference of a tree in order of appearance."""
    return tuple(_walk(tree))


def _walk(tree: list) -> Iterator[Reference]:
    if tree[0] == "ref":
        yield Reference(*tree[1:])
    for part in tree[1:]:
        if isinstance(part, list):
            yield from _walk(part)


def reference_value(reference: Reference, values: list[Value], ticks: tuple[tuple[str, str], ...] | None) -> Value:
    """Give the value of a reference from the values of its columns.

    A checkbox member is '1' or '0' (blank counts as '0'); a checkbox without a code is its ticked codes joined with
    commas; a code on any other element is '1' where the element holds exactly that code.
    """
    if ticks and reference.code is None:
        return ",".join(code for (code, _), value in zip(ticks, values, strict=True) if text_of(value) == "1") or None
    value = values[0]
    if reference.code is None or (ticks and isinstance(value, Missing)):
        return value
    expected = "1" if ticks else reference.code
    return "1" if text_of(value) == expected else "0"
