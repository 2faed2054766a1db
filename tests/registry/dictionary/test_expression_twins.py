"""One case at a time and a whole frame at once give the same results, whatever the expression."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from registry.dictionary.frame import TypedFrame
from tests.registry.dictionary.expression_samples import FRAME, TABLE, TYPES, expressions, frame_results, scalar_results

TYPED = TypedFrame(FRAME, types=TYPES)


def differences(text: str, frame: TypedFrame) -> list[tuple]:
    """List the first rows where the two disagree."""
    pairs = zip(scalar_results(text), frame_results(text, frame), strict=True)
    return [(row, one, all_) for row, (one, all_) in enumerate(pairs) if one != all_][:3]


@pytest.mark.parametrize("part", range(8))
def test_every_expression_of_the_table_gives_the_same(part):
    assert {text: found for text in TABLE[part::8] if (found := differences(text, TYPED))} == {}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=expressions())
def test_any_expression_gives_the_same(text):
    assert differences(text, TYPED) == []


@pytest.mark.parametrize("dtype", ["category", object, "string"])
def test_columns_of_any_text_dtype_give_the_same(dtype):
    frame = TypedFrame(FRAME.astype(dtype), types=TYPES)
    assert {text: found for text in TABLE[::19] if (found := differences(text, frame))} == {}


def test_empty_texts_are_blank_in_a_frame():
    frame = TypedFrame(FRAME.fillna("").astype(object), types=TYPES)
    assert {text: found for text in TABLE[::19] if (found := differences(text, frame))} == {}


def test_many_distinct_values_give_the_same():
    """Columns with many values go other ways through the code: wide tables, dates read as arrays."""
    repeated = pd.concat([FRAME] * 3, ignore_index=True)
    frame = TypedFrame(repeated, types=TYPES)
    for text in TABLE[::25]:
        results = frame_results(text, frame)
        assert results[: len(FRAME)] == results[len(FRAME) : 2 * len(FRAME)] == scalar_results(text), text
