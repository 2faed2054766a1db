"""Every dependency has a reason, a hash, and no address."""

import re
import subprocess
import sys
import tomllib

import pytest

from config.embedded.places import PROJECT

FOLDER = PROJECT / "requirements"
NAMES = ("installer", "base", "demo", "dev")


def declared():
    lines = [line for name in NAMES for line in (FOLDER / f"{name}.in").read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "-"))]
    return {re.split(r"[\[<=>]", line)[0].strip().lower() for line in wanted}


def test_every_dependency_has_its_reason_and_every_reason_its_dependency():
    reasons = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["cairn"]["reasons"]
    assert declared() == set(reasons)
    assert min(len(reason) for reason in reasons.values()) > 20


@pytest.mark.parametrize("name", NAMES)
def test_pins_have_hashes_and_no_addresses(name):
    text = (FOLDER / f"{name}.txt").read_text()
    pins = re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert pins
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.splitlines()[0])


def test_the_files_agree_on_every_version():
    found = {}
    for name in NAMES:
        for package, number, marker in re.findall(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", (FOLDER / f"{name}.txt").read_text(), re.MULTILINE):
            found.setdefault((package, marker), set()).add(number)
    assert {pin: numbers for pin, numbers in found.items() if len(numbers) > 1} == {}


def test_no_lock_file_that_records_hosts_is_kept():
    assert not [name for name in ("uv.lock", "pylock.toml", "package-lock.json") if (PROJECT / name).exists()]


@pytest.mark.parametrize("version", [(3, 10), (3, 6)])
def test_an_old_python_is_refused_with_a_sentence(version):
    code = (
        f"import sys; sys.version_info = {(*version, 0)!r}\n"
        f"exec(compile(open({str(PROJECT / 'config/embedded/install.py')!r}).read(), 'install.py', 'exec'))"
    )
    answer = subprocess.run([sys.executable, "-c", code, "demo"], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert re.match(rf"Cairn needs Python 3\.11 or later, and .* is {version[0]}\.{version[1]}\. Name a newer one", answer.stderr)


def test_continuous_integration_runs_the_suite_and_nothing_else():
    script = (PROJECT / ".ci" / "run").read_text()
    commands = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["demo", "PORT=8100", "PORTAL_PORT=8101", "DATA_DIR=/data"], '--data "/data" demo --port "8100" --portal-port "8101"'),
        (["demo"], '--data ".cairn" demo --port "8000" --portal-port "8001"'),
        (["demo-reset", "DATA_DIR=/data"], '--data "/data" reset'),
    ],
)
def test_make_passes_the_overrides_on(arguments, expected):
    said = subprocess.run(["make", "-n", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert expected in said
