"""Each process gets its own secrets and nobody else's."""

import sys

import pytest

from config.embedded import services
from config.embedded.services import Addresses
from tests import plugin

ADDRESSES = Addresses(web=8000, portal=8001)
PASSWORDS_OF = {
    "web": {"cairn_web"},
    "worker": {"cairn_worker", "cairn_portal_writer"},
    "beat": {"cairn_worker"},
    "portal": {"cairn_portal"},
    "migrate": {"cairn_migrator"},
    "migrate-portal": {"cairn_portal_migrator"},
    "static": {"cairn_web"},
    "demo": {"cairn_worker", "cairn_portal_writer"},
    "log-ins": {"cairn_worker", "cairn_portal_writer"},
    "payer": {"cairn_portal_migrator"},
}
ALL = {service.name: service for service in vars(services).values() if isinstance(service, services.Service)}


def environment(name):
    return services.environment(ALL[name], servers=plugin.joined(), addresses=ADDRESSES)


def test_every_service_is_listed():
    assert set(ALL) == set(PASSWORDS_OF)


@pytest.mark.parametrize("name", PASSWORDS_OF)
def test_a_process_knows_its_own_passwords_only(name):
    passwords = plugin.joined().credentials.passwords
    known = {login for login, password in passwords.items() if password in environment(name).values()}
    assert known == PASSWORDS_OF[name]


@pytest.mark.parametrize("name", ["portal", "migrate-portal", "payer"])
def test_the_payers_side_knows_neither_key_nor_broker_nor_files_of_the_registry(name):
    values = environment(name)
    secrets = plugin.joined().credentials
    assert values["CAIRN_PORTAL_SECRET_KEY"] == secrets.portal_secret_key
    assert secrets.secret_key not in values.values()
    assert not {"CAIRN_SECRET_KEY", "CAIRN_DB_NAME", "CAIRN_DB_USER", "CAIRN_BROKER_URL", "CAIRN_CACHE_URL", "CAIRN_DATA_DIR"} & set(values)


def test_only_the_payers_side_signs_with_the_portals_key():
    for name in set(PASSWORDS_OF) - {"portal", "migrate-portal", "payer"}:
        assert "CAIRN_PORTAL_SECRET_KEY" not in environment(name), name


def test_the_web_is_given_no_door_to_the_portal():
    assert not {name for name in environment("web") if name.startswith("CAIRN_PORTAL_DB")}


def test_the_persons_environment_cannot_change_cairn(monkeypatch):
    monkeypatch.setenv("CAIRN_DEBUG", "1")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--reload")
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    values = environment("web")
    assert values["CAIRN_DEBUG"] == "0"
    assert "GUNICORN_CMD_ARGS" not in values
    assert "PGHOST" not in values
    assert values["LANG"] == "de_DE.UTF-8"


def test_commands_run_with_this_python():
    assert services.WEB.argv()[0] == sys.executable
    assert services.WEB.argv()[1:3] == ["-m", "gunicorn"]
