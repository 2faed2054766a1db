"""REDCap's data dictionary file, both ways: 17, 18 or more columns, under any of its header dialects."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence

from . import companion as companions
from .elements import DataDictionary, DataElement, FieldType, sections_of
from .faults import DictionaryFaults, Fault
from .headers import Header, read_header
from .links import calculation_order, link_faults
from .rows import RowReader

LARGEST_CELL = 64 * 1024 * 1024
csv.field_size_limit(LARGEST_CELL)


def read(data: bytes, *, companion: bytes | None = None) -> DataDictionary:
    """Read a dictionary file, and its companion (checks.toml) where there is one.

    data: UTF-8 (with or without a byte order mark) or Windows-1252 CSV. companion: UTF-8 TOML.
    Raises DictionaryFaults with every fault of both files in one pass; nothing is returned then.
    Source: REDCap's data dictionary format; docs/expressions.md for the expressions.
    """
    rows = _rows(data)
    header, header_faults, warnings = read_header(rows[0])
    if header is None:
        raise DictionaryFaults(header_faults)
    elements, faults, row_warnings, unread = _elements(rows[1:], header)
    linked, cautions = link_faults(elements, header, unread=unread)
    extension, companion_faults = companions.read(companion, elements, unread=unread)
    faults += linked + companion_faults
    if faults:
        raise DictionaryFaults(faults)
    elements = tuple(companions.extended(element, extension) for element in elements)
    return DataDictionary(
        elements=elements,
        sections=sections_of(elements),
        checks=extension.checks,
        missing_states=extension.missing_states,
        roles=extension.roles,
        title=extension.title,
        header=header.names,
        digest=_digest(header, elements, extension.canonical),
        warnings=tuple(warnings + row_warnings + cautions),
        calculation_order=calculation_order(elements),
    )


def write(dictionary: DataDictionary) -> bytes:
    """Write a dictionary out again: the cells exactly as read, UTF-8, quoted only where needed."""
    return written(dictionary.header, [element.cells for element in dictionary.elements])


def written(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Write a header and rows of cells as a dictionary file."""
    lines = [header, *rows]
    return "".join(",".join(_quoted(cell) for cell in line) + "\n" for line in lines).encode()


def _quoted(cell: str) -> str:
    return (
        '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\r\n') or cell != cell.strip() else cell
    )


def _rows(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise DictionaryFaults(
            [Fault(None, "", "", "The file holds binary zeros; it is no CSV file.", "Save it as CSV UTF-8.")]
        )
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise DictionaryFaults(
            [Fault(None, "", "", f"The file cannot be read as CSV: {error}.", "Save it as CSV UTF-8.")]
        ) from error
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise DictionaryFaults(
            [Fault(1, "", "", "The file has no header row.", "Export the data dictionary from REDCap again.")]
        )
    return rows


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _elements(rows: list[list[str]], header: Header) -> tuple[list[DataElement], list[Fault], list[Fault], set[str]]:
    elements: list[DataElement] = []
    faults: list[Fault] = []
    warnings: list[Fault] = []
    unread: set[str] = set()
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header.names):
            faults.append(_uneven(number, cells, header))
            unread.add(cells[0].strip())
            continue
        reader = RowReader(header, cells, number)
        element = reader.element()
        faults += reader.faults
        warnings += reader.warnings
        if element is None:
            unread.add(reader.name)
        else:
            elements.append(element)
    faults += _group_faults(elements, header)
    if not elements and not faults:
        faults.append(
            Fault(None, "", "", "The file holds no element.", "Export the data dictionary from REDCap again.")
        )
    if elements and elements[0].type is not FieldType.TEXT:
        first = elements[0]
        warnings.append(
            Fault(
                first.row,
                header.letter("type"),
                first.name,
                "The first element is usually the case's key, of type text.",
            )
        )
    return elements, faults, warnings, unread


def _uneven(number: int, cells: list[str], header: Header) -> Fault:
    message = f"The row has {len(cells)} cells where the header has {len(header.names)}."
    return Fault(
        number,
        "",
        cells[0].strip()[:60],
        message,
        'Most often a quotation mark inside a cell is not doubled: write "" for each.',
    )


def _group_faults(elements: list[DataElement], header: Header) -> list[Fault]:
    """Find names used twice, forms and matrices torn apart, and matrices whose rows have different choices."""
    faults: list[Fault] = []
    first_rows: dict[str, int] = {}
    for element in elements:
        if element.name in first_rows:
            message = f"The name “{element.name}” is already used on row {first_rows[element.name]}."
            faults.append(
                Fault(element.row, header.letter("name"), element.name, message, "Give each element its own name.")
            )
        first_rows.setdefault(element.name, element.row)
    faults += _torn(elements, header, "form", lambda element: element.form)
    faults += _torn(elements, header, "matrix_group", lambda element: element.matrix_group)
    matrices: dict[str, DataElement] = {}
    for element in elements:
        first = matrices.setdefault(element.matrix_group, element)
        if element.matrix_group and first.choices != element.choices:
            message = f"The choices differ from those of “{first.name}” in the same matrix “{element.matrix_group}”."
            faults.append(
                Fault(
                    element.row,
                    header.letter("choices"),
                    element.name,
                    message,
                    "All rows of a matrix have the same choices.",
                )
            )
    return faults


def _torn(elements: list[DataElement], header: Header, key: str, group_of) -> list[Fault]:
    faults, seen, latest = [], set(), None
    for element in elements:
        group = group_of(element)
        if group and group != latest and group in seen:
            message = f"The rows of “{group}” do not stand together."
            faults.append(
                Fault(element.row, header.letter(key), element.name, message, "Move them next to each other.")
            )
        seen.add(group)
        latest = group
    return faults


def _digest(header: Header, elements: tuple[DataElement, ...], companion: object) -> str:
    content = {
        "columns": header.canonical_names(),
        "rows": [element.cells for element in elements],
        "companion": companion,
    }
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    ).hexdigest()
