"""Tells whether the code is still the code that prepared a database, so that an unchanged start skips the preparing."""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.embedded.places import PROJECT

CODE = ("config", "sites", "registry", "feedback", "interventions")
SOURCE_KINDS = frozenset({".py", ".toml", ".csv", ".sql", ".json"})
STATIC_KINDS = frozenset({".css", ".js", ".svg", ".png", ".woff2", ".json", ".txt"})


def of_preparation() -> str:
    """Identify all that migrations, static files and the example data are made from."""
    sources = [path for name in CODE for path in files(PROJECT / name, kinds=SOURCE_KINDS)]
    static = list(files(PROJECT / "static", kinds=STATIC_KINDS))
    return of([*sources, *static, *(path for path in [PROJECT / ".venv" / ".cairn-installed"] if path.exists())])


def files(path: Path, *, kinds: frozenset[str]) -> Iterator[Path]:
    """List the files of these kinds below a path, or the path itself when it is a file."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(folder) / name for name in names if Path(name).suffix in kinds)


def of(paths: Iterable[Path]) -> str:
    """Identify the content of files, and the interpreter they run on."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(set(paths)):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
