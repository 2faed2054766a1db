"""A checked file made ready to be given back: its rows where they stood, and a mark on every bad cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.intake import columns, files
from registry.intake.sheet import DESK
from registry.models import Upload

MOST_CELLS = 600_000


@dataclass(frozen=True, kw_only=True)
class Marked:
    """Header, rows and marks: (row, column) counted from 0 with the header as row 0 → (severity, words)."""

    header: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    marks: dict[tuple[int, int], tuple[str, str]]

    def with_words(self) -> tuple[list[str], list[list[str | None]]]:
        """Give header and rows with the marks in words in a last column."""
        words: dict[int, list[str]] = {}
        for (row, _), (_, said) in sorted(self.marks.items()):
            words.setdefault(row, []).append(said)
        rows = [[*row, " | ".join(words.get(number, []))] for number, row in enumerate(self.rows, start=1)]
        return [*self.header, "findings"], rows


def marked(upload: Upload) -> Marked:
    """Lay a file out with its findings. Rows stay where they were; a very large file comes back with its faulty rows only."""
    sheet = files.read(bytes(upload.content), limits=DESK)
    width = len(sheet.headers)
    texts = [columns.texts(sheet.texts(place)) for place in range(width)]
    by_number: dict[int, list[str | None]] = {
        number: [column[at] for column in texts] for at, number in enumerate(sheet.rows.tolist())
    }
    faulty = sorted({finding["row"] for finding in upload.findings})
    latest = max([*by_number, *faulty], default=1)
    numbers = list(range(2, latest + 1)) if latest * width <= MOST_CELLS else faulty
    position = {number: place for place, number in enumerate(numbers, start=1)}
    marks: dict[tuple[int, int], tuple[str, str]] = {}
    for finding in upload.findings:
        cell = (position[finding["row"]], finding["place"] or 0)
        said = f"{finding['column']}: {finding['message']} {finding['remedy']}".strip(" :")
        before = marks.get(cell)
        severity = "hard" if "hard" in (finding["severity"], before[0] if before else "") else "soft"
        marks[cell] = (severity, f"{before[1]} {said}" if before else said)
    return Marked(header=sheet.headers, rows=[by_number.get(number, [None] * width) for number in numbers], marks=marks)
