"""Files as they come: whatever is in them, the command compares or refuses in one line; and what its options promise holds."""

import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from feedback.management.commands.compare_sites import Command
from tests.feedback.statistics.cohorts import small

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "compare_sites.schema.json").read_text(encoding="utf-8"))
N = 240
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def columns():
    random = np.random.default_rng(1)
    x = random.normal(size=N)
    outcome = (random.random(N) < 1 / (1 + np.exp(1 - x))).astype(int)
    return {"site": [f"s{row % 8}" for row in range(N)], "outcome": outcome, "x": np.round(x, 3)}


def written(tmp_path, data, *, encoding="utf-8"):
    lines = [",".join(data)] + [",".join(str(value) for value in row) for row in zip(*data.values(), strict=True)]
    path = tmp_path / "cases.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def run(path, *words, site="site", outcome="outcome"):
    """Return the document, valid and free of NaN, or the one line of the refusal."""
    out, refused = io.StringIO(), None
    try:
        call_command(
            "compare_sites", str(path), "--site", site, "--outcome", outcome, "--draws", "20", *words, stdout=out
        )
    except CommandError as refusal:
        refused = refusal
    if refused is not None:
        assert refused.returncode == 2
        assert "\n" not in str(refused)
        assert len(str(refused)) < 600
        return str(refused)
    document = json.loads(out.getvalue(), parse_constant=lambda word: pytest.fail(f"{word} in the document"))
    jsonschema.validate(document, SCHEMA)
    return document


def names_of(document):
    return [site["site"] for site in document["sites"]]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("1" + 40 * "0", "too different in size"),
        ("1e49", "too different in size"),
        ("1e308", "beyond ±1e+50"),
        ("0x10", "not a number: 0x10."),
        ('"1,5"', "not a number: 1,5."),
        ("½", "not a number: ½."),
        ("a", "not a number: a."),
    ],
)
def test_a_number_that_is_none_or_mistyped_is_named(tmp_path, value, line):
    data = columns()
    data["x"] = [value if row == 7 else number for row, number in enumerate(data["x"])]
    refused = run(written(tmp_path, data), "--adjust", "x")
    assert isinstance(refused, str)
    assert line in refused


@pytest.mark.parametrize("value", ["", "NA", "inf", "-inf", "1e400", 400 * "9", "NULL", "."])
def test_one_missing_or_infinite_number_does_not_stop_a_comparison(tmp_path, value):
    """Its indicator is 1 in one row only, and so separated: Firth's model must settle there."""
    data = columns()
    data["x"] = [value if row == 7 else number for row, number in enumerate(data["x"])]
    document = run(written(tmp_path, data), "--adjust", "x")
    assert [term["name"] for term in document["model"]["terms"]] == ["(Intercept)", "x", "x:missing"]
    assert document["settings"]["estimation"] == "penalised"
    assert document["overall"]["expected"] == pytest.approx(document["overall"]["observed"])


def test_columns_of_tiny_numbers_or_years_are_taken(tmp_path):
    data = columns() | {"year": 2000 + np.arange(N) % 20, "day": 20_000_101 + np.arange(N)}
    assert isinstance(run(written(tmp_path, data), "--adjust", "year", "day"), dict)
    data["x"] = [f"{value:.3f}e-310" for value in data["x"]]
    assert any("always 0" in note for note in run(written(tmp_path, data), "--adjust", "x")["notes"])


@pytest.mark.parametrize(("sites", "each"), [(400, 1), (400, 2)])
def test_many_tiny_sites(tmp_path, sites, each):
    random = np.random.default_rng(2)
    data = {"site": np.repeat(np.arange(sites), each), "outcome": (random.random(sites * each) < 0.2).astype(int)}
    assert len(names_of(run(written(tmp_path, data), "--model", "logistic"))) == sites
    found = run(written(tmp_path, data))
    assert "No site has two cases" in found if each == 1 else len(names_of(found)) == sites


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"site,outcome",
        b"site,outcome\n",
        b"site,outcome\na,1\n",
        b"site,outcome\na,1\nb,0\n",
        b"site,outcome\na,1\na,1\nb,0\nb,0\n",
        b"site,outcome,outcome\na,1,1\nb,0,1\n",
        b'site,outcome\n"a,1\nb,0\n',
        b"site,outcome\n,1\n,0\n",
        b"site,outcome\na,\nb,\n",
        b"site,outcome\na,1\nb,0,5\n",
        bytes(range(256)) * 20,
        bytes(500),
        b"\xff\xfea",
        b"PK\x03\x04" + bytes(100),
        b"PAR1" + bytes(200) + b"PAR1",
        b"site,outcome\n\x81\x8d,1\n\x90,0\n",
    ],
)
def test_broken_or_empty_files_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    assert isinstance(run(path), str)


def test_what_is_no_file_is_refused(tmp_path):
    assert "cannot be read" in run(tmp_path)
    assert "cannot be read" in run(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["St. Mary 's", "  A  B", "x y z", "(none)"], "utf-8"),
        (["001", "01", "1", "1.0"], "utf-8"),
        (["1e5", "100000", "inf", "Null"], "utf-8"),
        (["Köln", "Genève", "A Coruña", "Łódź"], "utf-8"),
        (["Köln", "Genève", "A Coruña", "Århus"], "cp1252"),
        (["病院", "病院二", "a\u202eb", "a\0b"], "utf-8"),
        (['"a\nb"', '"a,b"', '"a""b"', "c"], "utf-8"),
    ],
)
def test_names_of_sites_stay_as_they_are(tmp_path, names, encoding):
    data = columns()
    data["site"] = [names[row % 4] for row in range(N)]
    plain = {name.strip('"').replace('""', '"').strip() for name in names}
    assert set(names_of(run(written(tmp_path, data, encoding=encoding), "--adjust", "x"))) == plain


@pytest.mark.parametrize("words", [("1.0", "0.0"), ("+1", "-0"), ("1e0", "0"), (" 1 ", " 0")])
def test_outcomes_written_as_numbers_are_taken(tmp_path, words):
    data = columns()
    plain = run(written(tmp_path, data))["sites"]
    data["outcome"] = [words[0] if value else words[1] for value in data["outcome"]]
    assert run(written(tmp_path, data))["sites"] == plain


@pytest.mark.parametrize(
    "words", [("True", "False"), ("yes", "no"), ("Y", "N"), ("2", "1"), ("0.5", "0"), ("1", "-1"), ("", ""), ("NA", 0)]
)
def test_other_outcomes_are_refused(tmp_path, words):
    data = columns()
    data["outcome"] = [words[0] if value else words[1] for value in data["outcome"]]
    assert isinstance(run(written(tmp_path, data)), str)


def test_rows_without_site_or_outcome_are_counted(tmp_path):
    data = columns()
    data["site"] = ["" if row % 5 == 0 else name for row, name in enumerate(data["site"])]
    data["outcome"] = ["" if row % 5 == 1 else value for row, value in enumerate(data["outcome"])]
    assert run(written(tmp_path, data))["input"]["excluded"] == [
        {"reason": "site is missing", "rows": 48},
        {"reason": "outcome is missing", "rows": 48},
    ]


KINDS = {
    "timestamp": pa.array([BEGIN + timedelta(days=row) for row in range(N)]),
    "date": pa.array([date(2020, 1, 1) + timedelta(days=row % 9) for row in range(N)]),
    "duration": pa.array([timedelta(days=row % 9) for row in range(N)]),
    "time": pa.array([time(row % 9, 2, 3) for row in range(N)]),
    "decimal": pa.array([Decimal(row % 17) / 8 for row in range(N)], type=pa.decimal128(30, 10)),
    "huge": pa.array([Decimal(10) ** 37 + row for row in range(N)], type=pa.decimal128(38, 0)),
    "unsigned": pa.array([2**63 + row for row in range(N)], type=pa.uint64()),
    "boolean": pa.array([None if row % 7 == 0 else bool(row % 2) for row in range(N)]),
    "null": pa.nulls(N),
    "category": pa.array([None if row % 7 == 0 else f"c{row % 3}" for row in range(N)]).dictionary_encode(),
    "numbers": pa.array([row % 5 for row in range(N)]).dictionary_encode(),
    "list": pa.array([[1]] * N),
    "struct": pa.array([{"a": 1}] * N),
    "half": pa.array(np.linspace(0, 1, N).astype(np.float16)),
    "infinite": pa.array(np.where(np.arange(N) % 9 == 0, np.inf, np.linspace(0, 1, N))),
    "bytes": pa.array([b"\xff\xfe"] * N),
    "large": pa.array([str(row % 4) for row in range(N)], type=pa.large_string()),
    "view": pa.array([str(row % 4) for row in range(N)], type=pa.string_view()),
}
NUMBERS = {"decimal", "huge", "unsigned", "boolean", "numbers", "half", "infinite", "large", "view"}


@pytest.mark.parametrize("kind", KINDS)
def test_parquet_columns_of_any_type_in_any_place(tmp_path, kind):
    path = tmp_path / "cases.parquet"
    parquet.write_table(pa.table(columns() | {"x": KINDS[kind]}), path)
    assert isinstance(run(path, "--adjust", "x"), dict) == (kind in NUMBERS)
    for found in (
        run(path, "--adjust", "x:categorical"),
        run(path, "--risk", "x"),
        run(path, site="x"),
        run(path, outcome="x"),
    ):
        assert isinstance(found, dict | str)


def test_an_identifier_among_the_adjusters_is_refused_soon_and_briefly(tmp_path):
    refused = run(written(tmp_path, columns() | {"x": np.arange(N)}), "--adjust", "x:categorical")
    assert "fully determined" in refused
    assert " more;" in refused


OPTIONS = list(
    product(
        ("random-intercept", "logistic"),
        (("--interval", "byar", "--funnel", "additive"), ("--interval", "midp", "--funnel", "multiplicative")),
        ((), ("--benchmark", "0.3"), ("--level", "0.9")),
        (
            ("--adjust", "x:spline3", "level:categorical"),
            ("--adjust", "x:spline5"),
            ("--risk", "risk"),
            ("--risk", "risk", "--recalibrate", "slope"),
        ),
    )
)


@pytest.mark.parametrize(("model", "limits", "more", "how"), OPTIONS)
def test_options_together_keep_what_they_promise(tmp_path, model, limits, more, how):
    data = small()
    random = np.random.default_rng(8)
    data["risk"] = np.where(data["outcome"] > 0.5, random.beta(3, 5, 400), random.beta(2, 5, 400)).clip(0.02, 0.98)
    document = run(written(tmp_path, data), "--model", model, *limits, *more, *how)
    sites, overall, settings = document["sites"], document["overall"], document["settings"]
    for name in ("observed", "expected"):
        assert sum(site[name] for site in sites) == pytest.approx(overall[name])
    if "--risk" not in how or "--recalibrate" in how:
        assert overall["expected"] == pytest.approx(overall["observed"])
    times = settings["benchmark"] if "--risk" in how else overall["rate"]
    for site in sites:
        for end in ("", "_lower", "_upper"):
            assert site[f"adjusted_rate{end}"] == pytest.approx(site[f"oe{end}"] * times)
        assert site["oe"] == pytest.approx(site["observed"] / site["expected"])
        assert site["oe_lower"] < site["oe"] < site["oe_upper"]
        above = site["adjusted_rate_lower"] > settings["benchmark"]
        below = site["adjusted_rate_upper"] < settings["benchmark"]
        assert site["flag"] == ("higher" if above else "lower" if below else "as expected")
        assert (site["shrunken_rate"] is None) == (model == "logistic")
        if model == "random-intercept":
            assert site["shrunken_rate_lower"] < site["shrunken_rate"] < site["shrunken_rate_upper"]
            assert site["rank_lower"] <= site["expected_rank"] <= site["rank_upper"]
            assert site["predicted_to_expected"] == pytest.approx(site["predicted"] / site["expected_average_site"])
    if model == "random-intercept":
        assert sum(site["expected_rank"] for site in sites) == pytest.approx(12 * 13 / 2)
    assert settings["outside_follows"] == limits[3]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: cases, --site, --outcome"),
        (["x", "--site", "a", "--outcome", "b", "--level", "much"], "invalid float value: 'much'"),
        (["x", "--site", "a", "--outcome", "b", "--bogus"], "unrecognized arguments: --bogus"),
        (["x", "--site", "a", "--outcome", "b", "--model", "z"], "invalid choice: 'z'"),
    ],
)
def test_a_fault_among_the_options_is_one_line_too(capsys, words, line):
    with pytest.raises(CommandError, match=r"required|invalid|unrecognized") as caught:
        Command().create_parser("manage.py", "compare_sites").parse_args(words)
    assert line in str(caught.value)
    assert caught.value.returncode == 2
    with pytest.raises(SystemExit) as left:
        Command().run_from_argv(["manage.py", "compare_sites", *words])
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert line in shown.err


def test_a_refusal_at_the_command_line_is_one_line(tmp_path):
    words = [sys.executable, "manage.py", "compare_sites", str(tmp_path), "--site", "a", "--outcome", "b"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "cannot be read" in done.stderr
