"""What every test may ask for: databases as real roles, and the whole of Cairn running."""

import time

import pytest
import time_machine

from tests.databases import empty_world, shared_world, world
from tests.live import live
from tests.plugin.browser import browser_type_launch_args

__all__ = ["browser_type_launch_args", "empty_world", "live", "shared_world", "world"]


@pytest.fixture(scope="session", autouse=True)
def seals_end_by_the_servers_clock() -> None:
    """Let a test travel in time and be believed by PostgreSQL, which does not travel: its seals end by the clock on the wall."""
    from config.database import base

    hatch = time_machine.escape_hatch
    base.clock = lambda: hatch.time.time() if hatch.is_travelling() else time.time()


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_in_few_rounds() -> None:
    """Hash in a thousand rounds instead of a million: nobody guesses at the tests' passwords, and each costs half a second."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1_000
