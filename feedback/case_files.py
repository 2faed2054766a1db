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


@dataclass(frozen=True)
class CaseFile:
    """Columns of a file as text or numbers, with the SHA-256 of its bytes."""

    table: pa.Table
    digest: str


def read(path: Path) -> CaseFile:
    """Read a CSV (UTF-8 with or without BOM, else Windows-1252) or Parquet file.

    Raises
    ------
    ComparisonRefusal ``BAD_INPUT`` when it cannot be read, has no rows, or names a column twice.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} cannot be read: {error.strerror}.",)) from error
    try:
        table = parquet.read_table(io.BytesIO(content)) if content[:4] == b"PAR1" else _read_csv(content)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())
        raise ComparisonRefusal("BAD_INPUT", (f"{path} is neither a CSV nor a Parquet file: {reason}",)) from error
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} names a column twice: {', '.join(twice)}.",))
    if table.num_rows == 0:
        raise ComparisonRefusal("BAD_INPUT", (f"{path} has no rows.",))
    return CaseFile(table=table, digest=hashlib.sha256(content).hexdigest())


def _read_csv(content: bytes) -> pa.Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    encoded = text.encode()
    parse = csv.ParseOptions(newlines_in_values=True)
    header = csv.open_csv(io.BytesIO(encoded), parse_options=parse).schema.names
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
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
        raise ComparisonRefusal("BAD_INPUT", tuple(f"There is no column {name}." for name in absent))
    columns = {
        item.name: _levels(file, item.name) if item.coding == "categorical" else _numbers(file, item.name)
        for item in adjusters
    }
    return build(
        site=_levels(file, site),
        outcome=_numbers(file, outcome),
        columns=columns,
        adjusters=adjusters,
        risk=None if risk is None else _numbers(file, risk),
        digest=file.digest,
    )


def _levels(file: CaseFile, name: str) -> Categorical:
    """Code a column by its distinct values, so that only these are looked at one by one."""
    coded = file.table.column(name).combine_chunks().dictionary_encode()
    values = as_categorical(np.array([*coded.dictionary.to_pylist(), None], dtype=object))
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    return Categorical(codes=values.codes[places], levels=values.levels)


def _numbers(file: CaseFile, name: str) -> np.ndarray:
    column = file.table.column(name).combine_chunks()
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return as_numbers(column.cast(pa.float64()).to_numpy(zero_copy_only=False), name=name)
    coded = column.dictionary_encode()
    values = as_numbers(np.array([*coded.dictionary.to_pylist(), None], dtype=object), name=name)
    return values[coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)]
