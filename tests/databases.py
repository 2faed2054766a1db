"""Databases for tests: migrated once, filled once, cloned per writing test, and always reached as a real role.

`world` is a clone of its own for a test that writes; `shared_world` is one clone for all the reading tests of a
module; `empty_world` has the tables and no rows. Inside them Django's connections log in as `cairn_web`, and `as_role`
changes that. pytest-django's own database fixtures are not used: they would run everything as one role in one
transaction, where neither row security nor append-only triggers mean anything.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from config.embedded import fingerprint, roles, services
from config.embedded.credentials import SUPERUSER
from config.embedded.places import PROJECT
from config.embedded.servers import Servers
from sites.access.seal import keep_key
from tests import dumps, plugin

MIGRATION_SOURCES = ("*/migrations/*.py", "*/models/*.py", "*/portal/*.py", "sites/access/*.py", "config/database/*.py")
UNIVERSE_SOURCES = (*fingerprint.CODE, "tests/collaborative.py", "tests/databases.py")
# What only shows or serves the universe does not make it.
NOT_OF_THE_UNIVERSE = re.compile(
    r"/views/|/config/embedded/|/charts/|/(urls|api|forms|serializers|components|gallery|home|frame|middleware|gates)\w*\.py$"
)
STATES = "CAIRN_TEST_STATES"
OWNER_LOGINS = {"cairn_migrator": "-c role=cairn_owner", "cairn_portal_migrator": "-c role=cairn_portal_owner"}
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """A pair of databases, registry and portal, and the folder of their files."""

    registry: str
    portal: str
    data: Path

    def servers(self) -> Servers:
        """Describe the servers with this world's own folder, for processes started on it."""
        joined = plugin.joined()
        return replace(joined, places=replace(joined.places, data=self.data))

    def environment(self, service: services.Service, *, addresses: services.Addresses | None = None) -> dict[str, str]:
        """Build the environment with which a process of its own (the portal, a worker) works on this world."""
        where = addresses or services.Addresses(web=8000, portal=8001)
        return services.environment(
            service, servers=self.servers(), addresses=where, registry=self.registry, portal=self.portal
        ) | {"CAIRN_PLAIN_STATIC": "1"}


@pytest.fixture
def world(django_db_blocker: Any) -> Iterator[World]:
    """Give a writing test a filled world of its own, as the web's role."""
    with django_db_blocker.unblock(), cloned(universe()) as made:
        yield made


@pytest.fixture(scope="module")
def shared_world(django_db_blocker: Any) -> Iterator[World]:
    """Give the reading tests of a module one filled world, as the web's role."""
    with django_db_blocker.unblock(), cloned(universe()) as made:
        yield made


@pytest.fixture
def empty_world(django_db_blocker: Any) -> Iterator[World]:
    """Give a test migrated tables without rows, as the web's role."""
    with django_db_blocker.unblock(), cloned(migrated()) as made:
        yield made


@contextmanager
def as_role(login: str, *, world: World | None = None) -> Iterator[None]:
    """Log the default connection in as another role: a Cairn log-in, or "superuser"; migrators act as owner."""
    user = SUPERUSER if login == "superuser" else login
    with _pointed("default", database=world.registry if world else None, login=user):
        yield


def migrated() -> World:
    """Migrate both databases as their migrators, once per state of the migrations."""
    made = _template("migrated", state=states()["migrated"])
    return _built(made, build=_migrate)


def universe() -> World:
    """Fill a migrated world through `tests.collaborative.build()`, once per state of the code."""
    made = _template("universe", state=states()["universe"])

    def build(building: World) -> None:
        _copy(migrated(), to=building)
        _fill(building)

    return _built(made, build=build)


def states() -> dict[str, str]:
    """Identify the code that templates are made from: read once, by the controller, for all of its workers."""
    if STATES not in os.environ:
        kinds = fingerprint.SOURCE_KINDS
        sources = [path for name in UNIVERSE_SOURCES for path in fingerprint.files(PROJECT / name, kinds=kinds)]
        found = {
            "migrated": fingerprint.of(path for pattern in MIGRATION_SOURCES for path in PROJECT.glob(pattern)),
            "universe": fingerprint.of(path for path in sources if not NOT_OF_THE_UNIVERSE.search(path.as_posix())),
        }
        os.environ[STATES] = json.dumps(found)
    return json.loads(os.environ[STATES])


def _built(made: World, *, build: Callable[[World], None]) -> World:
    """Take a template as it is, or from its dump, or build it and dump it; one worker does, the others wait."""
    if _exists(made):
        return made
    with only_builder(made):
        if not _exists(made):
            kind = made.registry.partition("_")[0]
            _drop_others(kind, but=made)
            building = replace(made, registry=f"{made.registry}_new", portal=f"{made.portal}_new")
            names = {"registry": building.registry, "portal": building.portal, "data": building.data}
            kept = dumps.folder(kept=plugin.KEPT, name=made.registry)
            if not dumps.restore(servers=_joined(), **names, source=kept):
                build(building)
                dumps.keep(servers=_joined(), **names, to=kept)
            # A dump may come from servers that had another key.
            with _pointed("default", database=building.registry, login="cairn_migrator"):
                keep_key()
            _finish(building, made=made)
    return made


@contextmanager
def cloned(template: World) -> Iterator[World]:
    """Clone a world, point both connections at it, and remove it afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    name = f"{worker}_{os.getpid()}_{next(_numbers)}"
    made = World(registry=f"clone_{name}", portal=f"clone_{name}_portal", data=_joined().places.data / "worlds" / name)
    _copy(template, to=made)
    cache.clear()
    try:
        with _entered(made, login="cairn_web"):
            yield made
    finally:
        _drop(made)


@contextmanager
def _entered(made: World, *, login: str) -> Iterator[None]:
    """Point Django's connections and its data folder at a world."""
    before = settings.DATA_DIR, settings.SNAPSHOT_DIR
    settings.DATA_DIR, settings.SNAPSHOT_DIR = made.data, made.data / "snapshots"
    # Every client asks for the folder of collected files; the tests need none in it.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    try:
        with (
            _pointed("default", database=made.registry, login=login),
            _pointed("portal", database=made.portal, login="cairn_portal_writer"),
        ):
            yield
    finally:
        settings.DATA_DIR, settings.SNAPSHOT_DIR = before


@contextmanager
def _pointed(alias: str, *, database: str | None, login: str) -> Iterator[None]:
    """Close a connection and let it open again as somebody else, somewhere else; then put it back."""
    connection = connections[alias]
    values = connection.settings_dict
    before = {name: values[name] for name in ("NAME", "USER", "PASSWORD", "OPTIONS")}
    options = {name: value for name, value in before["OPTIONS"].items() if name != "options"}
    if login in OWNER_LOGINS:
        options["options"] = OWNER_LOGINS[login]
    connection.close()
    values.update(
        NAME=database or before["NAME"], USER=login, PASSWORD=_joined().credentials.passwords[login], OPTIONS=options
    )
    # Content types are cached by number, and numbers belong to a database.
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        values.update(before)
        ContentType.objects.clear_cache()


def _migrate(building: World) -> None:
    server = _joined().superuser
    for name, kind in ((building.registry, roles.REGISTRY), (building.portal, roles.PORTAL)):
        roles.drop_database(server=server, name=name)
        roles.make_database(server=server, name=name, kind=kind)
    (building.data / "snapshots").mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        services.MIGRATE_PORTAL.argv(),
        env=building.environment(services.MIGRATE_PORTAL),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as portal:
        with _pointed("default", database=building.registry, login="cairn_migrator"):
            call_command("migrate", verbosity=0, interactive=False)
        words, _ = portal.communicate()
    if portal.returncode:
        raise RuntimeError(f"The portal's migrations failed:\n{words}")


def _fill(building: World) -> None:
    if find_spec("tests.collaborative") is None:
        return
    with _entered(building, login="cairn_worker"):
        import_module("tests.collaborative").build()
    with _joined().superuser.connection(building.registry) as connection:
        connection.execute("VACUUM ANALYZE")


def _template(kind: str, *, state: str) -> World:
    name = f"{kind}_{state}"
    return World(registry=name, portal=f"{name}_portal", data=_joined().places.data / "templates" / name)


def _exists(made: World) -> bool:
    with _joined().superuser.connection() as connection:
        return (
            all(roles.database_exists(connection, name) for name in (made.registry, made.portal)) and made.data.exists()
        )


def _copy(source: World, *, to: World) -> None:
    server = _joined().superuser
    for name, template, kind in (
        (to.registry, source.registry, roles.REGISTRY),
        (to.portal, source.portal, roles.PORTAL),
    ):
        roles.drop_database(server=server, name=name)
        roles.make_database(server=server, name=name, kind=kind, template=template)
    shutil.rmtree(to.data, ignore_errors=True)
    shutil.copytree(source.data, to.data)
    (to.data / "logs").mkdir(exist_ok=True)


def _finish(building: World, *, made: World) -> None:
    """Give a finished template its name, so that one killed half-way is never taken for whole."""
    shutil.rmtree(made.data, ignore_errors=True) if building.data != made.data else None
    with _joined().superuser.connection() as connection:
        for old, new in ((building.portal, made.portal), (building.registry, made.registry)):
            connection.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')


def _drop(made: World) -> None:
    for name in (made.registry, made.portal):
        roles.drop_database(server=_joined().superuser, name=name)
    shutil.rmtree(made.data, ignore_errors=True)


def _drop_others(kind: str, *, but: World) -> None:
    """Drop templates of an earlier state of the code, and clones of killed runs."""
    server = _joined().superuser
    with server.connection() as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{kind}\\_%"]).fetchall()
    for (name,) in rows:
        if name not in (but.registry, but.portal):
            roles.drop_database(server=server, name=name)
    for folder in (_joined().places.data / "templates").glob(f"{kind}_*"):
        if folder != but.data:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def only_builder(made: World | str) -> Iterator[None]:
    """Let one worker build a thing while the others wait."""
    name = made if isinstance(made, str) else made.registry
    with (_joined().places.data / f"builder-{name.partition('_')[0]}").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _joined() -> Servers:
    return plugin.joined()
