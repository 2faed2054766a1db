"""Codes of an authenticator app (RFC 6238), written once more here: the portal shares no code with the registry.

Source: RFC 4226 (HOTP, 2005) and RFC 6238 (TOTP, 2011): SHA-1, six digits, thirty seconds.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote

STEP_SECONDS = 30


def code(secret: bytes, step: int) -> str:
    """Return the six digits of one half minute (RFC 4226, section 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    start = mac[19] & 15
    return str((int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF) % 1_000_000).zfill(6)


def step_of(secret: bytes, typed: str, *, now: int, after: int) -> int | None:
    """Return the half minute whose code was typed, one to either side of ``now`` (seconds); none at or before ``after``."""
    here = now // STEP_SECONDS
    right = [
        step for step in (here - 1, here, here + 1) if hmac.compare_digest(code(secret, step).encode(), typed.encode())
    ]
    return max((step for step in right if step > after), default=None)


def key_words(secret: bytes) -> str:
    """Return the key as a person types it into the app, in groups of four."""
    plain = base64.b32encode(secret).decode()
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def app_address(secret: bytes, *, account: str) -> str:
    """Return the address that an app on the same device opens."""
    return f"otpauth://totp/{quote('Cairn releases')}:{quote(account)}?secret={base64.b32encode(secret).decode()}&issuer=Cairn%20releases"
