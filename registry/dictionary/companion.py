"""The companion file checks.toml: what the eighteen columns of a dictionary cannot say.

[dictionary]                 title
[missing_states]             CODE = "words" (replaces the usual five: ND, UNK, NDOC, NAP, NC)
[roles]                      case_key | occurred_on | surgeon | follow_up_on | hospital |
                             follow_up_status | follow_up_method | discharged_on | died_on = "element"
[element.NAME]               unit, definition, why, source, examples, identifiability ("identifying", "limited", "free"),
                             soft_min, soft_max, range and required ("hard" or "soft"), required_when, missing (codes allowed)
[[order]]                    elements (dates that must not decrease), severity, remedy
[[check]]                    code, severity, when (true = a fault), elements, message, remedy, from, until (half-open days)
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType

from .companion_reader import TableReader
from .elements import MISSING_STATES, Check, Choice, DataElement, FieldType, Role, Severity
from .faults import Fault
from .order import order_checks
from .references import Reference
from .rows import limit_fits
from .types import EMPTY

SPREADS = ("identifying", "limited", "free")
PROPERTIES = {
    "unit": str,
    "definition": str,
    "why": str,
    "source": str,
    "examples": list,
    "identifiability": str,
    "soft_min": (int, float, str, date),
    "soft_max": (int, float, str, date),
    "range": str,
    "required": str,
    "required_when": str,
    "missing": list,
}
RENAMED = {
    "soft_min": "soft_minimum",
    "soft_max": "soft_maximum",
    "range": "range_severity",
    "required": "required_severity",
    "missing": "missing_states",
}
DATED = ("date", "datetime")
NAMING = (Role.CASE_KEY, Role.HOSPITAL)
ROLE_KINDS = dict.fromkeys((Role.OCCURRED_ON, Role.FOLLOW_UP_ON, Role.DISCHARGED_ON, Role.DIED_ON), DATED)


@dataclass(frozen=True)
class Extension:
    """A companion, read: settings per element, checks, missing states, roles, and its content for the digest."""

    settings: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: EMPTY)
    checks: tuple[Check, ...] = ()
    missing_states: tuple[Choice, ...] = MISSING_STATES
    roles: Mapping[Role, str] = field(default_factory=lambda: EMPTY)
    title: str = ""
    canonical: object = None


def read(
    data: bytes | None, elements: list[DataElement], *, unread: Collection[str] = ()
) -> tuple[Extension, list[Fault]]:
    """Read a companion against the elements of its dictionary: (extension, faults).

    data: UTF-8 TOML, None where there is no companion. unread: names on rows of the dictionary that have faults of
    their own. Every fault is listed at once; with faults the extension is not to be used.
    """
    if data is None:
        return Extension(), []
    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Extension(), [
            Fault(None, "", "checks.toml", f"The companion cannot be read: {error}.", "Write it as UTF-8 TOML.")
        ]
    reader = _Reader(content, elements, unread)
    extension = reader.extension()
    return extension, reader.faults


def extended(element: DataElement, extension: Extension) -> DataElement:
    """Give an element what the companion says of it, and the usual settings where it says nothing."""
    settings = dict(extension.settings.get(element.name, EMPTY))
    settings.setdefault("identifiability", _usual_identifiability(element))
    settings.setdefault("missing_states", _usual_states(element, extension))
    return replace(element, **settings)


def _usual_identifiability(element: DataElement) -> str:
    if element.is_identifier:
        return "identifying"
    if element.type in (FieldType.NOTES, FieldType.FILE) or element.kind in ("date", "datetime"):
        return "limited"
    return "free"


def _usual_states(element: DataElement, extension: Extension) -> tuple[str, ...]:
    keys = tuple(extension.roles.get(role) for role in NAMING)
    if (
        not element.is_entered
        or element.name in keys
        or element.row == 2
        or element.type in (FieldType.CHECKBOX, FieldType.FILE)
    ):
        return ()
    return tuple(state.code for state in extension.missing_states if state.code not in element.codes)


class _Reader(TableReader):
    """Reads the tables of one companion; `faults` gathers what is wrong."""

    def __init__(self, content: dict, elements: list[DataElement], unread: Collection[str]):
        super().__init__()
        self.content = content
        self.elements = {element.name: element for element in elements}
        self.unread = set(unread)
        columns = (column for element in elements for column in element.columns)
        self.known = {*self.elements, *self.unread, *columns, *(f"{element.form}_complete" for element in elements)}

    def extension(self) -> Extension:
        known = {
            "dictionary": dict,
            "missing_states": dict,
            "roles": dict,
            "element": dict,
            "order": list,
            "check": list,
        }
        content = self.table("checks.toml", self.content, known)
        states = self._states(content.get("missing_states"))
        head = self.table("dictionary", content.get("dictionary", {}), {"title": str})
        roles = self._roles(content.get("roles", {}))
        settings = {name: self._settings(name, table, states) for name, table in content.get("element", {}).items()}
        checks = [check for table in content.get("order", []) for check in self._order(table)]
        checks += [check for table in content.get("check", []) if (check := self._check(table))]
        self._repeated_codes(checks)
        return Extension(
            settings=settings,
            checks=tuple(checks),
            missing_states=states,
            roles=MappingProxyType(roles),
            title=head.get("title", ""),
            canonical=_canonical(self.content),
        )

    def _states(self, table: dict | None) -> tuple[Choice, ...]:
        if table is None:
            return MISSING_STATES
        for code, label in table.items():
            if not isinstance(label, str) or not label.strip() or not code.strip() or "," in code:
                self.fault("missing_states", f"The missing state “{code}” needs a code without a comma, and words.")
        return tuple(Choice(code, str(label)) for code, label in table.items())

    def _roles(self, table: dict) -> dict[Role, str]:
        roles = {}
        for name, element in self.table("roles", table, {role.value: str for role in Role}).items():
            if self.names_element("roles", element):
                roles[Role(name)] = element
                if Role(name) in NAMING and element in self.elements and not self.elements[element].is_entered:
                    self.fault("roles", f"“{element}” cannot be {name}: it is not entered.", "Name one that is.")
                kinds = ROLE_KINDS.get(Role(name))
                if kinds and element in self.elements and self.elements[element].kind not in kinds:
                    self.fault(
                        "roles", f"“{element}” cannot be {name}: it holds no date.", "Give it a date validation."
                    )
        return roles

    def names_element(self, place: str, name: object) -> bool:
        """Whether a name is an element's; a fault where it is not."""
        if isinstance(name, str) and (name in self.elements or name in self.unread):
            return True
        self.fault(place, f"“{name}” is no element of the dictionary.", "Correct the name, or add the element.")
        return False

    def _settings(self, name: str, table: object, states: tuple[Choice, ...]) -> dict[str, object]:
        place = f"element.{name}"
        if not self.names_element(place, name) or not isinstance(table, dict):
            if not isinstance(table, dict):
                self.fault(place, "This is not a table.", f"Write [element.{name}].")
            return {}
        settings = self.table(place, table, PROPERTIES)
        self.one_of(place, settings, "identifiability", SPREADS)
        for key in ("range", "required"):
            self.one_of(place, settings, key, tuple(Severity))
            if key in settings:
                settings[key] = Severity(settings[key])
        if "required_when" in settings:
            settings["required_when"] = self.expression(place, settings["required_when"])
        for key in ("examples", "missing"):
            if key in settings:
                settings[key] = tuple(str(part) for part in settings[key])
        for code in settings.get("missing", ()):
            if code not in {state.code for state in states}:
                self.fault(place, f"“{code}” is not among the missing states.", "Declare it under [missing_states].")
        self._soft_limits(place, settings, self.elements.get(name))
        return {RENAMED.get(key, key): value for key, value in settings.items()}

    def _soft_limits(self, place: str, settings: dict, element: DataElement | None) -> None:
        for key in ("soft_min", "soft_max"):
            if key not in settings:
                continue
            settings[key] = _limit_text(settings[key])
            if element is None:
                continue
            rule = element.validation if element.type is FieldType.TEXT else "number"
            if element.kind not in ("number", "comma_number", "date", "datetime", "time") or not limit_fits(
                rule, settings[key]
            ):
                self.fault(
                    place,
                    f"{key} = {settings[key]} is no limit for an element that holds {element.kind}.",
                    "Use a number or an ISO date.",
                )

    def _order(self, table: object) -> tuple[Check, ...]:
        settings = self.table("order", table, {"elements": list, "severity": str, "remedy": str}, needed=("elements",))
        names = settings.get("elements", [])
        self.one_of("order", settings, "severity", tuple(Severity))
        named = [name for name in names if self.names_element("order", name)]
        for name in named:
            if name in self.elements and self.elements[name].kind not in ("date", "datetime"):
                self.fault(
                    "order", f"“{name}” holds no date, so it cannot be put in order.", "Give it a date validation."
                )
        if len(names) < 2:
            self.fault("order", "An order needs at least two elements.")
        dates = [self.elements[name] for name in named if name in self.elements]
        return order_checks(
            dates, severity=Severity(settings.get("severity", "hard")), remedy=settings.get("remedy", "")
        )

    def _check(self, table: object) -> Check | None:
        kinds = {
            "code": str,
            "severity": str,
            "when": str,
            "elements": list,
            "message": str,
            "remedy": str,
            "from": date,
            "until": date,
        }
        settings = self.table("check", table, kinds, needed=("code", "when", "message"))
        place = f"check {settings.get('code', '?')}"
        self.one_of(place, settings, "severity", tuple(Severity))
        when = self.expression(place, settings.get("when", "1"))
        if when is None or not {"code", "when", "message"} <= settings.keys():
            return None
        names = settings.get("elements") or [name for name in when.elements if name in self.elements]
        if not names:
            self.fault(place, "The check names no element to show its message at.", 'Add elements = ["…"].')
        for name in settings.get("elements", []):
            self.names_element(place, name)
        starts_on, ends_before = settings.get("from"), settings.get("until")
        if starts_on and ends_before and starts_on >= ends_before:
            self.fault(place, f"It ends ({ends_before}) before it starts ({starts_on}).", "Exchange from and until.")
        return Check(
            code=settings["code"],
            severity=Severity(settings.get("severity", "hard")),
            when=when,
            elements=tuple(str(name) for name in names),
            message=settings["message"],
            remedy=settings.get("remedy", ""),
            starts_on=starts_on,
            ends_before=ends_before,
        )

    def complaint(self, reference: Reference) -> str:
        """Say why a reference of an expression in the companion is dangling, "" where it is not."""
        element = self.elements.get(reference.name)
        if reference.name not in self.known and not reference.is_system:
            return f"It refers to “{reference.name}”, which is no element."
        if element and reference.code is not None and element.choices and reference.code not in element.codes:
            return f"It refers to the choice “{reference.code}” of “{reference.name}”, which has no such choice."
        return ""

    def _repeated_codes(self, checks: list[Check]) -> None:
        seen = set()
        for check in checks:
            if check.code in seen:
                self.fault(f"check {check.code}", "Its code is used more than once.", "Give each check its own code.")
            seen.add(check.code)


def _limit_text(limit: object) -> str:
    return limit.isoformat() if isinstance(limit, date) else str(limit)


def _canonical(content: object) -> object:
    """Give a companion's content as JSON-able data: dates as ISO text, tables by name."""
    if isinstance(content, dict):
        return {key: _canonical(part) for key, part in content.items()}
    if isinstance(content, list):
        return [_canonical(part) for part in content]
    return content.isoformat() if isinstance(content, date | datetime) else content
