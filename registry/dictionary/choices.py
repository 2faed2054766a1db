"""The choices cell: `code, label | code, label`. Codes are text, never numbers."""

from .elements import Choice
from .references import tick_column


def read_choices(cell: str, *, element: str | None = None) -> tuple[tuple[Choice, ...], list[str]]:
    """Read a choices cell: (choices, complaints in words).

    A piece without a comma is both code and label; blank pieces (a bar at the end) are passed over.
    element: the name of a checkbox, whose choices must also give different export columns.
    """
    choices, complaints = [], []
    for piece in cell.split("|"):
        code, comma, label = piece.partition(",")
        code, label = code.strip(), label.strip()
        if not code and not label:
            continue
        if not code:
            complaints.append(f"The choice “{piece.strip()[:40]}” has no code.")
        else:
            choices.append(Choice(code, label if comma else code))
    if not choices:
        complaints.append("There are no choices.")
    complaints += _repeated([choice.code for choice in choices], "The code “{}” stands more than once.")
    if element is not None and not complaints:
        columns = [tick_column(element, choice.code) for choice in choices]
        complaints += _repeated(columns, "Two codes give the same export column “{}”.")
    return tuple(choices), complaints


def _repeated(texts: list[str], message: str) -> list[str]:
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for text in texts:
        if text in seen:
            repeated[text] = None
        seen.add(text)
    return [message.format(text) for text in repeated]
