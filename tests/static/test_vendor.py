"""What is vendored is exactly what vendor.json says it is."""

import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
ENTRIES = json.loads((VENDOR / "vendor.json").read_text())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_file_has_the_hash_that_is_written_down(entry):
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_file_says_where_it_comes_from_and_under_which_licence(entry):
    assert entry["npm"]
    assert entry["version"][0].isdigit()
    assert entry["licence"] in {"MIT", "0BSD"}
    assert (VENDOR / entry["licence_file"]).read_text().strip()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_no_source_map_is_asked_for(entry):
    assert b"sourceMappingURL" not in (VENDOR / entry["file"]).read_bytes()


def test_nothing_is_vendored_without_an_entry():
    known = {entry[key] for entry in ENTRIES for key in ("file", "licence_file")} | {"vendor.json"}
    assert {path.name for path in VENDOR.iterdir()} == known
