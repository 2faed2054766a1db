"""REDCap's action tags (@HIDDEN, @DEFAULT='1', …) inside an annotation. Unknown tags are kept in the cell and ignored."""

import re

TAG = re.compile(r"@([A-Z][A-Z0-9_-]*)(?:\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^\s,'\"@]+)))?")
PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\[\]]*\]|[()]|[^'\"\[()]+|.", re.DOTALL)
CALCULATING = ("CALCTEXT", "CALCDATE")


def tags_in(annotation: str) -> dict[str, str]:
    """List the action tags of an annotation with their values ("" where a tag has none)."""
    return {found[1]: found[2] or found[3] or found[4] or "" for found in TAG.finditer(annotation)}


def calculations_in(annotation: str) -> list[tuple[str, str | None]]:
    """List the tags that calculate, each with what stands in its brackets; None where the brackets are missing or open.

    A tag inside the brackets of another (@IF) is not listed: whether it counts depends on that one.
    """
    listed: list[tuple[str, str | None]] = []
    place = 0
    while found := TAG.search(annotation, place):
        place = found.end()
        opens = re.compile(r"\s*\(").match(annotation, place)
        inner = _bracketed(annotation, opens.end()) if opens else None
        if inner is not None:
            place = opens.end() + len(inner) + 1
        if found[1] in CALCULATING:
            listed.append((found[1], inner))
    return listed


def _bracketed(text: str, start: int) -> str | None:
    """Give what stands from `start` up to the bracket that closes; None where none does."""
    depth = 1
    for part in PARTS.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if depth == 0:
            return text[start : part.start()]
    return None
