"""Drawing one cycle: rare procedures all, caps by group, then at most so many core cases. A seed is an argument; order is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Outcome(StrEnum):
    """What became of one operation in its cycle's draw."""

    RARE = "RARE"
    CORE = "CORE"
    LEFT = "LEFT"
    UNLISTED = "UNLISTED"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a cycle is drawn. core: most core cases (0 …). caps: group → most cases of it. rare: groups taken whole."""

    core: int
    caps: Mapping[str, int]
    rare: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse rules that contradict themselves. Raises ValueError."""
        if self.core < 0 or any(cap < 0 for cap in self.caps.values()):
            raise ValueError("Numbers of cases are never negative.")
        both = self.rare & set(self.caps)
        if both:
            raise ValueError(f"What is always taken has no cap: {', '.join(sorted(both))}.")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation that may be drawn: its key, unique within the cycle, and its group; None where it is not eligible."""

    key: str
    group: str | None


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An operation after the draw. chance: how likely it was to be taken, 0 to 1, over all seeds."""

    key: str
    outcome: Outcome
    chance: float

    @property
    def is_selected(self) -> bool:
        """Tell whether the operation is to be abstracted."""
        return self.outcome in (Outcome.RARE, Outcome.CORE)


def draw(operations: Iterable[Operation], *, rules: Rules, seed: int) -> dict[str, Drawn]:
    """Draw a cycle; the same operations, rules and seed give the same result, in whatever order they come.

    Operations of a rare group are all taken (chance 1). Of each group at most its cap stays; of all that stay at most
    ``rules.core`` are taken. Each step is a simple random sample by the rank of a keyed hash, and the two steps use
    different keys, so that an operation of a group of m with cap c has the chance min(m, c)/m × min(1, core/M), M being
    how many stay over all groups: the same for each operation of a group.
    Result: by key. Raises ValueError where two operations share a key. Source: Cochran, Sampling Techniques (1977), ch. 2 and 5.
    """
    listed = list(operations)
    if len({operation.key for operation in listed}) != len(listed):
        raise ValueError("Two operations share a key.")
    found = {}
    core: dict[str, list[str]] = {}
    for operation in listed:
        if operation.group is None:
            found[operation.key] = Drawn(key=operation.key, outcome=Outcome.UNLISTED, chance=0.0)
        elif operation.group in rules.rare:
            found[operation.key] = Drawn(key=operation.key, outcome=Outcome.RARE, chance=1.0)
        else:
            core.setdefault(operation.group, []).append(operation.key)
    stay = {group: _first(keys, rules.caps.get(group, len(keys)), seed=seed, step="cap") for group, keys in core.items()}
    together = [key for keys in stay.values() for key in keys]
    taken = set(_first(together, rules.core, seed=seed, step="core"))
    share = min(1.0, rules.core / len(together)) if together else 0.0
    for group, keys in core.items():
        chance = len(stay[group]) / len(keys) * share
        for key in keys:
            found[key] = Drawn(key=key, outcome=Outcome.CORE if key in taken else Outcome.LEFT, chance=chance)
    return found


def _first(keys: list[str], n: int, *, seed: int, step: str) -> list[str]:
    """Take the n keys of the lowest rank: a simple random sample that depends on the set of keys alone."""
    return sorted(keys, key=lambda key: (_rank(seed, step, key), key))[:n]


def _rank(seed: int, step: str, key: str) -> bytes:
    return sha256(f"{seed}\n{step}\n{key}".encode()).digest()
