"""What an edit check says of a case: one finding."""

from dataclasses import dataclass

from .elements import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which rule, where, how grave, in words, how to mend it, and the value found ("" where blank).

    column: the export column; for a checkbox as a whole its first.
    """

    code: str
    element: str
    column: str
    severity: Severity
    message: str
    remedy: str
    value: str = ""
