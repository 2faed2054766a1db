"""Every validation type accepts what it should, refuses what it should, and can be said in words."""

import pytest

from registry.dictionary.validation import TYPES, expected, fits

GOOD_AND_BAD = {
    "integer": ("-12", "1.5"),
    "number": ("1.5", "1,5"),
    "number_1dp": ("1.5", "1.55"),
    "number_4dp": ("1", "1.55555"),
    "number_2dp_comma_decimal": ("1,55", "1.55"),
    "number_comma_decimal": ("-1,5", "x"),
    "date_dmy": ("2024-02-29", "29-02-2024"),
    "date_ymd": ("2024-02-29", "2023-02-29"),
    "datetime_mdy": ("2024-02-29 10:00", "2024-02-29"),
    "datetime_seconds_ymd": ("2024-02-29 10:00:01", "2024-02-29 10:00"),
    "time": ("10:00", "10:00:00"),
    "time_hh_mm_ss": ("10:00:00", "10:00"),
    "time_mm_ss": ("59:59", "60:00"),
    "alpha_only": ("abc", "ab1"),
    "email": ("a@b.org", "a@b"),
    "phone": ("(405) 321-4444", "12"),
    "phone_uk": ("020 7946 0000", "x"),
    "phone_australia": ("02 9999 9999", "x"),
    "zipcode": ("12345-6789", "1234"),
    "ssn": ("123-45-6789", "123456789"),
    "mrn_10d": ("0123456789", "123"),
    "mrn_generic": ("A-1", "A 1"),
    "vmrn": ("123", "1234567890"),
    "postalcode_canada": ("K1A 0B1", "12345"),
    "postalcode_french": ("75001", "7500"),
}


@pytest.mark.parametrize(("validation", "good", "bad"), [(name, *pair) for name, pair in GOOD_AND_BAD.items()])
def test_a_type_accepts_and_refuses(validation, good, bad):
    assert fits(validation, good)
    assert not fits(validation, bad)


@pytest.mark.parametrize("validation", sorted(TYPES))
def test_every_type_can_be_tried_and_said(validation):
    assert not fits(validation, "~")
    assert expected(validation)


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        ("number_1dp", "a number with at most 1 decimal"),
        ("number_2dp_comma_decimal", "a number with at most 2 decimals and a decimal comma"),
        ("date_mdy", "a date written YYYY-MM-DD"),
        ("postalcode_french", "a postal code"),
    ],
)
def test_the_words_are_plain(validation, words):
    assert expected(validation) == words
