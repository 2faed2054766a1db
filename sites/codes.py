"""Random public ids: what stands in addresses says nothing about order, size or origin."""

import secrets

# Crockford's base 32: no I, L, O or U, so that a code can be read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10


def random_code() -> str:
    """Return a fresh public id of ten characters (50 random bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
