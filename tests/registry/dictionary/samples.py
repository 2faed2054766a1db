"""Small dictionaries for the tests: rows by keyword, in REDCap's columns."""

import csv
import io

from registry.dictionary import redcap
from registry.dictionary.headers import API_NAMES, WEB_NAMES

KEYS = tuple(WEB_NAMES)


def row(name: str, type: str = "text", form: str = "visit", **cells: str) -> dict[str, str]:
    """Describe one element by the short names of the columns."""
    unknown = set(cells) - set(KEYS)
    assert not unknown, unknown
    return {"name": name, "form": form, "type": type, "label": name.replace("_", " ").capitalize(), **cells}


def dictionary_file(
    rows: list[dict[str, str]], *, keys: tuple[str, ...] = KEYS, names: dict[str, str] = WEB_NAMES
) -> bytes:
    """Write rows as a dictionary file with the given columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([names[key] for key in keys])
    writer.writerows([[cells.get(key, "") for key in keys] for cells in rows])
    return out.getvalue().encode()


def dictionary(*rows: dict[str, str], companion: str | None = None):
    """Read a dictionary of the given rows, after a first element `case_id`."""
    return redcap.read(
        dictionary_file([row("case_id"), *rows]),
        companion=None if companion is None else companion.encode(),
    )


__all__ = ["API_NAMES", "KEYS", "WEB_NAMES", "dictionary", "dictionary_file", "row"]
