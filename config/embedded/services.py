"""The processes of Cairn: the exact command of each, and which secrets it is given. Compose runs the same commands."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from config.embedded import processes
from config.embedded.postgres import PORT
from config.embedded.servers import Servers
from config.example import people

INHERITED_NOT = ("CAIRN_", "DJANGO_", "CELERY_", "GUNICORN_", "PYTHONPATH", "PG", "COV_", "PYTEST_")


@dataclass(frozen=True)
class Service:
    """A command, the database log-ins it is given, and whether it is the payer's side of the wall.

    `shown` means that what it says is shown to the person at the terminal as it comes.
    """

    name: str
    command: tuple[str, ...]
    login: str | None = None
    portal_login: str | None = None
    portal_side: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    shown: bool = False

    def argv(self) -> list[str]:
        """Give the command as this Python runs it."""
        return [sys.executable if part == "python" else part for part in self.command]


GUNICORN = ("python", "-m", "gunicorn", "--config", "python:config.server")
CELERY = ("python", "-m", "celery", "--app", "config.celery")
MANAGE = ("python", "manage.py")

MIGRATE = Service("migrate", (*MANAGE, "migrate", "--noinput"), login="cairn_migrator")
MIGRATE_PORTAL = Service(
    "migrate-portal", (*MANAGE, "migrate", "--noinput"), portal_login="cairn_portal_migrator", portal_side=True
)
COLLECT_STATIC = Service("static", (*MANAGE, "collectstatic", "--noinput", "--verbosity", "0"), login="cairn_web")
FILL = Service("demo", (*MANAGE, "demo"), login="cairn_worker", portal_login="cairn_portal_writer", shown=True)
ADD_PAYER = Service(
    "payer",
    (*MANAGE, "add_payer", *people.PAYER),
    portal_login="cairn_portal_migrator",
    portal_side=True,
    variables=(("CAIRN_PAYER_PASSWORD", people.PASSWORD),),
)
LOG_INS = Service("log-ins", (*MANAGE, "demo", "--print-logins"), login="cairn_worker", portal_login="cairn_portal_writer")

WEB = Service("web", (*GUNICORN, "config.wsgi:application"), login="cairn_web")
PORTAL = Service("portal", (*GUNICORN, "config.portal_wsgi:application"), portal_login="cairn_portal", portal_side=True)
WORKER = Service(
    "worker", (*CELERY, "worker", "--loglevel", "INFO"), login="cairn_worker", portal_login="cairn_portal_writer"
)
BEAT = Service("beat", (*CELERY, "beat", "--loglevel", "INFO"), login="cairn_worker")


@dataclass(frozen=True)
class Addresses:
    """The ports of the two web processes, on the loopback interface."""

    web: int
    portal: int

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def portal_url(self) -> str:
        return f"http://127.0.0.1:{self.portal}"


def inherited(variables: Mapping[str, str]) -> dict[str, str]:
    """Pass on the person's environment without what would change Cairn behind its back."""
    return {name: value for name, value in variables.items() if not name.startswith(INHERITED_NOT)}


def environment(
    service: Service,
    *,
    servers: Servers,
    addresses: Addresses,
    registry: str = "cairn",
    portal: str = "cairn_portal",
) -> dict[str, str]:
    """Build a process's whole environment: only its own side's key, only its own log-ins."""
    secrets = servers.credentials
    values = inherited(os.environ) | {
        "CAIRN_DEBUG": "0",
        "CAIRN_DEMO": "1",
        "CAIRN_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "CAIRN_DB_HOST": str(servers.places.postgres_sockets),
        "CAIRN_DB_PORT": str(PORT),
        "CAIRN_STATIC_ROOT": str(servers.places.data / "static"),
        processes.MARK: servers.places.identity,
        # One thread of linear algebra per process: the same bytes on every machine.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        **dict(service.variables),
    }
    if service.portal_login:
        values |= {
            "CAIRN_PORTAL_DB_NAME": portal,
            "CAIRN_PORTAL_DB_USER": service.portal_login,
            "CAIRN_PORTAL_DB_PASSWORD": secrets.passwords[service.portal_login],
        }
    if service.portal_side:
        return values | {
            "DJANGO_SETTINGS_MODULE": "config.portal_settings",
            "CAIRN_PORTAL_SECRET_KEY": secrets.portal_secret_key,
            "CAIRN_BIND": f"127.0.0.1:{addresses.portal}",
            "CAIRN_PROCESSES": "1",
        }
    values |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CAIRN_SECRET_KEY": secrets.secret_key,
        "CAIRN_DATA_DIR": str(servers.places.data),
        "CAIRN_DB_NAME": registry,
        "CAIRN_BROKER_URL": servers.broker_url,
        "CAIRN_CACHE_URL": servers.cache_url,
        "CAIRN_BIND": f"127.0.0.1:{addresses.web}",
        "CAIRN_PORTAL_URL": addresses.portal_url,
        "CELERY_WORKER_CONCURRENCY": "2",
    }
    if service.login:
        values |= {"CAIRN_DB_USER": service.login, "CAIRN_DB_PASSWORD": secrets.passwords[service.login]}
    return values
