"""The whole start and stop of the servers, as a person's terminal sees it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import credentials, places, ports, postgres, processes, stack
from config.embedded.places import PROJECT

PROGRAM = (
    "import pathlib, sys\n"
    "from config.embedded import __main__ as command, stack\n"
    "from config.embedded.services import Addresses, Service\n"
    "sleeper = Service('worker', ('python', '-c', 'import time; time.sleep(600)'))\n"
    "step = Service('migrate', ('python', '-c', 'print(1)'))\n"
    "stack.DEMO = stack.Plan(steps=((step,),), services=(sleeper,), last_words=None)\n"
    "stack.demo.__kwdefaults__['plan'] = stack.DEMO\n"
    "sys.exit(command.main(sys.argv[1:]))\n"
)

pytestmark = pytest.mark.slow


@pytest.fixture
def data():
    """Give a data folder that `nobody` can reach, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="cairn-stack-"))
    folder.chmod(0o711)
    yield folder / "data"
    where = places.settle(data=folder / "data")
    processes.end_survivors(where.children, mark=where.identity)
    places.remove(where)
    shutil.rmtree(folder)


@contextmanager
def terminal(data, *arguments):
    command = [sys.executable, "-c", PROGRAM, "--data", str(data), *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def demo(data, *, web=None, portal=None):
    web, portal = web or ports.any_free(), portal or ports.any_free()
    with terminal(data, "demo", "--port", str(web), "--portal-port", str(portal)) as process:
        yield process


def until(process, words):
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return "".join(seen)
    raise AssertionError(f"“{words}” was never said, but:\n{''.join(seen)}")


@contextmanager
def connected(data):
    where = places.settle(data=data)
    password = credentials.keep(where.credentials).passwords["cairn_migrator"]
    with psycopg.connect(
        host=str(where.postgres_sockets), port=postgres.PORT, user="cairn_migrator", password=password, dbname="cairn"
    ) as connection:
        connection.execute("SET ROLE cairn_owner")
        yield connection


def running_below(data):
    """List the processes of a stack that still run, whoever their parent is now."""
    where = places.settle(data=data)
    found = set(processes.marked(where.identity))
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if (str(where.postgres) in words or where.identity in words) and process.pid != os.getpid():
            found.add(process.pid)
    return found


def gone(data, *, patience=20):
    deadline = time.monotonic() + patience
    while running_below(data) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not running_below(data)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_and_data_stay(data, number):
    with demo(data) as process:
        until(process, "Ready after")
        with connected(data) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        process.send_signal(number)
        until(process, "nothing is left running")
        assert process.wait(timeout=30) == 0
    assert not running_below(data)
    assert not places.settle(data=data).sockets.exists()
    with demo(data) as process:
        said = until(process, "Ready after")
        assert "Preparing" not in said, "nothing has changed since the last start"
        with connected(data) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        process.terminate()
        process.wait(timeout=30)


def test_a_killed_stack_leaves_nothing_and_the_next_start_recovers(data):
    with demo(data) as process:
        until(process, "Ready after")
        with connected(data) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        process.kill()
        process.wait()
        # No waiting here: the next start must cope with what is still on its way out.
        with demo(data) as successor:
            until(successor, "Ready after")
            with connected(data) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            successor.kill()
            successor.wait()
    if sys.platform.startswith("linux"):
        assert gone(data), "children must not outlive a killed supervisor"


def test_a_first_preparation_that_was_killed_begins_anew(data):
    with demo(data) as process:
        until(process, "Ready after")
        process.terminate()
        process.wait(timeout=30)
    with demo(data) as process:
        until(process, "Ready after")
        with connected(data) as connection:
            connection.execute("CREATE TABLE half_filled AS SELECT 1")
            connection.execute(f"COMMENT ON DATABASE cairn IS '{stack.FIRST_TIME}'")
        process.terminate()
        process.wait(timeout=30)
    with demo(data) as process:
        assert "begins anew" in until(process, "Ready after")
        with connected(data) as connection:
            assert connection.execute("SELECT to_regclass('half_filled')").fetchone() == (None,)
        process.terminate()
        process.wait(timeout=30)


def test_a_whole_machine_that_lost_power_recovers(data):
    with demo(data) as process:
        until(process, "Ready after")
        with connected(data) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        victims = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for victim in victims:
            with suppress(psutil.NoSuchProcess):  # some end by themselves as soon as their parent has
                victim.kill()
        process.wait()
    with demo(data) as process:
        until(process, "Ready after")
        with connected(data) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        process.terminate()
        process.wait(timeout=30)
    assert gone(data)


def test_two_on_the_same_data_and_a_taken_port_are_refused(data):
    taken = ports.any_free()
    with demo(data, web=taken) as process:
        until(process, "Ready after")
        with demo(data) as second:
            assert f"already runs on the data folder {data}" in second.stdout.read()
            assert second.wait(timeout=10) == 1
        with terminal(data, "reset") as reset:
            assert "already runs" in reset.stdout.read()
        process.terminate()
        process.wait(timeout=30)
    with demo(data, web=80000) as wrong:
        assert "is not a port number" in wrong.stdout.read()


def test_reset_begins_anew(data):
    with demo(data) as process:
        until(process, "Ready after")
        process.terminate()
        process.wait(timeout=30)
    first = places.settle(data=data).identity
    with terminal(data, "reset") as reset:
        assert "are deleted" in reset.stdout.read()
    assert not (data / "postgres").exists()
    assert places.settle(data=data).identity != first


def test_one_command_can_be_run_with_the_servers_up(data):
    with terminal(data, "run", "cairn_web", "manage.py", "shell", "-c", "print(6 * 7)") as process:
        assert process.stdout.read().splitlines()[-1] == "42"
        assert process.wait(timeout=30) == 0
    with terminal(data, "run", "cairn_web", "no-such-file.py") as process:
        assert "No such file" in process.stdout.read()
        assert process.wait(timeout=30) == 2
    assert not running_below(data)


def test_the_servers_alone_say_how_to_reach_them(data):
    with terminal(data, "test-servers") as process:
        said = until(process, "CAIRN_STATIC_ROOT")
        assert "export CAIRN_DB_USER='cairn_web'" in said
        process.terminate()
        until(process, "nothing is left running")
        assert process.wait(timeout=30) == 0
    places.remove(places.settle(data=data / "test"))


def test_snapshots_without_their_database_are_refused(data):
    where = places.settle(data=data)
    (where.data / "snapshots" / "frozen.parquet").write_bytes(b"PAR1")
    with demo(data) as process:
        assert "holds snapshots, but their database" in process.stdout.read()
        assert process.wait(timeout=10) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must give the database to somebody else")
def test_a_folder_closed_to_nobody_keeps_its_database_outside_and_stays_closed(data):
    closed = data.parent
    closed.chmod(0o700)
    with demo(data) as process:
        until(process, "Ready after")
        where = places.settle(data=data)
        assert where.outside is not None
        assert (where.postgres / "PG_VERSION").exists()
        process.terminate()
        process.wait(timeout=30)
    assert closed.stat().st_mode & 0o777 == 0o700
    with terminal(data, "reset") as reset:
        reset.wait(timeout=30)
    assert not where.outside.exists()
