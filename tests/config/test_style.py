"""The linter's rules hold over the whole tree, and a planted mistake is found."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def findings(*words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the linter as `make check` does."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", *words]
    return subprocess.run(command, cwd=PROJECT, input=typed, capture_output=True, text=True, check=False, timeout=120)


def test_the_tree_passes_the_linter():
    found = findings(".")
    assert found.returncode == 0, found.stdout


def test_a_clock_below_the_views_and_a_bare_except_are_found():
    planted = "from django.utils import timezone\n\ntry:\n    at = timezone.now()\nexcept Exception:\n    at = None\n"
    found = findings("--stdin-filename", "sites/actions/planted.py", "-", typed=planted)
    assert found.returncode == 1
    assert "TID251" in found.stdout
    assert "BLE001" in found.stdout
