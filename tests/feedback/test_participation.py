"""A participation statement says of each item of the charter that it is done or not, and nothing else."""

import pytest

from feedback.participation import ITEMS, lines

DONE = {item.code: True for item in ITEMS}


def test_every_item_stands_in_it_once():
    first = ITEMS[0].code
    said = lines(DONE | {first: False})
    assert [line["item"] for line in said] == [item.words for item in ITEMS]
    assert [line["state"] for line in said] == ["not done", *["done"] * (len(ITEMS) - 1)]


@pytest.mark.parametrize("facts", [{}, DONE | {"results": True}])
def test_no_item_is_left_out_or_added(facts):
    with pytest.raises(ValueError, match="all of them and no other"):
        lines(facts)


@pytest.mark.parametrize("other", [1, "yes", None, 0.97])
def test_nothing_but_yes_and_no_is_said(other):
    with pytest.raises(ValueError, match="nothing else may be said"):
        lines(DONE | {ITEMS[0].code: other})
