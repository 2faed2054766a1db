"""The import contracts hold, and each of them catches a planted violation."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config.embedded.fingerprint import CODE
from config.embedded.places import PROJECT
from tests import coverage_gate

CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
CELLARS = (
    "registry/dictionary",
    "registry/lifecycle.py",
    "registry/agreement",
    "registry/auditing",
    "registry/quality",
    "registry/sampling",
    "registry/follow_up.py",
    "feedback/statistics",
    "feedback/measures",
    "feedback/blinding.py",
    "feedback/disclosure.py",
    "feedback/joint_disclosure.py",
    "feedback/participation.py",
    "feedback/preview.py",
    "feedback/charts",
    "interventions/deviance",
    "interventions/impact",
    "interventions/scorecard",
    "interventions/deck.py",
)
PLANTED = {
    "floors": ("sites/audit.py", "import registry.lifecycle"),
    "stairs": ("registry/selectors/planted.py", "import registry.actions"),
    "pure-rooms": ("feedback/statistics/planted.py", "import django.db"),
    "statistics": ("feedback/statistics/planted.py", "import feedback.measures"),
    "learning": ("interventions/deviance/planted.py", "import feedback.measures"),
    "learning-apart": ("interventions/impact/planted.py", "import interventions.deviance"),
    "hall": ("sites/views/planted.py", "import sites.models"),
    "one-lock": ("registry/actions/planted.py", "import guardian.shortcuts"),
    "payer-wall": ("feedback/portal/planted.py", "import feedback.selectors"),
    "roof": ("sites/planted.py", "import config.settings"),
}


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(PROJECT / "pyproject.toml", folder)
    for name in CODE:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.csv"))
    return folder


def test_every_contract_has_a_planted_violation():
    assert {contract["id"] for contract in CONTRACTS} == set(PLANTED)


def test_every_cellar_that_exists_is_a_pure_room():
    pure = next(contract["source_modules"] for contract in CONTRACTS if contract["id"] == "pure-rooms")
    expected = {path.removesuffix(".py").replace("/", ".") for path in CELLARS if (PROJECT / path).exists()}
    assert set(pure) == expected


def test_every_cellar_must_be_tried_whole():
    assert {path.rstrip("/") for path in coverage_gate.WHOLE} >= set(CELLARS)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_contract_holds_and_catches_a_planted_violation(contract, copy):
    clean = lint(copy, contract)
    assert clean.returncode == 0, clean.stdout
    path, line = PLANTED[contract]
    file = copy / path
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n")
    try:
        planted = lint(copy, contract)
        assert planted.returncode == 1
        assert "BROKEN" in planted.stdout
    finally:
        file.unlink() if before is None else file.write_text(before)
