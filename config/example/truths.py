"""What is planted in the example collaborative: its hospitals, surgeons and true effects, read from truths.toml. No random numbers here."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "colorectal" / "truths.toml"
MEASURES = ("SSI30", "MORT30", "SERIOUS30", "READM30")
GIVEN = (
    "Ada",
    "Bram",
    "Cora",
    "Dov",
    "Elin",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Joram",
    "Kaia",
    "Lior",
    "Mara",
    "Nils",
    "Oda",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Umar",
    "Vera",
    "Wim",
    "Xenia",
    "Yusuf",
    "Zora",
    "Anouk",
    "Basil",
    "Celia",
)
FAMILY = (
    "Abernethy",
    "Brandvold",
    "Castellan",
    "Dragomir",
    "Eastoe",
    "Fairweather",
    "Grimsdottir",
    "Halloran",
    "Ivarsson",
    "Jurgens",
    "Kinsella",
    "Lindqvist",
    "Marchetti",
    "Nakagawa",
    "Oyelaran",
    "Penhaligon",
    "Quarshie",
    "Rosenthal",
    "Sandoval",
    "Tamboli",
    "Underhill",
    "Vasquez",
    "Wetherby",
    "Xanthos",
    "Yarborough",
    "Zielinski",
    "Ashgrove",
    "Bellweather",
    "Cordova",
    "Delacroix",
    "Esterhazy",
)


@dataclass(frozen=True, kw_only=True)
class Surgeon:
    """An invented surgeon and the hospitals at which they operate, the first being their own."""

    code: str
    name: str
    hospitals: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Hospital:
    """An invented hospital: how many cases it brings, how ill its patients are, and its true effects (log odds) by measure."""

    code: str
    name: str
    town: str
    cases: int
    surgeons: tuple[str, ...]
    severity: float
    bundle: float
    effects: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class BundleElement:
    """One of the six elements: its usual uptake (0-1) and what receiving it does to the log odds of infection."""

    code: str
    label: str
    base: float
    effect: float
    promoted: bool


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """A change that hospitals take up, each from its own quarter (1-based) on; `uptake` and `effect` in log odds."""

    code: str
    uptake: float
    effect: float
    started: dict[str, int]

    def active(self, hospital: str, quarters: np.ndarray) -> np.ndarray:
        """Say for each quarter (1-based, any shape) whether the hospital has adopted by then."""
        start = self.started.get(hospital)
        return np.zeros(quarters.shape, bool) if start is None else quarters >= start


@dataclass(frozen=True, kw_only=True)
class Course:
    """A hospital whose effect on one measure changes over time: a drift grows by `step` each quarter, a shift stays."""

    measure: str
    hospital: str
    from_quarter: int
    step: float
    grows: bool

    def added(self, quarters: np.ndarray) -> np.ndarray:
        """Return the log odds added in each quarter (1-based, any shape)."""
        since = np.maximum(quarters - self.from_quarter + 1, 0)
        return self.step * (since if self.grows else np.minimum(since, 1))


@dataclass(frozen=True, kw_only=True)
class Truths:
    """Everything planted in the example collaborative. Cases fall into the quarters from `from_quarter` (1-based) on."""

    seed: int
    first_day: date
    quarters: int
    hospitals: tuple[Hospital, ...]
    surgeons: tuple[Surgeon, ...]
    bundle: tuple[BundleElement, ...]
    adoptions: dict[str, Adoption]
    bright_spots: tuple[str, ...]
    courses: tuple[Course, ...]
    from_quarter: int = 1

    def hospital(self, code: str) -> Hospital:
        """Return the hospital of that code; KeyError when there is none."""
        return {hospital.code: hospital for hospital in self.hospitals}[code]

    def uptake(self, element: BundleElement, hospital: Hospital, quarters: np.ndarray) -> np.ndarray:
        """Return the probability (0-1) that a typical elective patient receives the element, by quarter (1-based)."""
        adoption = self.adoptions["bundle"]
        added = adoption.uptake * adoption.active(hospital.code, quarters) if element.promoted else 0.0
        return expit(logit(element.base) + hospital.bundle + added)

    def effect(self, measure: str, hospital: Hospital, quarters: np.ndarray) -> np.ndarray:
        """Return the hospital's true log odds ratio on a measure against the typical hospital, by quarter (1-based).

        For infection it is the sum of what the hospital's bundle uptake does, of what adopting brings beside it, and of a rest.
        """
        total = np.full(quarters.shape, hospital.effects[measure])
        for course in self.courses:
            if (course.measure, course.hospital) == (measure, hospital.code):
                total = total + course.added(quarters)
        if measure == "SSI30":
            total = total + sum(
                element.effect * (self.uptake(element, hospital, quarters) - element.base) for element in self.bundle
            )
            total = total + sum(
                adoption.effect * adoption.active(hospital.code, quarters) for adoption in self.adoptions.values()
            )
        return total


def load() -> Truths:
    """Read truths.toml."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    surgeons = _surgeons(table["hospitals"])
    hospitals = tuple(
        Hospital(
            code=row["code"],
            name=row["name"],
            town=row["town"],
            cases=row["cases"],
            severity=row["severity"],
            bundle=row["bundle"],
            effects=row["effects"],
            surgeons=tuple(surgeon.code for surgeon in surgeons if row["code"] in surgeon.hospitals),
        )
        for row in table["hospitals"]
    )
    courses = [Course(grows=True, **row) for row in table["drifts"]]
    courses += [
        Course(grows=False, step=row["effect"], **{key: row[key] for key in ("measure", "hospital", "from_quarter")})
        for row in table["shifts"]
    ]
    return Truths(
        seed=table["seed"],
        first_day=table["first_day"],
        quarters=table["quarters"],
        hospitals=hospitals,
        surgeons=surgeons,
        bundle=tuple(BundleElement(code=code, **row) for code, row in table["bundle"].items()),
        adoptions={code: Adoption(code=code, **row) for code, row in table["adoption"].items()},
        bright_spots=tuple(table["bright_spots"]["hospitals"]),
        courses=tuple(courses),
    )


def resized(truths: Truths, *, hospitals: int, cases: int, latest: int) -> Truths:
    """Return a smaller collaborative: the first hospitals, each with as many cases in the latest quarters, all else as planted."""
    kept = {hospital.code for hospital in truths.hospitals[:hospitals]}
    surgeons = tuple(
        replace(surgeon, hospitals=tuple(code for code in surgeon.hospitals if code in kept))
        for surgeon in truths.surgeons
        if kept & set(surgeon.hospitals)
    )
    return replace(
        truths,
        from_quarter=truths.quarters - latest + 1,
        surgeons=surgeons,
        hospitals=tuple(replace(hospital, cases=cases) for hospital in truths.hospitals[:hospitals]),
        bright_spots=tuple(code for code in truths.bright_spots if code in kept),
        courses=tuple(course for course in truths.courses if course.hospital in kept),
    )


def _surgeons(rows: list[dict]) -> tuple[Surgeon, ...]:
    """Name each hospital's surgeons; a visiting surgeon operates at two hospitals."""
    visits = {code: row["code"] for row in rows for code in row["visiting"]}
    found = []
    for row in rows:
        for number in range(1, row["surgeons"] + 1):
            code, place = f"SG-{row['code'][1:]}{number:02d}", len(found)
            name = f"{GIVEN[place % len(GIVEN)]} {FAMILY[(place * 7) % len(FAMILY)]}"
            elsewhere = (visits[code],) if code in visits else ()
            found.append(Surgeon(code=code, name=name, hospitals=(row["code"], *elsewhere)))
    return tuple(found)


def expit(log_odds: np.ndarray | float) -> np.ndarray:
    """Turn log odds into probabilities (0-1)."""
    return 1.0 / (1.0 + np.exp(-np.asarray(log_odds, float)))


def logit(probability: np.ndarray | float) -> np.ndarray:
    """Turn probabilities (strictly between 0 and 1) into log odds."""
    found = np.asarray(probability, float)
    return np.log(found / (1.0 - found))
