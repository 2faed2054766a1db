"""A piece of the filling done beside the rest, by a second process: two cores are worth more than one."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

from config.example.world import own_jobs


@contextmanager
def beside(piece: Callable[[], None], *, at_once: bool) -> Iterator[None]:
    """Do ``piece`` in a forked process while the block runs, and wait for it; without ``at_once`` after the block.

    Each process opens its own connections and runs its own jobs. Raises RuntimeError when the piece failed; its
    traceback is on standard error by then.
    """
    if not at_once:
        yield
        piece()
        return
    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _whole(piece)
    try:
        with own_jobs():
            yield
    finally:
        _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError("A piece of the filling that ran beside the rest has failed; the reason stands above.")


def _whole(piece: Callable[[], None]) -> None:
    """Do the piece and leave at once: nothing of the parent's is wound up a second time."""
    try:
        with own_jobs():
            piece()
        connections.close_all()
    except BaseException:  # noqa: BLE001 - whatever it was: this process must end here, and say why
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
