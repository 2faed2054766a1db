"""The environment that compose gives a process is enough for it, and logs it in as its own role: tried without an engine."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from config.embedded import credentials, services
from config.embedded.places import PROJECT
from tests import plugin

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
ASK = (
    "import django; django.setup()\n"
    "from django.db import connections\n"
    "for name in connections:\n"
    "    with connections[name].cursor() as cursor:\n"
    "        cursor.execute('SELECT session_user, current_user, current_database()')\n"
    "        print(name, *cursor.fetchone())\n"
)
EXPECTED = {
    "web": ["default cairn_web cairn_web cairn"],
    "worker": ["default cairn_worker cairn_worker cairn", "portal cairn_portal_writer cairn_portal_writer cairn_portal"],
    "beat": ["default cairn_worker cairn_worker cairn"],
    "portal": ["default cairn_portal cairn_portal cairn_portal"],
    "migrate": ["default cairn_migrator cairn_owner cairn"],
    "migrate-portal": ["default cairn_portal_migrator cairn_portal_owner cairn_portal"],
}


def dotenv():
    """Fill in .env.example as its reader would, with the passwords of the running server."""
    passwords = plugin.joined().credentials.passwords
    values = {f"{login.upper()}_PASSWORD": passwords[login] for login in credentials.LOGINS}
    keys = {"CAIRN_SECRET_KEY": "a" * 50, "CAIRN_PORTAL_SECRET_KEY": "b" * 50, "CAIRN_VALKEY_PASSWORD": "c" * 40}
    hosts = {"CAIRN_ALLOWED_HOSTS": "registry.example.org", "CAIRN_PORTAL_ALLOWED_HOSTS": "payer.example.org"}
    return values | keys | hosts | {"CAIRN_SUPERUSER_PASSWORD": passwords[credentials.SUPERUSER]}


def environment(name):
    """Substitute as compose does, then put the embedded servers in the place of the containers."""
    known = dotenv()

    def substitute(match):
        default = match["default"] or ""
        return known.get(match["name"], default.removeprefix("-") if default.startswith("-") else "")

    values = {
        variable: re.sub(r"\$\{(?P<name>[A-Z_]+):?(?P<default>[^}]*)\}", substitute, str(value))
        for variable, value in COMPOSE["services"][name]["environment"].items()
    }
    joined = plugin.joined()
    addresses = {"CAIRN_BROKER_URL": joined.broker_url, "CAIRN_CACHE_URL": joined.cache_url}
    values |= {variable: url for variable, url in addresses.items() if variable in values}
    return services.inherited(os.environ) | values | {"CAIRN_DB_HOST": joined.superuser.host, "CAIRN_PLAIN_STATIC": "1"}


def run(arguments, variables):
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=variables, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_a_process_starts_on_its_environment_as_its_own_role(name):
    answer = run(["-c", ASK], environment(name))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == EXPECTED[name]


def test_roles_can_be_made_from_the_environment_alone():
    answer = run(["-m", "config.embedded", "roles"], environment("roles"))
    assert (answer.returncode, answer.stdout) == (0, "Roles and databases are in place.\n"), answer.stderr


def test_a_missing_password_is_named():
    variables = environment("roles")
    del variables["CAIRN_ANALYST_PASSWORD"]
    answer = run(["-m", "config.embedded", "roles"], variables)
    assert answer.returncode == 1
    assert answer.stderr.strip() == "Set CAIRN_ANALYST_PASSWORD (see .env.example)."
