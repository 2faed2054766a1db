"""Rendered parts are made once, kept within bounds, and never mixed up."""

import pytest

from feedback.views import fragments


@pytest.fixture(autouse=True)
def _empty():
    fragments.forget()
    yield
    fragments.forget()


def test_a_part_is_made_once_for_its_key():
    made = []

    def make():
        made.append(1)
        return "part"

    assert [fragments.kept(("a", 1), make=make) for _ in range(3)] == ["part"] * 3
    assert len(made) == 1


def test_another_own_set_never_gets_it():
    assert fragments.kept(("measure", 1), make=lambda: "mine") == "mine"
    assert fragments.kept(("measure", 2), make=lambda: "theirs") == "theirs"


def test_the_part_not_asked_for_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(fragments, "KEPT", 2)
    for name in ("a", "b"):
        fragments.kept(name, make=lambda name=name: name)
    fragments.kept("a", make=lambda: "made again")
    fragments.kept("c", make=lambda: "c")
    assert fragments.kept("a", make=lambda: "made again") == "a"
    assert fragments.kept("b", make=lambda: "made again") == "made again"
