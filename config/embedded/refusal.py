"""The one error of the embedded stack: a plain sentence for the person at the terminal."""


class Refusal(Exception):
    """Something anticipated stands in the way; the message says what, and what to do about it."""
