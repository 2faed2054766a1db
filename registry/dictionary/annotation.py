"""REDCap's action tags (@HIDDEN, @DEFAULT='1', …) inside an annotation. Unknown tags are kept in the cell and ignored."""

import re

TAG = re.compile(r"@([A-Z][A-Z0-9_-]*)(?:\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^\s,'\"@]+)))?")


def tags_in(annotation: str) -> dict[str, str]:
    """List the action tags of an annotation with their values ("" where a tag has none)."""
    return {found[1]: found[2] or found[3] or found[4] or "" for found in TAG.finditer(annotation)}
