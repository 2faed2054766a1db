"""What is stored of a secret."""

import hashlib


def digest(token: str) -> str:
    """Return the SHA-256 of a token, hexadecimal; the tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
