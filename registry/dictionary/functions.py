"""The functions of the expression language, on single values. Their normative words are docs/expressions.md."""

import math
from collections.abc import Callable
from datetime import date

from .rounding import rounded
from .values import (
    DAY,
    FIRST_INSTANT,
    LAST_INSTANT,
    SPACES,
    Missing,
    Value,
    calendar_day,
    clock_in,
    days_in_month,
    finite,
    from_text,
    instant_in,
    instant_of,
    instant_text,
    number_of,
    text_of,
    today_text,
    truth,
    twelve_digits,
)

UNITS = {"y": 365.2425 * DAY, "M": 30.44 * DAY, "d": DAY, "h": 3600.0, "m": 60.0, "s": 1.0}
FOUR_CENTURIES = 146097
DATE_FORMATS = ("ymd", "mdy", "dmy")


def numbers_in(values: list[Value]) -> list[float]:
    """Keep what can be read as numbers; blank, missing states and words are skipped."""
    read = (number_of(value) for value in values)
    return [number for number in read if number is not None]


def _sum(values, today):
    numbers = numbers_in(values)
    return finite(_total(numbers)) if numbers else None


def _total(numbers: list[float]) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


def _mean(values, today):
    numbers = numbers_in(values)
    return finite(_total(numbers) / len(numbers)) if numbers else None


def _median(values, today):
    numbers = sorted(numbers_in(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else finite((numbers[middle - 1] + numbers[middle]) / 2)


def _stdev(values, today):
    numbers = numbers_in(values)
    if len(numbers) < 2:
        return None
    centre = _total(numbers) / len(numbers)
    squares = _total([(number - centre) * (number - centre) for number in numbers])
    return finite(math.sqrt(squares / (len(numbers) - 1)))


def _min(values, today):
    return min(numbers_in(values), default=None)


def _max(values, today):
    return max(numbers_in(values), default=None)


def _rounding(how: str):
    def function(values, today):
        number = number_of(values[0])
        places = whole_number(values[1]) if len(values) == 2 else 0
        return None if number is None or places is None else rounded(number, places, how)

    return function


def whole_number(value: Value) -> int | None:
    """Read a value as a whole number of reasonable size; None where it is not one."""
    number = number_of(value)
    return int(number) if number is not None and abs(number) < 1e9 and number == math.floor(number) else None


def _of_number(compute: Callable[[float], float | None]):
    def function(values, today):
        number = number_of(values[0])
        return None if number is None else compute(number)

    return function


def _sqrt(number):
    return math.sqrt(number) if number >= 0 else None


def _exponential(number):
    return twelve_digits(math.exp(number)) if number < 709 else None


def _log(values, today):
    number = number_of(values[0])
    base = number_of(values[1]) if len(values) == 2 else math.e
    if number is None or base is None or number <= 0 or base <= 0 or base == 1:
        return None
    return twelve_digits(math.log(number) if len(values) == 1 else math.log(number) / math.log(base))


def _mod(values, today):
    number, divisor = number_of(values[0]), number_of(values[1])
    return None if number is None or divisor is None or divisor == 0 else math.fmod(number, divisor)


def _is(test: Callable[[Value], bool]):
    def function(values, today):
        return 1.0 if test(values[0]) else 0.0

    return function


def _is_integer(value):
    number = number_of(value)
    return number is not None and number == math.floor(number)


def _has_missing_code(values, today):
    codes = [code.strip(SPACES) for code in text_of(values[1]).split(",")]
    return 1.0 if isinstance(values[0], Missing) and values[0].code in codes else 0.0


def _search(test: Callable[[str, str], bool], *, negated: bool = False):
    def function(values, today):
        whole, part = (text_of(value).lower() for value in values)
        return 1.0 if (part != "" and test(whole, part)) != negated else 0.0

    return function


def _find(values, today):
    part, whole = (text_of(value).lower() for value in values)
    return float(whole.find(part) + 1) if part else 0.0


def _slice(cut: Callable[..., str]):
    def function(values, today):
        counts = [whole_number(value) for value in values[1:]]
        if any(count is None or count < 0 for count in counts):
            return None
        return from_text(cut(text_of(values[0]), *counts))

    return function


def _replace(values, today):
    whole, old, new = (text_of(value) for value in values)
    return from_text(whole.replace(old, new) if old else whole)


def _on_text(change: Callable[[str], str]):
    def function(values, today):
        return from_text(change(text_of(values[0])))

    return function


def _concat(values, today):
    return from_text("".join(text_of(value) for value in values))


def _concat_ws(values, today):
    parts = [text_of(value) for value in values[1:]]
    return from_text(text_of(values[0]).join(part for part in parts if part))


def moment(value: Value, today: date) -> float | None:
    """Read a date argument: an ISO date or date and time, or the words "today" and "now"."""
    if value in ("today", "now"):
        return instant_in(today_text(today, now=value == "now"))
    return instant_of(value)


def _datediff(values, today):
    unit = UNITS.get(text_of(values[2]))
    if unit is None:
        return None
    gap = _gap(values[0], values[1], today)
    if gap is None:
        return None
    return gap / unit if is_signed(values[3:]) else abs(gap) / unit


def is_signed(rest: list[Value]) -> bool:
    """Read the optional date format and the flag after datediff's unit: whether the sign is kept."""
    if rest and text_of(rest[0]) in DATE_FORMATS:
        rest = rest[1:]
    return bool(rest) and (truth(rest[0]) and text_of(rest[0]).lower() != "false")


def _gap(first: Value, second: Value, today: date) -> float | None:
    start, end = moment(first, today), moment(second, today)
    if start is None and end is None:
        start, end = (clock_in(value) if isinstance(value, str) else None for value in (first, second))
    return None if start is None or end is None else end - start


def _age_at_date(values, today):
    born, other = moment(values[0], today), moment(values[1], today)
    if born is None or other is None:
        return None
    start, end = calendar_day(born), calendar_day(other)
    if end < start:
        return None
    years = end.year - start.year - ((end.month, end.day) < (start.month, start.day))
    if not is_signed(values[2:]):
        return float(years)
    latest, following = (_birthday(start, start.year + count) for count in (years, years + 1))
    return years + (end.toordinal() - latest) / (following - latest)


def _birthday(born: date, year: int) -> int:
    """Give the day number of a birthday; 29 February is kept on 1 March in years without it."""
    if born.day > days_in_month(year, born.month):
        return _day_number(year, 3, 1)
    return _day_number(year, born.month, born.day)


def _day_number(year: int, month: int, day: int) -> int:
    return (
        date(year - 400, month, day).toordinal() + FOUR_CENTURIES if year > 9999 else date(year, month, day).toordinal()
    )


def _calcdate(values, today):
    start, number, unit = moment(values[0], today), number_of(values[1]), UNITS.get(text_of(values[2]))
    if start is None or number is None or unit is None:
        return None
    end = start + number * unit
    whole = math.floor(end + 0.5) if FIRST_INSTANT <= end <= LAST_INSTANT else LAST_INSTANT + 1
    if whole > LAST_INSTANT:
        return None
    is_day = len(text_of(values[0])) == 10 or values[0] == "today"
    return instant_text(whole)[: 10 if is_day and unit >= DAY else 19]


def _calendar(part: Callable[[date], int]):
    def function(values, today):
        seconds = moment(values[0], today)
        return None if seconds is None else float(part(calendar_day(seconds)))

    return function


def _if(values, today):
    return values[1] if truth(values[0]) else values[2]


FUNCTIONS: dict[str, tuple[int, int | None, Callable[[list[Value], date], Value]]] = {
    "if": (3, 3, _if),
    "sum": (1, None, _sum),
    "mean": (1, None, _mean),
    "median": (1, None, _median),
    "min": (1, None, _min),
    "max": (1, None, _max),
    "stdev": (1, None, _stdev),
    "round": (1, 2, _rounding("round")),
    "roundup": (1, 2, _rounding("roundup")),
    "rounddown": (1, 2, _rounding("rounddown")),
    "sqrt": (1, 1, _of_number(_sqrt)),
    "abs": (1, 1, _of_number(abs)),
    "exponential": (1, 1, _of_number(_exponential)),
    "log": (1, 2, _log),
    "mod": (2, 2, _mod),
    "isnumber": (1, 1, _is(lambda value: number_of(value) is not None)),
    "isinteger": (1, 1, _is(_is_integer)),
    "datediff": (3, 5, _datediff),
    "contains": (2, 2, _search(lambda whole, part: part in whole)),
    "not_contain": (2, 2, _search(lambda whole, part: part in whole, negated=True)),
    "starts_with": (2, 2, _search(str.startswith)),
    "ends_with": (2, 2, _search(str.endswith)),
    "find": (2, 2, _find),
    "left": (2, 2, _slice(lambda text, count: text[:count])),
    "right": (2, 2, _slice(lambda text, count: text[max(0, len(text) - count) :])),
    "mid": (3, 3, _slice(lambda text, start, count: text[max(0, start - 1) : max(0, start - 1) + count])),
    "length": (1, 1, lambda values, today: float(len(text_of(values[0])))),
    "trim": (1, 1, _on_text(lambda text: text.strip(SPACES))),
    "upper": (1, 1, _on_text(str.upper)),
    "lower": (1, 1, _on_text(str.lower)),
    "replace_text": (3, 3, _replace),
    "concat": (1, None, _concat),
    "concat_ws": (2, None, _concat_ws),
    "isblankormissingcode": (1, 1, _is(lambda value: value is None or isinstance(value, Missing))),
    "isblanknotmissingcode": (1, 1, _is(lambda value: value is None)),
    "ismissingcode": (1, 1, _is(lambda value: isinstance(value, Missing))),
    "hasmissingcode": (2, 2, _has_missing_code),
    "age_at_date": (2, 3, _age_at_date),
    "calcdate": (3, 3, _calcdate),
    "year": (1, 1, _calendar(lambda day: day.year)),
    "month": (1, 1, _calendar(lambda day: day.month)),
    "day": (1, 1, _calendar(lambda day: day.day)),
    "dayoftheweek": (1, 1, _calendar(date.isoweekday)),
}
ARITY = {name: (fewest, most) for name, (fewest, most, _) in FUNCTIONS.items()}
