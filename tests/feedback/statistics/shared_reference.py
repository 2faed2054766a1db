"""Opens a case of the shared reference folder, which lies beside the project and may be absent."""

import csv
import importlib.util
import io
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "reference"


def open_case(name):
    """Return the comparator of one reference case, or skip the test when the folder is absent."""
    if not (FOLDER / name).is_dir():
        pytest.skip(f"The shared reference figures of {name} are not beside this project.")
    spec = importlib.util.spec_from_file_location("shared_reference_compare", FOLDER / "compare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.open = lambda path: io.StringIO(
        Path(path).read_text(encoding="utf-8")
    )  # the comparator never closes its files
    return module.Case(name)


def rows_of(name, file):
    """Return the rows of one file of a case as dicts of text."""
    with (FOLDER / name / file).open(newline="") as stream:
        return list(csv.DictReader(stream))


def assert_all_pass(case, *, at_least):
    """Fail with the first differences; `at_least` guards against a comparison that compared nothing."""
    assert case.bad == [], case.bad[:5]
    assert case.n >= at_least
