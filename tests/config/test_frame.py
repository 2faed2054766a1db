"""The rail: every entry stands in one group, headings come with a long rail only, a telephone's bar holds few."""

import pytest

from config import frame
from sites.access.permissions import Permission as P

EVERYTHING = frozenset(P)


def labels(groups):
    return [item.label for group in groups for item in group.items]


def test_every_entry_stands_in_one_group():
    grouped = [label for group in frame.GROUPS.values() for label in group]
    assert sorted(grouped) == sorted(label for label, *_ in frame.RAIL)
    assert set(frame.MAIN) <= set(grouped)


def test_an_entry_needs_its_permission():
    assert labels(frame._groups("/", frozenset())) == ["Home"]
    assert set(labels(frame._groups("/", EVERYTHING))) == {label for label, *_ in frame.RAIL}


@pytest.mark.parametrize(("permissions", "headed"), [(EVERYTHING, True), (frozenset({P.READ_OWN_STANDING}), False)])
def test_a_short_rail_has_no_headings(permissions, headed):
    assert any(group.heading for group in frame._groups("/", permissions)) is headed


def test_the_bar_of_a_telephone_holds_three_and_where_one_is():
    items = [item for group in frame._groups("/trail/heads/", EVERYTHING) for item in group.items]
    assert [item.label for item in items if item.main] == ["Home", "Cases", "My results"]
    assert [item.label for item in items if item.current] == ["Trail"]
