"""What elements say of each other: names that must exist, matrices that must agree, circles that must not close."""

from collections.abc import Collection, Iterable, Iterator

from .elements import DataElement, FieldType
from .expression import Expression
from .faults import Fault
from .headers import Header
from .references import Reference


def link_faults(
    elements: list[DataElement], header: Header, *, unread: Collection[str] = ()
) -> tuple[list[Fault], list[Fault]]:
    """Check every reference between elements: (faults, warnings).

    unread: names on rows that could not be read; references to them are let pass, since the row has its own fault.
    """
    by_name = {element.name: element for element in elements}
    columns = {column for element in elements for column in element.columns}
    known = _Known(by_name, columns | set(unread), {f"{element.form}_complete" for element in elements})
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for element in elements:
        for key, expression in expressions_of(element):
            for reference in dict.fromkeys(expression.references):
                place = (element.row, header.letter(key), element.name)
                if complaint := known.complaint(reference):
                    faults.append(Fault(*place, complaint, "Correct the name, or add the element."))
                elif caution := known.caution(reference):
                    warnings.append(Fault(*place, caution))
        for key, limit in (("minimum", element.minimum), ("maximum", element.maximum)):
            if limit.startswith("[") and limit[1:-1] not in known.columns:
                message = f"The limit refers to “{limit[1:-1]}”, which is no element."
                faults.append(Fault(element.row, header.letter(key), element.name, message, "Correct the name."))
    faults += _circles(elements, header, "Calculations", calculation_cell, lambda element: element.calculation)
    faults += _circles(elements, header, "Branching logics", lambda _: "branching", lambda element: element.branching)
    return faults, warnings


def expressions_of(element: DataElement) -> Iterator[tuple[str, Expression]]:
    """Give the expressions in the cells of an element with the column they stand in."""
    if element.calculation:
        yield calculation_cell(element), element.calculation
    if element.branching:
        yield "branching", element.branching


def calculation_cell(element: DataElement) -> str:
    """Name the column in which the calculation of an element stands."""
    return "choices" if element.type is FieldType.CALC else "annotation"


class _Known:
    """The names an expression may refer to."""

    def __init__(self, by_name: dict[str, DataElement], columns: set[str], statuses: set[str]):
        self.by_name = by_name
        self.columns = columns
        self.statuses = statuses

    def complaint(self, reference: Reference) -> str:
        """Say why a reference is dangling, "" where it is not."""
        if reference.is_system or reference.name in self.statuses:
            return ""
        element = self.by_name.get(reference.name)
        if element is None:
            return "" if reference.name in self.columns else f"It refers to “{reference.name}”, which is no element."
        if reference.code is not None and element.type is FieldType.CHECKBOX and reference.code not in element.codes:
            return f"It refers to the choice “{reference.code}” of “{reference.name}”, which has no such choice."
        return ""

    def caution(self, reference: Reference) -> str:
        """Say what is odd about a reference that is allowed, "" where nothing is."""
        element = self.by_name.get(reference.name)
        if reference.is_system:
            return f"“[{reference.name}]” is a variable of REDCap itself; here it is always blank."
        if reference.modifier not in (None, "value"):
            return f"The ending “:{reference.modifier}” of “[{reference.name}]” is not evaluated here: the reference is blank."
        if element and element.type is FieldType.DESCRIPTIVE:
            return f"It refers to “{reference.name}”, a descriptive text, which never has a value."
        if reference.code is not None and element and element.type is not FieldType.CHECKBOX:
            return (
                f"It refers to “{reference.name}” as if to a checkbox; it is true where the answer is {reference.code}."
            )
        return ""


def _circles(elements: list[DataElement], header: Header, what: str, cell_of, expression_of) -> list[Fault]:
    """Find circles among calculations, or among branching logics; one fault per circle, at its first row."""
    graph = {element.name: expression_of(element).elements for element in elements if expression_of(element)}
    by_name = {element.name: element for element in elements}
    faults = []
    for circle in circles(graph):
        first = min(circle, key=lambda name: by_name[name].row)
        place = circle.index(first)
        path = " → ".join([*circle[place:], *circle[:place], first])
        faults.append(
            Fault(
                by_name[first].row,
                header.letter(cell_of(by_name[first])),
                first,
                f"{what} go round in a circle: {path}.",
                "Take one of these references out.",
            )
        )
    return faults


def circles(graph: dict[str, Iterable[str]]) -> list[list[str]]:
    """List one circle for each back edge of a depth-first walk, each as the names along it."""
    done: set[str] = set()
    found: list[list[str]] = []
    for start, needs in graph.items():
        path: list[str] = [] if start in done else [start]
        stack = [iter(needs)] if path else []
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                done.add(path.pop())
            elif step in path:
                found.append(path[path.index(step) :])
            elif step in graph and step not in done:
                path.append(step)
                stack.append(iter(graph[step]))
    return found


def calculation_order(elements: Iterable[DataElement]) -> tuple[str, ...]:
    """Order the calculated elements so that each comes after those it needs (there are no circles)."""
    needs = {element.name: element.calculation.elements for element in elements if element.calculation}
    ordered: dict[str, None] = {}
    waiting = [(name, False) for name in reversed(needs)]
    while waiting:
        name, is_ready = waiting.pop()
        if is_ready:
            ordered[name] = None
        elif name not in ordered:
            waiting.append((name, True))
            waiting += [(need, False) for need in reversed(needs[name]) if need in needs and need not in ordered]
    return tuple(ordered)
