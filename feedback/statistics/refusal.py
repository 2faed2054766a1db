"""The one exception by which the comparison says, in plain words, that it cannot be made."""

from __future__ import annotations


class ComparisonRefusal(Exception):
    """An anticipated reason why no comparison exists; safe to store and to show.

    Attributes
    ----------
    code : str, an upper-case word a program can act on (``SEPARATED``, ``ONE_SITE`` …).
    reasons : tuple of sentences a person can act on, at least one.
    """

    def __init__(self, code: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{code}: {' '.join(reasons)}")
        self.code = code
        self.reasons = tuple(reasons)
