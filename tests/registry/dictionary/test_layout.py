"""Answers are packed by position and come out the same."""

import pytest

from registry.dictionary.layout import Layout

LAYOUT = Layout(("a", "b", "c"))


def test_answers_come_out_as_they_went_in():
    assert LAYOUT.pack({"c": "3", "a": "1"}) == ["1", None, "3"]
    assert LAYOUT.unpack(["1", None, "3"]) == {"a": "1", "c": "3"}
    assert LAYOUT.pack({"a": ""}) == [None, None, None]


def test_an_unknown_column_is_not_lost_silently():
    with pytest.raises(KeyError, match="no column x"):
        LAYOUT.pack({"x": "1"})


def test_texts_of_another_version_do_not_fit():
    with pytest.raises(ValueError, match="2 texts do not fit 3 columns"):
        LAYOUT.unpack(["1", "2"])
