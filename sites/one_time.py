"""Codes of an authenticator app that change every half minute. Pure: key, step and time come in as arguments.

Source: RFC 4226 (HOTP, 2005) and RFC 6238 (TOTP, 2011), with SHA-1, six digits and thirty seconds, as every app has them.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
# A clock may be half a minute off in either direction.
DRIFT = 1


def secret(*, key: bytes, person: int, nonce: bytes) -> bytes:
    """Return the secret of one authenticator: made from the house's key and the stored nonce, so that no row holds it."""
    return hmac.new(key, b"second factor:%d:" % person + nonce, hashlib.sha256).digest()[:20]


def step(at: datetime) -> int:
    """Return the number of the half minute."""
    return int(at.timestamp()) // STEP_SECONDS


def code(secret: bytes, number: int) -> str:
    """Return the six digits of one step (RFC 4226, section 5.3)."""
    digest = hmac.new(secret, number.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    whole = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{whole % 10**DIGITS:0{DIGITS}d}"


def match(secret: bytes, typed: str, *, at: datetime, after: int) -> int | None:
    """Return the step whose code was typed, or None; no step at or before ``after`` counts, so that no code works twice."""
    now, found = step(at), None
    for number in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code(secret, number).encode(), typed.encode()) and number > after:
            found = number
    return found


def base32(secret: bytes) -> str:
    """Return the secret as a person types it into the app, in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, *, account: str, issuer: str = "Cairn") -> str:
    """Return the otpauth address that an app on the same device opens."""
    plain = base32(secret).replace(" ", "")
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={plain}&issuer={quote(issuer)}"
