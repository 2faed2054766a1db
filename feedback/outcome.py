"""What one measure gave: the engine's answer, and what the database stores of it. Pure, and light to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ledger:
    """How each case of one hospital was judged, in order of case code; ``expected`` is the risk of a counted case."""

    case_codes: tuple[str, ...]
    status: tuple[int, ...]
    reasons: tuple[str, ...]
    expected: tuple[float | None, ...]


@dataclass(frozen=True)
class MeasureOutcome:
    """Everything one measure gave. A refusal leaves results empty; the ledgers are there all the same."""

    refusal: tuple[str, ...]
    model: Mapping[str, Any]
    summary: Mapping[str, Any]
    results: Mapping[int, Mapping[str, Any]]
    ledgers: Mapping[int, Ledger]
    surgeons: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return plain data, for the digest."""
        return {
            "refusal": list(self.refusal),
            "model": self.model,
            "summary": self.summary,
            "results": {str(key): value for key, value in sorted(self.results.items())},
            "ledgers": {str(key): dict(vars(value)) for key, value in sorted(self.ledgers.items())},
            "surgeons": {str(key): value for key, value in sorted(self.surgeons.items())},
        }
