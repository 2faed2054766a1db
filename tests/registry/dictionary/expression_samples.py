"""Expressions and cases that between them reach every operator, function, reference and missing state.

`TABLE` lists expressions for `CASES` by hand; `expressions()` makes more for hypothesis.
"""

from datetime import datetime
from itertools import product
from math import isnan

import pandas as pd
from hypothesis import strategies as st

from registry.dictionary.expression import Types, evaluate_frame, holds_frame, parse, value_of
from registry.dictionary.frame import TypedFrame
from registry.dictionary.functions import ARITY
from registry.dictionary.values import truth
from registry.dictionary.vectors import plain

TODAY = datetime(2024, 2, 29, 13, 45, 10)
MISSING = ("UNK", "ND", "-9")
TYPES = Types(
    kinds={"n": "number", "m": "number", "k": "comma_number"},
    missing=frozenset(MISSING),
    own_codes={"r": frozenset({"UNK"})},
    ticks={"c": (("1", "c___1"), ("-4", "c____4"), ("2A", "c___2a"))},
)
NUMBERS = ("", "0", "1", "-2.5", "2.675", "7", "1.005", "1000000", "-0.05", "x", "UNK", "-9", "1e5", "007", "3.")
TEXTS = (
    "",
    "0",
    "abc",
    "ABC",
    "b",
    "UNK",
    "-9",
    "2",
    "2.0",
    "today",
    "now",
    "true",
    "2024-02-29",
    "2023-02-29",
    "2000-02-29",
    "1900-02-29",
    "2024-02-29 00:00",
    "2024-03-01T08:30:15",
    "2024-03-01 24:00",
    "08:30",
    "14:05:59",
    " a b\t",
    "ÄöüßΣ",
    "😀x",
    "\ufb01",
)
UNITS = ("y", "M", "d", "h", "m", "s", "q")
_rows = [{"n": number, "t": text} for number, text in product(NUMBERS, TEXTS)]
for position, _row in enumerate(_rows):
    _row |= {
        "m": NUMBERS[(position * 7 + 3) % len(NUMBERS)],
        "u": TEXTS[(position * 11 + 5) % len(TEXTS)],
        "k": ("1,5", "", "-0,25", "2", "ND", "1.5")[position % 6],
        "r": ("1", "2", "", "UNK", "-9")[position % 5],
        "d": ("2023-03-01", "2024-02-29", "", "UNK", "1960-02-29 23:59", "2024-02-28")[position % 6],
        "c___1": ("1", "0", "", "UNK")[position % 4],
        "c____4": ("0", "1", "")[position % 3],
        "c___2a": ("", "1")[position % 2],
    }
CASES = [{column: text for column, text in row.items() if text} for row in _rows]
FRAME = pd.DataFrame(CASES).reindex(columns=["n", "m", "t", "u", "k", "r", "d", "c___1", "c____4", "c___2a"])

ATOMS = (
    *("[n]", "[m]", "[t]", "[u]", "[k]", "[r]", "[d]", "[absent]"),
    *("[c]", "[c(1)]", "[c(-4)]", "[c(2A)]", "[r(1)]", "[r(UNK)]"),
    *("[visit][n]", "[n][1]", "[n][2]", "[n:value]", "[r:label]", "[record-name]", "[visit][t][current-instance]"),
    *(
        "0",
        "1",
        "2.5",
        "-3",
        "1000000",
        "''",
        "'abc'",
        "'UNK'",
        "'2024-02-29'",
        "'2'",
        "'-9'",
        "true",
        "false",
        "NA",
        "nan",
    ),
)
OPERATORS = ("=", "==", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "and", "or", "&&", "||")


PAIRS = (
    *(
        ("[n]", "[m]"),
        ("[n]", "[t]"),
        ("[t]", "[u]"),
        ("[r]", "[t]"),
        ("[k]", "[n]"),
        ("[c(1)]", "[c(-4)]"),
        ("[d]", "[t]"),
    ),
    ("[c]", "'1,-4'"),
)
LITERALS = ("0", "2", "2.5", "''", "'2'", "'abc'", "'b'", "'UNK'", "'2024-02-29'", "'2024-02-29 00:00'", "NA", "true")
BY_HAND = """
datediff([t], [u], [r])
datediff('2024-02-29', '2025-03-01', 'y')
datediff('10:00', '08:30', 'm', true)
age_at_date('1960-02-29', '9999-12-31', true)
age_at_date('2024-03-01', '2024-02-29')
calcdate([d], 30, 'd')
calcdate([t], [n], 'd')
calcdate([t], -1, 'M')
calcdate([d], 0.5, 'y')
calcdate('today', 1.5, 'd')
calcdate('now', -90, 'm')
calcdate([t], 36, 'h')
calcdate([t], [n] / 3, 's')
calcdate('9999-12-31 23:59:59', 0.4, 's')
calcdate('9999-12-31', 1, 'd')
calcdate('0001-01-01', -1, 's')
calcdate('0001-01-02 00:00', [m], 'd')
calcdate([d], 10 ^ 64, 'y')
contains([t], 'B')
contains([t], '')
not_contain([t], '')
find('B', [t])
find('x', [t])
find('', [t])
starts_with([t], 'äö')
ends_with([t], 'X')
replace_text([t], 'a', '')
replace_text([t], '', 'z')
replace_text([t], 'b', [n])
concat('n=', [n], [t])
concat_ws('-', [n], [t], [u])
concat([n] / 3)
concat([n] * 1000000 * 1000000 * 1000000 * 1000000)
concat([n] / 1000000 / 1000000)
length(upper([t]))
length([n] * 3)
hasmissingcode([n], 'UNK, ND')
hasmissingcode([n], '-9')
hasmissingcode([t], [u])
log([n], 10)
log(100, 10)
log([n], 1)
log(8, [m])
exponential([n])
exponential(1000)
sqrt([n])
mod([n], 3)
mod([n], [m])
[n] % 3
-7 % 3
[n] ^ 2
[n] ^ 0.5
[n] ^ -2
2 ^ [n]
[n] ^ [m]
2 ^ 3 ^ 2
-2 ^ 2
0 ^ 0
0 ^ -1
25 ^ 8.5
625 ^ 4.5
1000000 ^ 60
1000000 ^ 60.5
10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 64
if([n] > 1, [t], [m])
if([c(1)] = '1', 1, 2)
if([r], [n], [t])
if([t] = '', 'blank', [t])
if([n] = 1, [n], [r])
if(true, 'a', 5) = 'a'
ismissingcode(if(1, [n], 0))
sum([n], [m], [k], 1)
sum([t])
mean([n], [m], [t])
mean([t])
median([n], [m], [k], 5)
min([n], [m], [t])
max([n], [m], [t])
stdev([n], [m], 3)
sum(10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 52, [n], 10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 64 * 10 ^ 52)
[n] + [m] + 1
[n] - [m] - 1
[n] * [m] * 2
[n] / [m] / 2
([n] = 1) + ([m] = 7)
1 / 3 + [n]
[n] * 0.1 * 3
0.1 + 0.2 = 0.3
round(0.1 + 0.2, 1) = 0.3
round([n] * 1000000 * 1000000, 2)
1 / 0
5 % 0
(1 < 2) = true
[n] > 1 and [t] <> '' or [r] = '2'
not ([n] > 1)
not [n] > 1
[n] >= 0 && ![c(1)]
[d] < [t]
[t] < 'b'
[t] >= 'abc'
'Z' < 'a'
'\U0001f600' > '\ufb01'
[u] <= [t]
2 < [t]
([n] > 1) = [t]
sum([n] > 1, [t] = 'abc', [n])
upper([n] > 1)
if([n] > 1, [t] = 'abc', 5)
if([n] > 1, [n] + 1, 2)
if([n] > 1, [n] + 1, [t] = 'abc')
datediff([n] + 1, 'today', 'd')
([n] + 1) < [t]
([n] + 1) = ([m] + 1)
([n] + 1) >= [k]
"""


def _table() -> list[str]:
    made = [*ATOMS, *BY_HAND.strip().splitlines()]
    made += [f"{left} {sign} {right}" for sign in OPERATORS for left, right in PAIRS]
    made += [f"[{name}] {sign} {literal}" for sign in OPERATORS for name in "ntrkd" for literal in LITERALS]
    signs = ("=", "<", ">=", "-", "/", "%", "^")
    made += [f"{literal} {sign} [{name}]" for sign in signs for name in "nt" for literal in LITERALS]
    signs = ("-", "+", "not ", "!", "not not ", "--")
    made += [f"{sign}{atom}" for sign in signs for atom in ("[n]", "[t]", "[c(1)]", "[k]", "(-2)")]
    for count, groups in (
        (1, "ntkrdu"),
        (2, ("nm", "nt", "tu", "tn", "dt", "td", "kr")),
        (3, ("nmk", "tun", "nnt", "tnm", "dtr")),
    ):
        names = [name for name, (fewest, most) in ARITY.items() if fewest <= count <= (most or count)]
        made += [f"{name}({', '.join(f'[{part}]' for part in group)})" for name in names for group in groups]
    made += [
        f"round({atom}, {places})" for atom in ("[n]", "[n] * 1.1", "[n] / 3") for places in (-3, -1, 0, 1, 2, 15, 16)
    ]
    hows = ("roundup", "rounddown", "round")
    made += [f"{how}([n] * 1.005, {places})" for how in hows for places in ("-1", "0", "2", "[m]", "'1'")]
    ends = (("[t]", "[d]"), ("[d]", "'today'"), ("'now'", "[t]"), ("[t]", "[u]"))
    made += [f"datediff({start}, {end}, '{unit}')" for unit in UNITS for start, end in ends]
    flags = ("true", "false", "'true'", "'false'", "'dmy'", "'dmy', true", "'ymd', 'false'", "[n]")
    made += [f"datediff([d], [t], 'd', {flag})" for flag in flags]
    days = ("'2025-02-28'", "'2025-03-01'", "'today'", "[t]")
    made += [f"age_at_date([d], {day}{flag})" for day in days for flag in ("", ", true", ", false")]
    made += [
        f"{side}([t], {count})" for side in ("left", "right") for count in ("0", "1", "2", "100", "-1", "1.5", "[n]")
    ]
    made += [f"mid([t], {span})" for span in ("0, 2", "1, 1", "2, 9", "[n], [m]")]
    return list(dict.fromkeys(made))


TABLE = _table()


def scalar_results(text: str) -> list[tuple[object, bool]]:
    """Evaluate an expression on every case, one by one: (value, truth)."""
    tree = parse(text).tree
    values = [value_of(tree, case, TYPES, TODAY) for case in CASES]
    return [(plain(value), truth(value)) for value in values]


def frame_results(text: str, frame: TypedFrame) -> list[tuple[object, bool]]:
    """Evaluate an expression on all cases at once, with blanks as None: (value, truth)."""
    expression = parse(text)
    values = evaluate_frame(expression, frame, types=TYPES, today=TODAY).tolist()
    truths = holds_frame(expression, frame, types=TYPES, today=TODAY).tolist()
    shown = [None if isinstance(value, float) and isnan(value) else value for value in values]
    return list(zip(shown, truths, strict=True))


def expressions() -> st.SearchStrategy[str]:
    """Make expressions of every operator and function, nested a few deep."""

    def nested(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operations = st.builds("({} {} {})".format, parts, st.sampled_from(OPERATORS), parts)
        negations = st.builds("{}({})".format, st.sampled_from(("not ", "!", "-", "+")), parts)
        return st.one_of(operations, negations, *(_calls(name, parts) for name in ARITY))

    return st.recursive(st.sampled_from(ATOMS), nested, max_leaves=8)


def _calls(name: str, parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    fewest, most = ARITY[name]
    if name == "calcdate":
        return st.builds("calcdate({}, {}, {})".format, parts, parts, st.sampled_from([f"'{unit}'" for unit in UNITS]))
    if name == "datediff":
        unit = st.one_of(st.sampled_from([f"'{unit}'" for unit in UNITS]), parts)
        return st.builds("datediff({}, {}, {})".format, parts, parts, unit)
    return st.lists(parts, min_size=fewest, max_size=most or fewest + 2).map(
        lambda chosen: f"{name}({', '.join(chosen)})"
    )


__all__ = ["CASES", "FRAME", "TABLE", "TODAY", "TYPES", "expressions", "frame_results", "scalar_results"]
