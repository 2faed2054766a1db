"""The window of a comparison: which periods it speaks about, and which came before. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Window:
    """What a comparison speaks about. ``periods`` are (ordinal, label) of the whole history, ``inside`` those compared.

    ``final_from`` is the day from which every case's follow-up is over; ``as_of`` is what “today” means in a measure.
    """

    label: str
    starts_on: date | None
    ends_before: date | None
    final_from: date | None
    periods: tuple[tuple[int, str], ...]
    inside: tuple[int, ...]
    digests: tuple[str, ...]
    as_of: date

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "label": self.label,
            "starts_on": self.starts_on.isoformat() if self.starts_on else None,
            "ends_before": self.ends_before.isoformat() if self.ends_before else None,
            "final_from": self.final_from.isoformat() if self.final_from else None,
            "digests": list(self.digests),
        }
