"""The two embedded servers, started and stopped together, with roles and databases in place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.embedded import places as places_module
from config.embedded import postgres, processes, roles, valkey
from config.embedded.credentials import SUPERUSER, Credentials, keep
from config.embedded.places import Places
from config.embedded.refusal import Refusal


@dataclass(frozen=True)
class Servers:
    """Both servers running, and what one needs to reach them."""

    places: Places
    credentials: Credentials
    children: tuple[processes.Child, ...]
    valkey_database: int = 0

    @property
    def superuser(self) -> roles.Server:
        return roles.Server(
            host=str(self.places.postgres_sockets), port=postgres.PORT, password=self.credentials.passwords[SUPERUSER]
        )

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.places.valkey_socket}?virtual_host={self.valkey_database}"

    @property
    def cache_url(self) -> str:
        return f"unix://{self.places.valkey_socket}?db={self.valkey_database + 1}"


@contextmanager
def running(*, places: Places, durable: bool) -> Iterator[Servers]:
    """Run both servers while the block lasts; the caller holds the lock of the data folder."""
    processes.end_survivors(places.children, mark=places.identity)
    _require_whole(places)
    places_module.fresh_sockets(places)
    credentials = keep(places.credentials)
    programs = postgres.find(places)
    postgres.make_cluster(places=places, programs=programs, password=credentials.passwords[SUPERUSER])
    children: list[processes.Child] = []
    try:
        children.append(postgres.start(places=places, programs=programs, durable=durable))
        children.append(valkey.start(places=places, durable=durable))
        processes.remember(places.children, children)
        servers = Servers(places=places, credentials=credentials, children=tuple(children))
        roles.establish(server=servers.superuser, passwords=credentials.passwords)
        yield servers
    finally:
        for child in reversed(children):
            processes.stop(child, patience=30)
        places.children.unlink(missing_ok=True)
        places_module.remove_sockets(places)


def _require_whole(places: Places) -> None:
    """Refuse frozen files whose database is gone: beside a new, empty database they would be lies."""
    if (places.postgres / "PG_VERSION").exists() or not any((places.data / "snapshots").iterdir()):
        return
    raise Refusal(
        f"{places.data} holds snapshots, but their database ({places.postgres}) is gone. "
        "Bring it back, or start anew with `make demo-reset`."
    )
