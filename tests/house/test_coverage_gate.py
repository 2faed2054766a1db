"""The gate on coverage refuses a planted gap, and says where it is."""

import subprocess
import sys
import textwrap

from tests import coverage_gate
from tests.coverage_gate import Measured, shortfalls

WHOLE = "def sign(x):\n    if x < 0:\n        return -1\n    return 1\n"


def run(folder, calls):
    """Measure a little project of one room in a process of its own, and return the data."""
    room = folder / "registry" / "dictionary"
    room.mkdir(parents=True)
    (room / "planted.py").write_text(WHOLE)
    (folder / "use.py").write_text(textwrap.dedent(f"from registry.dictionary.planted import sign\n{calls}\n"))
    command = ["-m", "coverage", "run", "--branch", "--include=registry/*", f"--data-file={folder / 'data'}", "use.py"]
    subprocess.run([sys.executable, *command], cwd=folder, check=True, env={"PYTHONPATH": str(folder), "PATH": ""})
    return folder / "data"


def test_a_branch_that_no_test_takes_is_named(tmp_path, monkeypatch, capsys):
    data = run(tmp_path, "sign(1)")
    monkeypatch.chdir(tmp_path)
    assert coverage_gate.main(data) == 1
    assert capsys.readouterr().out == "registry/dictionary/planted.py is not tried whole: 3, 2→3\n"


def test_a_room_that_is_tried_whole_passes(tmp_path, monkeypatch, capsys):
    data = run(tmp_path, "sign(1), sign(-1)")
    monkeypatch.chdir(tmp_path)
    assert coverage_gate.main(data) == 0
    assert "every line and branch" in capsys.readouterr().out


def test_a_floor_below_ninety_is_refused_and_one_above_is_not():
    low = [Measured("sites/outbox.py", 100, 80, "1-20"), Measured("sites/forms.py", 10, 10, "")]
    assert shortfalls(low) == [
        "sites apart from those rooms: 81.8 %, at least 90 % are asked. sites/outbox.py (20 untried); sites/forms.py (0 untried)"
    ]
    assert shortfalls([Measured("sites/outbox.py", 100, 95, "1-5")]) == []


def test_a_whole_room_is_not_excused_by_the_rest_of_its_floor():
    rest = Measured("sites/outbox.py", 1000, 1000, "")
    assert shortfalls([rest, Measured("sites/access/gates.py", 50, 49, "40→42")]) == [
        "sites/access/gates.py is not tried whole: 40→42"
    ]


def test_without_a_measurement_the_gate_stays_shut(tmp_path, capsys):
    assert coverage_gate.main(tmp_path / "nothing") == 1
    assert "is not there" in capsys.readouterr().out
