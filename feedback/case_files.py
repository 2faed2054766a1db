"""Reading a file of cases for a comparison outside any registry: CSV or Parquet, chosen columns, nothing guessed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from feedback.statistics.coding import CODINGS, Adjuster, Categorical, as_categorical, as_numbers
from feedback.statistics.cohort import Cohort, build
from feedback.statistics.refusal import ComparisonRefusal

MISSING = ("", "NA", "NaN", "nan", "<NA>")
MISSING_NUMBERS = frozenset({*MISSING, "N/A", "n/a", ".", "NULL", "null", "None"})
DELIMITERS = (";", "\t", "|")
MOST_NAMES = 30


@dataclass(frozen=True)
class CaseFile:
    """Columns of a file as text or numbers, with the SHA-256 of its bytes."""

    table: pa.Table
    digest: str


def read(path: Path) -> CaseFile:
    """Read a CSV (UTF-8 with or without BOM, UTF-16 with one, else Windows-1252) or Parquet file.

    A header that holds no comma may be divided by semicolons, tabs or bars instead. Blanks around column names are not part
    of them. An unquoted NA or NaN is a missing value, as statistics programs write it.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` when it cannot be read, has no rows, or names a column twice.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} cannot be read: {error.strerror}.",)) from error
    try:
        table = _read_parquet(content) if content[:4] == b"PAR1" else _read_csv(content)
        names = [name.strip() for name in table.column_names]
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())
        raise ComparisonRefusal("BAD_INPUT", (f"{path} is neither a CSV nor a Parquet file: {reason}",)) from error
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} names a column twice: {', '.join(twice)}.",))
    table = table.rename_columns(names)
    if table.num_rows == 0:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} has no rows.",))
    return CaseFile(table=table, digest=hashlib.sha256(content).hexdigest())


def _read_parquet(content: bytes) -> pa.Table:
    """Read and look at every value, so that text that is none is found here and not halfway through a comparison."""
    table = parquet.read_table(io.BytesIO(content))
    table.validate(full=True)
    return table


def _text(content: bytes) -> str:
    """Decode; pyarrow names a delimiter's fault better than we could, so nothing else is checked here."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _read_csv(content: bytes) -> pa.Table:
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = "," if "," in first else max(DELIMITERS, key=first.count)
    encoded = text.encode()
    parse = csv.ParseOptions(newlines_in_values=True, delimiter=delimiter if delimiter in first else ",")
    header = csv.open_csv(io.BytesIO(encoded), parse_options=parse).schema.names
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=list(MISSING),
    )
    return csv.read_csv(io.BytesIO(encoded), parse_options=parse, convert_options=convert)


def adjuster_of(word: str, *, columns: Sequence[str]) -> Adjuster:
    """Read ``name``, ``name:coding`` or ``name:categorical:reference``; a whole word that is a column stays whole.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` for a coding that does not exist or a reference of a number.
    """
    if word in columns:
        return Adjuster(name=word)
    name, _, rest = word.partition(":")
    coding, _, reference = rest.partition(":")
    if coding and coding not in CODINGS:
        raise ComparisonRefusal("BAD_INPUT", (f"{word}: the coding {coding} is none of {', '.join(CODINGS)}.",))
    if reference and coding != "categorical":
        raise ComparisonRefusal("BAD_INPUT", (f"{word}: only a categorical adjuster has a reference level.",))
    return Adjuster(name=name, coding=coding or "linear", reference=reference or None)


def cohort_of(
    file: CaseFile, *, site: str, outcome: str, adjust: Sequence[str] = (), risk: str | None = None
) -> Cohort:
    """Shape a file into a cohort.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` for missing columns, all named at once, or values that do not fit.
    """
    names = file.table.column_names
    adjusters = tuple(adjuster_of(word, columns=names) for word in adjust)
    wanted = [site, outcome, *(item.name for item in adjusters), *([risk] if risk else [])]
    absent = [name for name in dict.fromkeys(wanted) if name not in names]
    if absent:
        there = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
        raise ComparisonRefusal(
            "BAD_INPUT", (*(f"There is no column {name}." for name in absent), f"The file has: {there}.")
        )
    strange = [name for name in dict.fromkeys(wanted) if not _is_plain(file.table.schema.field(name).type)]
    if strange:
        raise ComparisonRefusal(
            "BAD_INPUT", tuple(f"Column {name} holds neither text nor numbers." for name in strange)
        )
    columns = {
        item.name: _levels(file, item.name) if item.coding == "categorical" else _numbers(file, item.name)
        for item in adjusters
    }
    return build(
        site=_levels(file, site),
        outcome=_outcome(file, outcome),
        columns=columns,
        adjusters=adjusters,
        risk=None if risk is None else _numbers(file, risk),
        digest=file.digest,
    )


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return not pa.types.is_nested(kind)


def _coded(file: CaseFile, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a column's distinct values and a None behind them (D + 1,), and each row's place among them (n,)."""
    column = file.table.column(name).combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowInvalid as error:
            raise ComparisonRefusal("BAD_INPUT", (f"Column {name} holds bytes that are not text.",)) from error
    coded = column.dictionary_encode()
    values = np.empty(len(coded.dictionary) + 1, dtype=object)
    values[:-1] = coded.dictionary.to_pylist()
    return values, coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)


def _levels(file: CaseFile, name: str) -> Categorical:
    """Code a column by its distinct values, so that only these are looked at one by one."""
    values, places = _coded(file, name)
    found = as_categorical(values)
    return Categorical(codes=found.codes[places], levels=found.levels)


def _numbers(file: CaseFile, name: str) -> np.ndarray:
    column = file.table.column(name).combine_chunks()
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return as_numbers(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), name=name)
    values, places = _coded(file, name)
    known = [None if isinstance(value, str) and value.strip() in MISSING_NUMBERS else value for value in values]
    return as_numbers(np.array(known, dtype=object), name=name)[places]


def _outcome(file: CaseFile, name: str) -> np.ndarray:
    """Read the outcome; words such as yes and no are refused by name, never guessed."""
    try:
        return _numbers(file, name)
    except ComparisonRefusal as refusal:
        values, _ = _coded(file, name)
        words = sorted({str(value) for value in values if value is not None})[:4]
        raise ComparisonRefusal(
            "BAD_INPUT", (f"The outcome {name} must be 0 or 1 (or blank); found {', '.join(words)}.",)
        ) from refusal
