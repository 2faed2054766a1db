"""What a value is inside an expression: how text is read as a number, an instant or a truth, and how values compare.

The normative words are docs/expressions.md; `static/expression.js` says the same again for the browser. No parsing here.
"""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Missing:
    """A declared missing state (such as ND, not done): neither blank nor an ordinary text."""

    code: str


Value = None | float | str | Missing

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
COMMA_NUMBER = re.compile(r"[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)", re.ASCII)
INSTANT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?", re.ASCII)
CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
SPACES = " \t\r\n\f\v\u00a0"
DAY = 86400.0
MOST_WHOLE = 64
ORIGIN = date(1970, 1, 1).toordinal()
FIRST_INSTANT = (1 - ORIGIN) * DAY
LAST_INSTANT = (date.max.toordinal() - ORIGIN + 1) * DAY - 1
TWELVE = Context(prec=12, rounding=ROUND_HALF_UP)


def finite(number: float) -> float | None:
    """Give the number, or blank (None) where it is infinite or not a number."""
    return number if math.isfinite(number) else None


@lru_cache(maxsize=65536)
def number_in(text: str) -> float | None:
    """Read plain decimal text as a number; None where it is anything else (an exponent, a space, a word).

    Source: docs/expressions.md, "Reading a number".
    """
    return finite(float(text)) if NUMBER.fullmatch(text) else None


@lru_cache(maxsize=65536)
def comma_number_in(text: str) -> float | None:
    """Read decimal text written with a comma ("1,5") as a number; None where it is anything else."""
    return finite(float(text.replace(",", "."))) if COMMA_NUMBER.fullmatch(text) else None


@lru_cache(maxsize=65536)
def instant_in(text: str) -> float | None:
    """Read an ISO date or date and time as seconds since 1970-01-01 00:00 (no time zone); None where it is neither.

    A date alone is its midnight. Days that do not exist (2023-02-29) are not dates.
    """
    found = INSTANT.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return (date(year, month, day).toordinal() - ORIGIN) * DAY + hour * 3600 + minute * 60 + second


def days_in_month(year: int, month: int) -> int:
    """Count the days of a month in the Gregorian calendar."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def clock_in(text: str) -> float | None:
    """Read HH:MM or HH:MM:SS as seconds since midnight; None where it is neither."""
    found = CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    return None if hour > 23 or minute > 59 or second > 59 else hour * 3600.0 + minute * 60 + second


def calendar_day(seconds: float) -> date:
    """Give the calendar day of an instant in seconds since 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=math.floor(seconds / DAY))


def instant_text(seconds: float) -> str:
    """Write an instant in whole seconds since 1970-01-01 as YYYY-MM-DD HH:MM:SS."""
    clock = int(seconds % DAY)
    return f"{calendar_day(seconds).isoformat()} {clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"


def today_text(today: date, *, now: bool = False) -> str:
    """Write the `today` (or `now`) that was passed in as ISO text."""
    if isinstance(today, datetime):
        return today.strftime("%Y-%m-%d %H:%M:%S") if now else today.date().isoformat()
    return today.isoformat()


@lru_cache(maxsize=65536)
def number_text(number: float) -> str:
    """Write a number in plain decimal digits, as few as denote it: 3, 2.5, -0.001; never an exponent, never -0."""
    text = format(Decimal(repr(number)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def number_of(value: Value) -> float | None:
    """Read a value as a number: itself, or plain decimal text; None for blank, missing states and other text."""
    if isinstance(value, float):
        return value
    return number_in(value) if isinstance(value, str) else None


def instant_of(value: Value) -> float | None:
    """Read a text value as an instant; None for everything else."""
    return instant_in(value) if isinstance(value, str) else None


def text_of(value: Value) -> str:
    """Write a value as text: '' for blank, the code of a missing state, plain digits of a number."""
    if value is None:
        return ""
    if isinstance(value, float):
        return number_text(value)
    return value.code if isinstance(value, Missing) else value


def from_text(text: str) -> Value:
    """Make a text value; the empty text is blank."""
    return text or None


def truth(value: Value) -> bool:
    """Decide whether a value counts as true: numbers but 0, and text but blank or a nought; missing states never do."""
    if value is None or isinstance(value, Missing):
        return False
    number = number_of(value)
    return True if number is None else number != 0


def equal(left: Value, right: Value) -> bool:
    """Decide `=`: as numbers where either is a number, as instants where both are dates, otherwise letter for letter."""
    if isinstance(left, float) or isinstance(right, float):
        first, second = number_of(left), number_of(right)
        return first is not None and second is not None and first == second
    if isinstance(left, str) and isinstance(right, str):
        earlier, later = instant_in(left), instant_in(right)
        if earlier is not None and later is not None:
            return earlier == later
    return text_of(left) == text_of(right)


def comparable(left: Value, right: Value) -> tuple[float, float] | tuple[str, str] | None:
    """Give the pair to be ordered: two numbers, two instants or two words; None where they cannot be ordered."""
    if left is None or right is None or isinstance(left, Missing) or isinstance(right, Missing):
        return None
    numbers = number_of(left), number_of(right)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers
    instants = instant_of(left), instant_of(right)
    if instants[0] is not None and instants[1] is not None:
        return instants
    if numbers == (None, None) and instants == (None, None):
        return text_of(left), text_of(right)
    return None


def compare(operator: str, left: Value, right: Value) -> bool:
    """Compare two values with one of = <> < <= > >=. Pairs that cannot be ordered make every order false."""
    if operator == "=":
        return equal(left, right)
    if operator == "<>":
        return not equal(left, right)
    pair = comparable(left, right)
    if pair is None:
        return False
    first, second = pair
    if operator == "<":
        return first < second
    if operator == "<=":
        return first <= second
    return first > second if operator == ">" else first >= second


def whole_power(base: float, exponent: int) -> float:
    """Raise to a whole power by squaring, in an order the frame and the browser repeat step by step."""
    result, factor, left = 1.0, base, abs(exponent)
    while left:
        if left & 1:
            result *= factor
        left >>= 1
        if left:
            factor *= factor
    return result if exponent >= 0 else (1.0 / result if result else math.inf)


def twelve_digits(number: float) -> float | None:
    """Round to 12 significant digits: what powers, logarithms and exponentials are given to, on every machine."""
    return float(TWELVE.create_decimal_from_float(number)) if math.isfinite(number) else None


def arithmetic(operator: str, left: Value, right: Value) -> float | None:
    """Compute + * / % ^ on two values; blank where either is no number, on division by zero and where not finite."""
    first, second = number_of(left), number_of(right)
    if first is None or second is None:
        return None
    if operator == "+":
        return finite(first + second)
    if operator == "*":
        return finite(first * second)
    if operator in "/%":
        if second == 0:
            return None
        return finite(first / second if operator == "/" else math.fmod(first, second))
    return power(first, second)


def power(base: float, exponent: float) -> float | None:
    """Raise a number to a power; blank where undefined or infinite."""
    if exponent == math.floor(exponent) and abs(exponent) <= MOST_WHOLE:
        return finite(whole_power(base, int(exponent)))
    if base < 0 or (base == 0 and exponent < 0):
        return None
    try:
        return twelve_digits(math.pow(base, exponent))
    except OverflowError:
        return None
