"""The supervisor over small stand-ins: steps, restarts, last words."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from config.embedded import ports, processes, stack
from config.embedded.refusal import Refusal
from config.embedded.services import Addresses, Service
from config.embedded.supervisor import Budget, Supervisor
from tests import plugin

ANSWERS = (
    "import http.server, sys\n"
    "class Health(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self): self.send_response(200); self.end_headers()\n"
    "    def log_message(self, *words): pass\n"
    "print('listening', flush=True)\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Health).serve_forever()\n"
)


def program(name, code, *arguments):
    return Service(name, ("python", "-c", code, *map(str, arguments)))


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    joined = plugin.joined()
    (tmp_path / "logs").mkdir()
    servers = replace(joined, places=replace(joined.places, data=tmp_path))
    made = Supervisor(servers=servers, addresses=Addresses(web=1, portal=2), say=said.append)
    yield made
    made.stop()


def test_a_budget_is_spent_and_comes_back_with_time():
    budget = Budget(limit=2, window=10)
    assert [budget.spend(at=moment) for moment in (0, 1, 2, 9)] == [True, True, False, False]
    assert budget.spend(at=10.5)
    assert not budget.spend(at=10.6)


def test_steps_run_side_by_side(supervisor, tmp_path):
    wait = "import pathlib, sys, time\npathlib.Path(sys.argv[1]).touch()\nwhile not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)\n"
    one, two = tmp_path / "one", tmp_path / "two"
    supervisor.run_steps([program("first", wait, one, two), program("second", wait, two, one)])
    assert not processes.marked("nobody")


def test_what_a_shown_step_says_is_passed_on_as_it_comes_and_only_that_of_this_run(supervisor, said):
    talker = replace(program("demo", "print('half', flush=True); import time; time.sleep(0.5); print('whole')"), shown=True)
    supervisor.run_steps([talker, program("silent", "print('not this')")])
    supervisor.run_steps([talker])
    assert said == ["half", "whole"] * 2


def test_a_failing_step_stops_the_others_and_shows_its_last_words(supervisor):
    patient = program("patient", "import time; time.sleep(60)")
    failing = program("failing", "import sys; print('the disc is full'); sys.exit(3)")
    began = time.monotonic()
    with pytest.raises(Refusal, match=r"(?s)step “failing” failed \(exit status 3\).*the disc is full"):
        supervisor.run_steps([patient, failing])
    assert time.monotonic() - began < 20


def test_a_service_that_dies_before_it_is_ready_is_reported_not_restarted(supervisor):
    supervisor.start([program("web", "print('no such table'); raise SystemExit(1)")])
    with pytest.raises(Refusal, match=r"(?s)The web process stopped with exit status 1.*no such table"):
        supervisor.wait_ready([f"http://127.0.0.1:{ports.any_free()}/healthz"], limit=20)


def test_what_never_answers_is_given_up_with_the_reason(supervisor):
    supervisor.start([program("web", "import time; time.sleep(60)")])
    with pytest.raises(Refusal, match=r"was not ready after 1 s \(.*refused.*\)"):
        supervisor.wait_ready([f"http://127.0.0.1:{ports.any_free()}/healthz"], limit=1)


def test_a_dead_service_is_restarted_until_its_budget_is_spent(supervisor, said):
    supervisor.budgets["worker"] = Budget(limit=2)
    supervisor.start([program("worker", "print('out of memory'); raise SystemExit(7)")])
    with pytest.raises(Refusal, match="The worker process keeps dying"):
        supervisor.watch()
    assert said.count("Restarted the worker process.") == 2
    assert "out of memory" in said[0]
    assert "exit status 7" in said[0]


def test_a_killed_service_comes_back_and_answers(supervisor, said):
    port = ports.any_free()
    supervisor.start([program("web", ANSWERS, port)])
    supervisor.wait_ready([f"http://127.0.0.1:{port}/healthz"], limit=20)
    _, child = supervisor.running["web"]
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    with pytest.raises(TimeoutError):
        watch_until(supervisor, lambda: supervisor.running["web"][1] is not child)
    supervisor.wait_ready([f"http://127.0.0.1:{port}/healthz"], limit=20)
    assert "killed by signal 9" in said[0]


def watch_until(supervisor, happened):
    def check(words):
        if words.startswith("Restarted") and happened():
            raise TimeoutError

    say, supervisor.say = supervisor.say, lambda words: (say(words), check(words))
    supervisor.watch()


def test_a_dead_database_stops_everything_and_names_the_culprit(supervisor, tmp_path):
    dead = processes.spawn(
        name="postgres",
        command=[sys.executable, "-c", "print('PANIC: no space')"],
        environment=dict(os.environ),
        log=tmp_path / "logs" / "postgres.log",
        directory=tmp_path,
    )
    dead.process.wait()
    supervisor.servers = replace(supervisor.servers, children=(dead,))
    with pytest.raises(Refusal, match=r"(?s)The postgres process stopped.*PANIC: no space"):
        supervisor.watch()


def test_stopping_kills_what_does_not_listen_and_its_children(supervisor, monkeypatch):
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(60)\n"
    )
    supervisor.start([program("worker", stubborn)])
    _, child = supervisor.running["worker"]
    while not child.log_end().strip():
        time.sleep(0.02)
    grandchild = int(child.log_end())
    patient = processes.stop
    monkeypatch.setattr(processes, "stop", lambda child, *, patience: patient(child, patience=0.3))
    supervisor.stop()
    assert child.process.poll() == -signal.SIGKILL
    assert _ends(grandchild, within=5)


def _ends(pid: int, *, within: float) -> bool:
    """Wait until a killed process is gone or a zombie: a busy kernel delivers the signal a moment later."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_survivors_of_a_killed_supervisor_are_ended_but_strangers_are_not(tmp_path):
    survivor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        children = [
            processes.Child(name=name, process=process, log=tmp_path / "log")
            for name, process in (("worker", survivor), ("web", stranger))
        ]
        processes.remember(tmp_path / "children.json", children)
        rows = json.loads((tmp_path / "children.json").read_text())
        rows[1]["birth"] = "long ago"
        (tmp_path / "children.json").write_text(json.dumps(rows))
        assert processes.end_survivors(tmp_path / "children.json", mark="no such stack") == ["worker"]
        assert survivor.wait(timeout=5) == -signal.SIGKILL
        assert stranger.poll() is None
        assert not (tmp_path / "children.json").exists()
    finally:
        for process in (survivor, stranger):
            process.kill()
            process.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not show a process's environment")
def test_marked_processes_are_found_by_their_environment():
    variables = os.environ | {processes.MARK: "a-mark-of-this-test"}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=variables, stdin=subprocess.PIPE) as process:
        while process.pid not in processes.marked("a-mark-of-this-test"):
            time.sleep(0.02)
        assert processes.marked("a-mark") == []
        process.kill()


def test_a_long_log_is_put_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    log = tmp_path / "web.log"
    log.write_text("x" * 11)
    child = processes.spawn(
        name="web", command=[sys.executable, "-c", "print('new')"], environment=dict(os.environ), log=log, directory=tmp_path
    )
    child.process.wait()
    assert child.log_end() == "new"
    assert (tmp_path / "web.previous.log").read_text() == "x" * 11


def test_health_addresses_are_those_of_the_web_processes():
    urls = stack.healthy_urls(stack.DEMO.services, addresses=Addresses(web=8000, portal=8001))
    assert urls == ["http://127.0.0.1:8000/healthz", "http://127.0.0.1:8001/sign-in/"]


def test_the_host_of_a_probe_is_the_sites_own_name(monkeypatch):
    from config.embedded import probe

    seen = []

    def answer(request, timeout):
        seen.append(request.headers["Host"])
        raise socket.gaierror("no such host")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    monkeypatch.setenv("CAIRN_ALLOWED_HOSTS", "registry.example.org,other.example.org")
    assert probe.main(["http://127.0.0.1:8000/healthz"]) == 1
    assert seen == ["registry.example.org"]
