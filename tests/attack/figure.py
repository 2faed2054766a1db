"""Figure: one line of what an attack found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was tried, how often, what came of it, and whether that is what was promised."""

    attack: str
    tried: str
    found: str
    held: bool
    details: tuple[str, ...] = ()

    def row(self) -> str:
        """Return the line of the table in docs/trust.md."""
        return f"| {self.attack} | {self.tried} | {self.found} | {'held' if self.held else '**broken**'} |"
