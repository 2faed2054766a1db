"""The file of a snapshot: canonical hash, writing so that it is whole or absent, reading with proof. Pure; no database, no clock."""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FORMAT = b"cairn-snapshot-1\n"
TEXT = pa.dictionary(pa.int32(), pa.string())
KEYS = ("hospital", "hospital_id", "case_code", "case_key", "surgeon_id", "occurred_on", "version_id")


class Unproved(ValueError):
    """A snapshot's file that is missing or does not hold what its hash says."""


def digest(table: pa.Table) -> str:
    """Hash a table of text columns: sha256, hexadecimal, independent of how it is stored.

    What is hashed, in order: FORMAT; the number of rows; then for each column, KEYS first and the others by name: its name,
    a zero byte, the length in bytes of every text as little-endian 32-bit numbers (-1 where blank), and the texts in UTF-8.
    """
    found = hashlib.sha256(FORMAT)
    found.update(f"{table.num_rows}\n".encode())
    for name in ordered(table.column_names):
        texts = _plain(table.column(name))
        lengths = pc.fill_null(pc.binary_length(texts), -1).to_numpy(zero_copy_only=False).astype("<i4")
        found.update(name.encode() + b"\0")
        found.update(lengths.tobytes())
        found.update(_characters(texts))
    return found.hexdigest()


def ordered(names: list[str]) -> list[str]:
    """Order column names: what identifies a case first, then the answers by name."""
    return [*(name for name in KEYS if name in names), *sorted(set(names) - set(KEYS))]


def write(table: pa.Table, *, folder: Path, named: str) -> Path:
    """Write a table as ``<named>.parquet``: aside, flushed to disk, then renamed, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{named}.parquet"
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            pq.write_table(table.select(ordered(table.column_names)), stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(aside, 0o600)
        os.replace(aside, target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    _flush_folder(folder)
    return target


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(*, folder: Path, named: str) -> pa.Table:
    """Read a snapshot's file and prove it. Raises Unproved where it is missing, damaged or other than its name says."""
    path = folder / f"{named}.parquet"
    try:
        table = pq.read_table(path, read_dictionary=[], partitioning=None)
    except FileNotFoundError as error:
        raise Unproved(f"The file of snapshot {named[:12]} is missing.") from error
    except (pa.ArrowException, OSError) as error:
        raise Unproved(f"The file of snapshot {named[:12]} is damaged.") from error
    if digest(table) != named:
        raise Unproved(f"The file of snapshot {named[:12]} does not hold what its hash says.")
    return table


def _plain(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _characters(texts: pa.Array) -> bytes:
    """Give the characters of all texts, blanks giving none."""
    if not len(texts):
        return b""
    texts = pc.fill_null(texts, "")
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)
    start, stop = places[texts.offset], places[texts.offset + len(texts)]
    return memoryview(data)[start:stop] if stop > start else b""
