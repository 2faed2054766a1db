"""Reads the bytes of a file of cases, whatever its kind, into a Sheet."""

from . import delimited, workbook
from .sheet import FileRefusal, Limits, Sheet


def read(data: bytes, *, limits: Limits, header_only: bool = False) -> Sheet:
    """Read CSV or XLSX; what it is shows in its first bytes, not in its name. Raises FileRefusal."""
    if not data or data.isspace():
        raise FileRefusal("The file is empty.")
    if len(data) > limits.sent:
        raise FileRefusal(
            f"The file has {len(data) / 1024 / 1024:.1f} MB; at most {limits.sent // (1024 * 1024)} MB are taken. Divide it."
        )
    if data.startswith(b"PK\x03\x04"):
        return workbook.read(data, limits=limits, header_only=header_only)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefusal("This is an old Excel file (XLS). Save it as XLSX or CSV UTF-8.")
    return delimited.read(data, limits=limits, header_only=header_only)
