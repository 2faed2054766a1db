"""Random case codes: ten letters and digits that cannot be mistaken for one another, without meaning."""

import os
from collections.abc import Callable

import numpy as np

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10


def random_codes(n: int, *, source: Callable[[int], bytes] = os.urandom) -> list[str]:
    """Draw n different codes of fifty random bits each. Source: Crockford, Base 32 (2002)."""
    letters = np.frombuffer(ALPHABET.encode(), dtype="S1")
    drawn: dict[str, None] = {}
    while len(drawn) < n:
        wanted = n - len(drawn)
        bits = np.frombuffer(source(wanted * LENGTH), dtype=np.uint8) & 31
        words = letters[bits].view(f"S{LENGTH}").astype(f"<U{LENGTH}")
        drawn.update(dict.fromkeys(words.tolist()))
    return list(drawn)
