"""Working ahead: the next item is made in a second thread while the one before it is used."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Give the items in order, each made while the one before it is used; at most one waits. Its errors come out here.

    The items must not touch the database: a connection belongs to one thread.
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(next, source, end)
        while (item := waiting.result()) is not end:
            waiting = pool.submit(next, source, end)
            yield item
