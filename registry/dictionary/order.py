"""Checks that dates do not decrease, made from a list of date elements."""

from itertools import pairwise

from .elements import Check, DataElement, Severity
from .expression import parse

ORDER_PREFIX = "order."


def order_checks(elements: list[DataElement], *, severity: Severity, remedy: str = "") -> tuple[Check, ...]:
    """Make one check for each neighbouring pair: a finding where the later element's date is before the earlier's.

    Where one of the two has no time of day, days are compared, so that 14:00 on the same day is not too late.
    """
    return tuple(_check(earlier, later, severity, remedy) for earlier, later in pairwise(elements))


def _check(earlier: DataElement, later: DataElement, severity: Severity, remedy: str) -> Check:
    first, second = f"[{earlier.name}]", f"[{later.name}]"
    if earlier.kind != later.kind:
        first, second = (f"left({part}, 10)" for part in (first, second))
    return Check(
        code=f"{ORDER_PREFIX}{earlier.name}.{later.name}",
        severity=severity,
        when=parse(f"datediff({first}, {second}, 's', true) < 0"),
        elements=(later.name, earlier.name),
        message="{later} is before {earlier} ({dates}).",
        remedy=remedy or "Check both dates.",
    )
