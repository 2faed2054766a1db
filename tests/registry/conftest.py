"""A little world for the tests of this floor: one database for a module, one registry for a test."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests import databases
from tests.registry.little import Little, Place, place

_numbers = count(1)


@pytest.fixture(scope="module")
def little_place(django_db_blocker: Any) -> Iterator[Place]:
    """Enrol two hospitals and their people in a database of the module's own, as the web's role."""
    with django_db_blocker.unblock(), databases.cloned(databases.migrated()):
        yield place()


@pytest.fixture
def little(little_place: Place) -> Little:
    """Give a test a registry of its own, so that it may close periods and count cases."""
    return little_place.little(code=f"little-{next(_numbers)}")
