"""What changed between two versions of a dictionary, and which stored values a change would touch."""

from dataclasses import dataclass

from .elements import DataDictionary, DataElement

MEANINGS = ("unit", "minimum", "maximum", "soft_minimum", "soft_maximum", "is_required", "definition")
EXPRESSIONS = ("branching", "calculation", "required_when")


@dataclass(frozen=True, slots=True)
class Change:
    """One property of one element (or check) before and after, as text."""

    element: str
    property: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChoiceChange:
    """A choice of an element that was added, removed or relabelled."""

    element: str
    code: str
    before: str
    after: str


@dataclass(frozen=True)
class DictionaryDiff:
    """The differences of a new dictionary from an old one, each list in dictionary order.

    touched: (column, code) pairs whose stored values the new version cannot hold as they are; code None = any value.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    retyped: tuple[Change, ...]
    relabelled: tuple[Change, ...]
    changed: tuple[Change, ...]
    choices_added: tuple[ChoiceChange, ...]
    choices_removed: tuple[ChoiceChange, ...]
    choices_relabelled: tuple[ChoiceChange, ...]
    checks_added: tuple[str, ...]
    checks_removed: tuple[str, ...]
    checks_changed: tuple[str, ...]
    states_removed: tuple[str, ...]
    is_reordered: bool
    touched: tuple[tuple[str, str | None], ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same."""
        return not self.is_reordered and not any(getattr(self, name) for name in LISTS)


LISTS = (
    "added",
    "removed",
    "retyped",
    "relabelled",
    "changed",
    "choices_added",
    "choices_removed",
    "choices_relabelled",
    "checks_added",
    "checks_removed",
    "checks_changed",
    "states_removed",
)


def diff(old: DataDictionary, new: DataDictionary) -> DictionaryDiff:
    """Compare two dictionaries by element name, choice code and check code."""
    pairs = [(old.element(element.name), element) for element in new.elements if old.has_element(element.name)]
    removed = [element for element in old.elements if not new.has_element(element.name)]
    retyped = tuple(change for before, after in pairs if (change := _retyped(before, after)))
    choices_removed = tuple(change for before, after in pairs for change in _choices(before, after, kind="removed"))
    old_checks, new_checks = ({check.code: check for check in version.checks} for version in (old, new))
    shared = [code for code in new_checks if code in old_checks]
    return DictionaryDiff(
        added=tuple(element.name for element in new.elements if not old.has_element(element.name)),
        removed=tuple(element.name for element in removed),
        retyped=retyped,
        relabelled=tuple(
            Change(after.name, "label", before.label, after.label)
            for before, after in pairs
            if before.label != after.label
        ),
        changed=tuple(change for before, after in pairs for change in _meanings(before, after)),
        choices_added=tuple(change for before, after in pairs for change in _choices(before, after, kind="added")),
        choices_removed=choices_removed,
        choices_relabelled=tuple(
            change for before, after in pairs for change in _choices(before, after, kind="relabelled")
        ),
        checks_added=tuple(code for code in new_checks if code not in old_checks),
        checks_removed=tuple(code for code in old_checks if code not in new_checks),
        checks_changed=tuple(code for code in shared if old_checks[code] != new_checks[code]),
        states_removed=tuple(state.code for state in old.missing_states if state.code not in new.missing_labels),
        is_reordered=[before.name for before, _ in pairs]
        != [element.name for element in old.elements if new.has_element(element.name)],
        touched=_touched(old, new, removed, retyped, choices_removed),
    )


def _retyped(before: DataElement, after: DataElement) -> Change | None:
    first, second = (f"{element.type} {element.validation}".strip() for element in (before, after))
    return Change(after.name, "type", first, second) if first != second else None


def _meanings(before: DataElement, after: DataElement) -> list[Change]:
    changes = [(name, str(getattr(before, name)), str(getattr(after, name))) for name in MEANINGS]
    for name in EXPRESSIONS:
        first, second = (getattr(element, name) for element in (before, after))
        changes.append((name, first.text if first else "", second.text if second else ""))
    return [Change(after.name, name, first, second) for name, first, second in changes if first != second]


def _choices(before: DataElement, after: DataElement, *, kind: str) -> list[ChoiceChange]:
    old, new = ({choice.code: choice.label for choice in element.choices} for element in (before, after))
    if kind == "added":
        return [ChoiceChange(after.name, code, "", label) for code, label in new.items() if code not in old]
    if kind == "removed":
        return [ChoiceChange(after.name, code, label, "") for code, label in old.items() if code not in new]
    return [
        ChoiceChange(after.name, code, old[code], label)
        for code, label in new.items()
        if code in old and old[code] != label
    ]


def _touched(old, new, removed, retyped, choices_removed) -> tuple[tuple[str, str | None], ...]:
    touched: list[tuple[str, str | None]] = [(column, None) for element in removed for column in element.columns]
    for change in retyped:
        touched += [(column, None) for column in old.element(change.element).columns]
    names = {change.element for change in retyped}
    for change in choices_removed:
        if change.element not in names:
            element = old.element(change.element)
            column = dict(old.types.ticks.get(element.name, ())).get(change.code)
            touched.append((column, None) if column else (element.name, change.code))
    return tuple(touched)
