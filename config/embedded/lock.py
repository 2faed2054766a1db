"""One stack per data folder: a lock that the system drops when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.refusal import Refusal


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock, or refuse and say which process holds it."""
    with file.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise Refusal(
                f"Cairn already runs on the data folder {file.parent} (process {holder}). "
                f"Stop that one first (Ctrl-C, or kill {holder}), or choose another: DATA_DIR=…"
            ) from error
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield
