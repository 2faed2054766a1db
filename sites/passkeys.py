"""Passkeys: what a browser is asked, and whether its answer is right. Pure: house, challenge and stored key come in as arguments.

Source: Web Authentication, level 2 (W3C, 2021), sections 7.1 and 7.2. A passkey must have made sure who uses it (by a
PIN, a finger or a face), so that it counts as two factors.
"""

import hashlib
import hmac
import json
import secrets
import struct
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST = 20_000
# What a malformed answer makes the library raise.
_FAULTS = (
    WebAuthnException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)


class Wrong(Exception):
    """The answer is not the one that was asked for; the words are for the log, not for whoever asks."""


@dataclass(frozen=True, kw_only=True)
class House:
    """Whose passkeys these are: the host that a passkey is bound to, and the origin that a browser must have been on."""

    host: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new passkey: its name among all, its public key, and how often it says it was used."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def challenge() -> bytes:
    """Return 32 bytes that nobody guesses."""
    return secrets.token_bytes(32)


def handle(*, key: bytes, person: int) -> bytes:
    """Return what a passkey knows its person by: made from the house's key, so that it names nobody elsewhere."""
    return hmac.digest(key, b"passkey:%d" % person, hashlib.sha256)


def offer(*, house: House, asked: bytes, owner: bytes, account: str, name: str, known: list[bytes]) -> dict[str, Any]:
    """Return what the browser needs to make a passkey; a device that holds one of ``known`` makes no second."""
    options = webauthn.generate_registration_options(
        rp_id=house.host,
        rp_name="Cairn",
        user_id=owner,
        user_name=account,
        user_display_name=name,
        challenge=asked,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json_dict(options)


def made(*, house: House, asked: bytes, answer: str) -> Made:
    """Return the new passkey of an answer. Raises Wrong for every other challenge, origin or host, and where nobody was verified."""
    try:
        credential = parse_registration_credential_json(_short(answer))
        _on_our_own_page(credential.response.client_data_json)
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=asked,
            expected_rp_id=house.host,
            expected_origin=house.origin,
            require_user_verification=True,
        )
    except _FAULTS as fault:
        raise Wrong(str(fault)) from fault
    return Made(credential_id=found.credential_id, public_key=found.credential_public_key, sign_count=found.sign_count)


def question(*, house: House, asked: bytes, allowed: list[bytes]) -> dict[str, Any]:
    """Return what the browser needs to show a passkey: one of ``allowed``, or any it holds for this host."""
    options = webauthn.generate_authentication_options(
        rp_id=house.host,
        challenge=asked,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def credential_of(answer: str) -> bytes:
    """Return which passkey an answer claims to come from; nothing is checked yet. Raises Wrong for what is no answer."""
    try:
        return parse_authentication_credential_json(_short(answer)).raw_id
    except _FAULTS as fault:
        raise Wrong(str(fault)) from fault


def used(*, house: House, asked: bytes, answer: str, owner: bytes, public_key: bytes, sign_count: int) -> int:
    """Check an answer against a stored passkey; return how often the passkey says it was used.

    Raises Wrong for another challenge, origin, host, key or person, where nobody was verified, and where the count did not
    grow: then the passkey was copied.
    """
    try:
        credential = parse_authentication_credential_json(_short(answer))
        _on_our_own_page(credential.response.client_data_json)
        told = credential.response.user_handle
        if told is not None and not hmac.compare_digest(told, owner):
            raise Wrong("The passkey is somebody else's.")
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=asked,
            expected_rp_id=house.host,
            expected_origin=house.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _FAULTS as fault:
        raise Wrong(str(fault)) from fault
    return found.new_sign_count


def _short(answer: str) -> str:
    if len(answer) > LONGEST:
        raise ValueError("The answer is too long.")
    return answer


def _on_our_own_page(client_data: bytes) -> None:
    """Refuse what was made in a frame of another house's page."""
    if json.loads(client_data).get("crossOrigin"):
        raise Wrong("The answer was made in a frame of another page.")
