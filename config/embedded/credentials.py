"""Random passwords and keys of the embedded stack, made once and readable by their owner only."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "postgres"
LOGINS = (
    "cairn_migrator",
    "cairn_web",
    "cairn_worker",
    "cairn_analyst",
    "cairn_portal",
    "cairn_portal_writer",
    "cairn_portal_migrator",
)


@dataclass(frozen=True)
class Credentials:
    """Passwords by database role, and the signing key of each web process."""

    passwords: Mapping[str, str]
    secret_key: str
    portal_secret_key: str


def keep(file: Path) -> Credentials:
    """Read the credentials, or make and keep new ones."""
    if not file.exists():
        _write(file, invent())
    content = json.loads(file.read_text())
    return Credentials(**content)


def invent() -> Credentials:
    """Make fresh random credentials."""
    return Credentials(
        passwords={name: secrets.token_urlsafe(24) for name in (SUPERUSER, *LOGINS)},
        secret_key=secrets.token_urlsafe(48),
        portal_secret_key=secrets.token_urlsafe(48),
    )


def _write(file: Path, credentials: Credentials) -> None:
    content = {
        "passwords": dict(credentials.passwords),
        "secret_key": credentials.secret_key,
        "portal_secret_key": credentials.portal_secret_key,
    }
    scratch = file.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(content, stream, indent=1)
    scratch.replace(file)
