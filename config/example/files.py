"""Finds the files of the two example registries: dictionaries, companions, measures and the published cases. It reads nothing else."""

from pathlib import Path

HERE = Path(__file__).parent
DEFINITIONS = HERE.parent.parent / "feedback" / "measures" / "definitions"
REGISTRIES = ("medpar", "colorectal")


def dictionary(registry: str) -> tuple[bytes, bytes]:
    """Return (dictionary.csv, checks.toml) of a registry; KeyError when there is no such example."""
    folder = _folder(registry)
    return (folder / "dictionary.csv").read_bytes(), (folder / "checks.toml").read_bytes()


def measures(registry: str) -> dict[str, bytes]:
    """Return the measure files of a registry by file name, in order; KeyError when there is no such example."""
    folder = _folder(registry)
    paths = sorted(DEFINITIONS.glob("*.toml")) if registry == "colorectal" else [folder / "in_hospital_death.toml"]
    return {path.name: path.read_bytes() for path in paths}


def published_cases() -> bytes:
    """Return the 1,495 admissions of medpar as an upload file that spans its 54 hospitals."""
    return (HERE / "medpar" / "cases.csv").read_bytes()


def _folder(registry: str) -> Path:
    if registry not in REGISTRIES:
        raise KeyError(f"There is no example registry “{registry}”; there are {', '.join(REGISTRIES)}.")
    return HERE / registry
