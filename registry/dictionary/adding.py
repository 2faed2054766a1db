"""Write a dictionary file that holds one element more, asked for a while. Pure."""

from datetime import date

from . import redcap
from .elements import DataDictionary, Role
from .headers import read_header


def with_element(dictionary: DataDictionary, *, name: str, label: str, until: date) -> bytes:
    """Return the dictionary file with a yes-or-no element at the end of the section before day 30.

    Every other cell stays as it was read. Where the dictionary knows the day of a case, the element is asked of cases up to and
    with ``until`` only, by its branching; its note says the day in any case. Whether the name may be used is the reader's to say.
    """
    header, _, _ = read_header(list(dictionary.header))
    cells = [""] * len(dictionary.header)
    form = _section(dictionary)
    day = dictionary.role(Role.OCCURRED_ON)
    given = {
        "name": name, "form": form, "type": "yesno", "label": label, "note": f"Asked until {until:%-d %B %Y}, to learn whether it helps.",
        "branching": f"[{day.name}] <= '{until.isoformat()}'" if day is not None else "",
    }  # fmt: skip
    for key, text in given.items():
        if key in header.positions:
            cells[header.positions[key]] = text
    lines = [element.cells for element in dictionary.elements]
    after = max(place for place, element in enumerate(dictionary.elements) if element.form == form) + 1
    return redcap.written(dictionary.header, [*lines[:after], tuple(cells), *lines[after:]])


def _section(dictionary: DataDictionary) -> str:
    followed = dictionary.role(Role.FOLLOW_UP_ON)
    names = [section.name for section in dictionary.sections]
    if followed is not None and followed.form in names[1:]:
        return names[names.index(followed.form) - 1]
    return names[-1]
