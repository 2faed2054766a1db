"""Working ahead keeps the order, makes one item too many at most, and lets errors out where the item was wanted."""

import threading

import pytest

from registry.ahead import ahead


def test_items_come_in_order_and_only_one_waits():
    made, used = [], []

    def items():
        for number in range(5):
            made.append((number, threading.current_thread() is threading.main_thread()))
            yield number

    for number in ahead(items()):
        used.append(number)
        assert len(made) <= len(used) + 1
    assert used == [0, 1, 2, 3, 4]
    assert not any(here for _, here in made), "each was made in the second thread"


def test_nothing_gives_nothing():
    assert list(ahead([])) == []


def test_an_error_comes_out_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("the second cannot be made")

    found = []
    with pytest.raises(ValueError, match="the second cannot be made"):
        found.extend(ahead(items()))
    stream = ahead(items())
    assert next(stream) == 1
