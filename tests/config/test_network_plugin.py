"""The network is shut while tests run."""

import socket

import pytest

from tests.plugin.network import NetworkUsed


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80)])
def test_another_machine_cannot_be_reached(address):
    with socket.socket() as client:
        with pytest.raises(NetworkUsed, match="without the network"):
            client.connect(address)
        with pytest.raises(NetworkUsed):
            client.connect_ex(address)


def test_this_machine_can():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
