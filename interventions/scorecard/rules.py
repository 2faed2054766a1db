"""The rules of a performance index: a TOML document read once into frozen dataclasses, all faults at once. No database, no clock."""

import hashlib
import math
import tomllib
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from interventions.scorecard.refusal import RulesRefusal

PARTICIPATION, PERFORMANCE = "PARTICIPATION", "PERFORMANCE"
HOSPITAL, COLLABORATIVE = "HOSPITAL", "COLLABORATIVE"
# Where the value of an item comes from. All but ``measure`` are what a hospital does, not how its patients fare.
SOURCES = ("attested", "agreement", "certified", "quality", "attendance", "recorded", "measure")
TOTAL = 100.0
ITEM_KEYS = {
    "code", "title", "why", "kind", "scope", "source", "measure", "of", "weights", "scale", "improvement", "reliability_at_least", "falling",
}  # fmt: skip
TOP_KEYS = {"code", "registry", "year", "version", "title", "appeal_days", "authors", "cohort", "item"}


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A sliding scale: values in rising order and the share (0 to 1) of the weight that each earns, straight lines between."""

    points: tuple[tuple[float, float], ...]

    def share(self, value: float) -> float:
        """Return the share of the weight that a value earns, 0 to 1; beyond the ends the ends count."""
        if value <= self.points[0][0]:
            return self.points[0][1]
        for (low, below), (high, above) in pairwise(self.points):
            if value <= high:
                return below + (above - below) * (value - low) / (high - low)
        return self.points[-1][1]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Hospitals that joined before a day (None: whenever) and in no earlier cohort of the list; the longest members come first."""

    code: str
    title: str
    joined_before: date | None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the index: what is asked, what it weighs for each cohort, and how a value becomes a share of the weight.

    ``of`` is how many times something is asked for in the year (sources ``recorded`` and ``attendance``); ``falling`` says that
    a lower value is better; ``improvement`` scales the part of the way to perfection covered since the year before.
    """

    code: str
    title: str
    why: str
    kind: str
    scope: str
    source: str
    measure: str
    of: int
    weights: dict[str, float]
    scale: Scale
    improvement: Scale | None
    reliability_at_least: float
    falling: bool


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A performance index of one registry and year."""

    code: str
    registry: str
    year: int
    version: int
    title: str
    appeal_days: int
    authors: tuple[str, ...]
    cohorts: tuple[Cohort, ...]
    items: tuple[Item, ...]
    digest: str

    def cohort(self, joined_on: date) -> Cohort:
        """Return the cohort of a hospital by the day it joined: the first whose bound lies after it."""
        return next(one for one in self.cohorts if one.joined_before is None or joined_on < one.joined_before)

    def item(self, code: str) -> Item:
        """Return one item. Raises KeyError where there is none."""
        return {one.code: one for one in self.items}[code]

    def weight(self, cohort: Cohort, kind: str) -> float:
        """Return what one kind of item weighs together for a cohort, of 100."""
        return sum(one.weights[cohort.code] for one in self.items if one.kind == kind)


def load(data: bytes) -> Rules:
    """Read a document of rules.

    Raises RulesRefusal with every fault: not TOML, an unknown key, weights of a cohort that do not come to 100, a scale that turns back,
    performance that weighs less for those who joined earlier.
    """
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RulesRefusal((f"This is not TOML: {problem}.",)) from problem
    faults: list[str] = [f"The document has an unknown key “{key}”." for key in sorted(set(table) - TOP_KEYS)]
    cohorts = _cohorts(_tables(table, "cohort", faults), faults)
    items = _items(_tables(table, "item", faults), cohorts, faults)
    authors = table.get("authors", [])
    if not isinstance(authors, list):
        faults.append("“authors” of the document is not a list of names.")
        authors = []
    made = Rules(
        code=_words(table, "code", "the document", faults), registry=_words(table, "registry", "the document", faults),
        year=_whole(table, "year", (2000, 2200), "the document", faults), version=_whole(table, "version", (1, 99), "the document", faults),
        title=_words(table, "title", "the document", faults), appeal_days=_whole(table, "appeal_days", (7, 120), "the document", faults),
        authors=tuple(str(one) for one in authors), cohorts=cohorts, items=items, digest=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    if not faults:
        faults += _weighed(made)
    if faults:
        raise RulesRefusal(tuple(faults))
    return made


def _tables(table: dict[str, Any], key: str, faults: list[str]) -> list[dict[str, Any]]:
    """Return the tables ``[[key]]`` of the document; whatever else stands there is a fault."""
    rows = table.get(key, [])
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    faults.append(f"“{key}” is not written as tables, each under a line [[{key}]].")
    return []


def _cohorts(rows: list[dict[str, Any]], faults: list[str]) -> tuple[Cohort, ...]:
    found = []
    for row in rows:
        bound = row.get("joined_before")
        if bound is not None and type(bound) is not date:
            faults.append(f"“joined_before” of the cohort “{row.get('code', '')}” is not a day.")
            bound = None
        found.append(
            Cohort(
                code=_words(row, "code", "a cohort", faults),
                title=_words(row, "title", "a cohort", faults),
                joined_before=bound,
            )
        )
    bounds = [one.joined_before for one in found]
    if not found or bounds[-1] is not None or any(one is None for one in bounds[:-1]):
        faults.append("The last cohort, and no other, has no “joined_before”: it takes whoever joined later.")
    elif any(one >= two for one, two in pairwise(bounds[:-1])):
        faults.append("The cohorts are not in order: those who joined first come first.")
    if len({one.code for one in found}) < len(found):
        faults.append("Two cohorts have the same code.")
    return tuple(found)


def _items(rows: list[dict[str, Any]], cohorts: tuple[Cohort, ...], faults: list[str]) -> tuple[Item, ...]:
    found = [_item(row, cohorts, faults) for row in rows]
    if not found:
        faults.append("There is no item.")
    if len({one.code for one in found}) < len(found):
        faults.append("Two items have the same code.")
    return tuple(found)


def _item(row: dict[str, Any], cohorts: tuple[Cohort, ...], faults: list[str]) -> Item:
    where = f"the item “{row.get('code', '')}”"
    faults += [f"{where.capitalize()} has an unknown key “{key}”." for key in sorted(set(row) - ITEM_KEYS)]
    kind, scope, source = row.get("kind", ""), row.get("scope", HOSPITAL), row.get("source", "")
    if kind not in (PARTICIPATION, PERFORMANCE):
        faults.append(f"The kind of {where} is neither PARTICIPATION nor PERFORMANCE.")
    if scope not in (HOSPITAL, COLLABORATIVE):
        faults.append(f"The scope of {where} is neither HOSPITAL nor COLLABORATIVE.")
    if source not in SOURCES:
        faults.append(f"The source of {where} is none of {', '.join(SOURCES)}.")
    if (source == "measure") != bool(row.get("measure")) or (source == "measure") != (kind == PERFORMANCE):
        faults.append(
            f"{where.capitalize()}: what a measure says is performance and names the measure; all else is participation."
        )
    if scope == COLLABORATIVE and kind != PERFORMANCE:
        faults.append(f"{where.capitalize()}: only performance is shared by the collaborative.")
    counted = source in ("recorded", "attendance")
    if counted != ("of" in row):
        faults.append(
            f"{where.capitalize()}: “of” says how many are asked for in the year, and only where they are counted."
        )
    falling, least = bool(row.get("falling", False)), _number(row.get("reliability_at_least", 0))
    scale = _scale(row.get("scale"), where, "scale", falls=falling, faults=faults)
    improvement = (
        _scale(row["improvement"], where, "improvement", falls=False, faults=faults) if "improvement" in row else None
    )
    if improvement is not None and kind != PERFORMANCE:
        faults.append(f"{where.capitalize()}: only performance can improve on the year before.")
    if not 0 <= least <= 1:
        faults.append(f"“reliability_at_least” of {where} lies outside 0 to 1.")
    return Item(
        code=_words(row, "code", "an item", faults), title=_words(row, "title", where, faults), why=_words(row, "why", where, faults), kind=kind,
        scope=scope, source=source, measure=str(row.get("measure", "")), of=_whole(row, "of", (1, 60), where, faults) if "of" in row else 0,
        weights=_weights(row.get("weights"), cohorts, where, faults), scale=scale, improvement=improvement, reliability_at_least=least,
        falling=falling,
    )  # fmt: skip


def _weights(given: Any, cohorts: tuple[Cohort, ...], where: str, faults: list[str]) -> dict[str, float]:
    given = given if isinstance(given, dict) else {}
    codes = {one.code for one in cohorts}
    if set(given) != codes:
        faults.append(f"The weights of {where} are not those of the cohorts {', '.join(sorted(codes))}.")
    found = {code: _number(given.get(code, 0)) for code in codes}
    if not all(0 <= weight <= TOTAL for weight in found.values()):
        faults.append(f"A weight of {where} lies outside 0 to 100.")
    return found


def _scale(given: Any, where: str, name: str, *, falls: bool, faults: list[str]) -> Scale:
    usable = (
        isinstance(given, list) and len(given) >= 2 and all(isinstance(one, list) and len(one) == 2 for one in given)
    )
    points = tuple((_number(value), _number(share)) for value, share in given) if usable else ()
    if not points or not all(math.isfinite(one) for point in points for one in point):
        faults.append(
            f"“{name}” of {where} is a list of two or more pairs: a value, and the share of the weight it earns."
        )
        return Scale(points=((0.0, 0.0), (1.0, 1.0)))
    if any(low >= high for (low, _), (high, _) in pairwise(points)):
        faults.append(f"The values of “{name}” of {where} do not rise.")
    shares = [share for _, share in points]
    if any((one < two) if falls else (one > two) for one, two in pairwise(shares)):
        faults.append(f"“{name}” of {where} turns back: a better value would earn less.")
    if min(shares) != 0 or max(shares) != 1:
        faults.append(f"The shares of “{name}” of {where} do not run between 0 and 1.")
    return Scale(points=points)


def _weighed(rules: Rules) -> list[str]:
    faults = []
    for cohort in rules.cohorts:
        total = sum(one.weights[cohort.code] for one in rules.items)
        if abs(total - TOTAL) > 1e-9:
            faults.append(f"The weights of the cohort “{cohort.code}” come to {total:g}, not to 100.")
    performance = [rules.weight(cohort, PERFORMANCE) for cohort in rules.cohorts]
    if any(earlier < later for earlier, later in pairwise(performance)):
        faults.append("Performance weighs less for hospitals that joined earlier: weights mature the other way.")
    return faults


def _words(table: dict[str, Any], key: str, where: str, faults: list[str]) -> str:
    found = table.get(key)
    if not isinstance(found, str) or not found.strip():
        faults.append(f"“{key}” of {where} is missing.")
        return ""
    return found.strip()


def _whole(table: dict[str, Any], key: str, bounds: tuple[int, int], where: str, faults: list[str]) -> int:
    found, (low, high) = table.get(key), bounds
    if type(found) is not int or not low <= found <= high:
        faults.append(f"“{key}” of {where} is not a whole number from {low} to {high}.")
        return low
    return found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
