"""Values and labels in the words a nurse uses: dates as 9 March 2024, codes by their labels, no mark-up."""

import html
import re
from collections.abc import Mapping

from .elements import DataDictionary, DataElement
from .values import calendar_day, instant_in

TAG = re.compile(r"<[^>]*>|\{[^{}]*\}")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
LONGEST = 90


def plain_text(marked: str) -> str:
    """Take the mark-up out of a label and join its lines."""
    return " ".join(html.unescape(TAG.sub(" ", marked)).split())


def plain_label(element: DataElement) -> str:
    """Name an element to a person: its label without mark-up and closing colon, or its name where it has no label."""
    text = plain_text(element.label).rstrip(" :")
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"
    return text or element.name.replace("_", " ").capitalize()


def in_sentence(label: str) -> str:
    """Write a label inside a sentence: "Discharge date" becomes "discharge date", "ASA class" stays."""
    return label[:1].lower() + label[1:] if label[1:2].islower() or label[1:2] == " " else label


def shown(element: DataElement, text: str, dictionary: DataDictionary) -> str:
    """Show a stored text: the words of a choice or missing state, a date in words, a number with its unit."""
    if text in element.codes and element.kind == "code":
        return element.label_of(text)
    if text in dictionary.missing_labels:
        return dictionary.missing_labels[text]
    if element.kind in ("date", "datetime") and instant_in(text) is not None:
        return date_words(text)
    return f"{text} {element.unit}" if element.unit and element.kind in ("number", "comma_number") else text


def date_words(text: str, *, with_year: bool = True) -> str:
    """Write an ISO date or date and time in words: 9 March 2024, 9 March 2024 14:30."""
    day = calendar_day(instant_in(text))
    words = f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if with_year else "")
    return f"{words} {text[11:16]}" if len(text) > 10 else words


def dates_compared(later: str, earlier: str) -> str:
    """Write the dates of two events that stand in the wrong order, as short as they can be told apart: 9 < 12 March."""
    if instant_in(later) is None or instant_in(earlier) is None:
        return f"{later} < {earlier}"
    first, second = calendar_day(instant_in(later)), calendar_day(instant_in(earlier))
    if first == second:
        return f"{date_words(later[:10], with_year=False)}, {later[11:16]} < {earlier[11:16]}"
    if (first.year, first.month) == (second.year, second.month):
        return f"{first.day} < {date_words(earlier[:10], with_year=False)}"
    with_year = first.year != second.year
    return f"{date_words(later[:10], with_year=with_year)} < {date_words(earlier[:10], with_year=with_year)}"


def filled(template: str, words: Mapping[str, str]) -> str:
    """Put words into the {places} of a template; places without a word stay as they are."""
    return re.sub(r"\{([a-z0-9_]+)\}", lambda found: words.get(found[1], found[0]), template)
