"""Ports and the lock refuse with a sentence that names the way out."""

import socket
import subprocess
import sys

import pytest

from config.embedded import credentials, lock, ports
from config.embedded.places import PROJECT
from config.embedded.refusal import Refusal


@pytest.mark.parametrize("text", ["", "x", "0", "70000", "-1", "80 80"])
def test_a_port_that_is_no_port_number_is_refused(text):
    with pytest.raises(Refusal, match="is not a port number"):
        ports.read("PORT", text)


def test_a_port_number_is_read():
    assert ports.read("PORT", "8010") == 8010


def test_a_taken_port_is_refused_and_another_is_offered():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {number} is taken.*make demo PORTAL_PORT={number + 10}"):
            ports.require_free({"PORT": ports.any_free(), "PORTAL_PORT": number})


def test_free_ports_pass_and_equal_ones_do_not():
    ports.require_free({"PORT": ports.any_free()})
    with pytest.raises(Refusal, match="PORT and PORTAL_PORT must be different"):
        ports.require_free({"PORT": 8000, "PORTAL_PORT": 8000})


def test_a_second_stack_on_the_same_data_is_refused_and_told_who_holds_it(tmp_path):
    program = (
        "import sys, pathlib\nfrom config.embedded import lock\n"
        f"with lock.held(pathlib.Path({str(tmp_path / 'lock')!r})):\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline().strip() == "held"
        with pytest.raises(Refusal, match=rf"already runs.*process {other.pid}"), lock.held(tmp_path / "lock"):
            pass
        other.kill()
    with lock.held(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() != str(other.pid)


def test_credentials_are_kept_private_and_all_different(tmp_path):
    file = tmp_path / "credentials.json"
    first = credentials.keep(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert credentials.keep(file) == first
    secrets = [*first.passwords.values(), first.secret_key, first.portal_secret_key]
    assert len(set(secrets)) == len(secrets) == len(credentials.LOGINS) + 3
    assert min(map(len, secrets)) >= 32
