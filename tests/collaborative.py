"""The universe of the tests: nine invented hospitals, built once through the same actions as people use."""

from config.example import fill, generate, people

HOSPITALS = 9
CASES = 150
FIRST, SECOND = "H04", "H07"
PASSWORD = people.PASSWORD


def build() -> None:
    """Fill a migrated, empty database; run as the worker."""
    made = generate.small(seed=1, hospitals=HOSPITALS, cases=CASES, latest=4)
    fill.whole(password=PASSWORD, made=made, published_example=False, say=lambda words: None)


def address(name: str) -> str:
    """Return the e-mail address of a person of the universe: ``lead``, ``staff``, ``abstractor``, ``surgeon`` …"""
    return f"{name}@{people.DOMAIN}"
