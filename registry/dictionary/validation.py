"""Text validation types: which exist, what they accept, and how to say what was expected."""

import re

from .elements import validation_kind
from .values import clock_in, comma_number_in, instant_in, number_in

ALIASES = {"int": "integer", "float": "number", "date": "date_ymd", "datetime": "datetime_ymd"}
EXPECTED = {
    "integer": "a whole number",
    "number": "a number",
    "number_comma_decimal": "a number with a decimal comma",
    "date": "a date written YYYY-MM-DD",
    "datetime": "a date and time written YYYY-MM-DD HH:MM",
    "datetime_seconds": "a date and time written YYYY-MM-DD HH:MM:SS",
    "time": "a time written HH:MM",
    "time_hh_mm_ss": "a time written HH:MM:SS",
    "time_mm_ss": "minutes and seconds written MM:SS",
    "alpha_only": "letters only",
    "email": "an e-mail address",
    "phone": "a telephone number",
    "zipcode": "a US zip code",
    "ssn": "a social security number",
    "mrn_10d": "a record number of 10 digits",
    "mrn_generic": "a record number of letters and digits",
    "vmrn": "a record number of up to 9 digits",
    "postalcode": "a postal code",
}
INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
PATTERNS = {
    "alpha_only": r"[A-Za-z]+",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "phone": r"(?=(?:[^0-9]*[0-9]){7,15}[^0-9]*$)[0-9+()./x -]+",
    "phone_australia": r"[0-9+() -]{8,16}",
    "phone_uk": r"[0-9+() -]{9,18}",
    "zipcode": r"[0-9]{5}(?:-[0-9]{4})?",
    "ssn": r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    "mrn_10d": r"[0-9]{10}",
    "mrn_generic": r"[A-Za-z0-9_-]+",
    "vmrn": r"[0-9]{1,9}",
    "postalcode_australia": r"[0-9]{4}",
    "postalcode_canada": r"[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9]",
    "postalcode_french": r"[0-9]{5}",
    "postalcode_germany": r"[0-9]{5}",
    "time_mm_ss": r"[0-5][0-9]:[0-5][0-9]",
}
COMPILED = {name: re.compile(pattern, re.ASCII) for name, pattern in PATTERNS.items()}
ORDERS = ("dmy", "mdy", "ymd")
TYPES = frozenset(
    {
        *PATTERNS,
        "integer",
        "number",
        "number_comma_decimal",
        *(f"number_{places}dp{end}" for places in (1, 2, 3, 4) for end in ("", "_comma_decimal")),
        *(f"{kind}_{order}" for kind in ("date", "datetime", "datetime_seconds") for order in ORDERS),
        "time",
        "time_hh_mm_ss",
    }
)
PLACES = re.compile(r"number_([1-4])dp", re.ASCII)


def fits(validation: str, text: str) -> bool:
    """Decide whether a stored text is what its validation type asks for. Raises KeyError for an unknown type."""
    if validation == "integer":
        return INTEGER.fullmatch(text) is not None
    kind = validation_kind(validation)
    if kind in ("number", "comma_number"):
        return _fits_number(validation, kind, text)
    if kind == "date":
        return len(text) == 10 and instant_in(text) is not None
    if kind == "datetime":
        return len(text) == (19 if "seconds" in validation else 16) and instant_in(text) is not None
    if validation in ("time", "time_hh_mm_ss"):
        return len(text) == (5 if validation == "time" else 8) and clock_in(text) is not None
    return COMPILED[validation].fullmatch(text) is not None


def decimals(validation: str) -> int | None:
    """Count the decimals a type of number allows at most; None where it does not say."""
    places = PLACES.match(validation)
    return 0 if validation == "integer" else int(places[1]) if places else None


def _fits_number(validation: str, kind: str, text: str) -> bool:
    number = number_in(text) if kind == "number" else comma_number_in(text)
    most = decimals(validation)
    if number is None or most is None:
        return number is not None
    _, _, fraction = text.partition("." if kind == "number" else ",")
    return len(fraction) <= most


def expected(validation: str) -> str:
    """Say in words what a validation type asks for: "a date written YYYY-MM-DD"."""
    places = PLACES.match(validation)
    if places:
        comma = " and a decimal comma" if validation.endswith("comma_decimal") else ""
        return f"a number with at most {places[1]} decimal{'' if places[1] == '1' else 's'}{comma}"
    name = validation
    while name not in EXPECTED:
        name = name.rpartition("_")[0]
    return EXPECTED[name]
