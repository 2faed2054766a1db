"""Columns of text become factorised columns and come back, blank being blank on either side."""

import numpy as np
import pyarrow as pa
import pytest

from registry.dictionary.frame import TypedFrame
from registry.dictionary.types import Types
from registry.intake import columns
from registry.intake.delimited import read
from registry.intake.sheet import DESK, FileRefusal

TEXTS = ["b", None, "a", "b", None]
TWICE = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None], pa.int32()), pa.array(["b", "", "b", None]))


def test_a_column_is_factorised_and_comes_back():
    codes, words = columns.factorised(columns.encoded(TEXTS))
    assert words[-1] == ""
    assert [words[code] or None for code in codes] == TEXTS
    assert columns.texts(columns.from_factorised(codes, words)).tolist() == TEXTS


def test_a_dictionary_that_repeats_itself_or_holds_blanks_is_made_anew():
    codes, words = columns.factorised(TWICE)
    assert words == ["b", ""]
    assert codes.tolist() == [0, 1, 0, 1, 1]


@pytest.mark.parametrize(("texts", "n"), [(TEXTS, 1), (["abc", "äöüß"], 4), ([None], 0)])
def test_the_longest_text_is_counted_in_signs(texts, n):
    assert columns.longest(columns.encoded(texts)) == n


def test_a_frame_of_factorised_columns_reads_as_one_of_texts_does():
    frame = TypedFrame.of_texts(
        {"x": columns.factorised(columns.encoded(["1", None, "2"]))}, n=3, types=Types(kinds={"x": "number"})
    )
    assert len(frame) == 3
    assert frame.columns == ("x",)
    assert frame.has("x")
    assert not frame.has("y")
    np.testing.assert_array_equal(frame.vector("x").numbers(), [1, np.nan, 2])
    assert frame.is_filled("x").tolist() == [True, False, True]
    assert frame.is_among("x", frozenset({"2"})).tolist() == [False, False, True]
    assert not frame.is_filled("y").any()
    assert frame.answers(0, ("x", "y")) == {"x": "1"}
    frame.add("x", columns.factorised(columns.encoded([None, "7", None])))
    np.testing.assert_array_equal(frame.vector("x").numbers(), [np.nan, 7, np.nan])


def test_a_row_longer_than_a_block_is_read_whole():
    texts = ["x" * 60_000 + str(place) for place in range(40)]
    data = ",".join(f"c{place}" for place in range(40)) + "\n" + ",".join(f'"{text}"' for text in texts) + "\n"
    sheet = read(data.encode(), limits=DESK)
    assert [columns.texts(sheet.texts(place))[0] for place in range(40)] == texts


def test_a_quotation_mark_that_is_never_closed_refuses_the_file():
    with pytest.raises(FileRefusal, match="never closed"):
        read(b'a,b\n1,"2\n3,4\n', limits=DESK)
