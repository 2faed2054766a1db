"""The command compares any file without a database, gives the reference figures, and refuses in one line."""

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from feedback import case_files, engine
from feedback.management.commands.compare_sites import Command
from feedback.statistics import external_risk
from feedback.statistics.cohort import build
from feedback.statistics.refusal import ComparisonRefusal
from tests.feedback import little_frames as little
from tests.feedback.statistics.cohorts import S01, S04, small
from tests.feedback.statistics.shared_reference import FOLDER, assert_all_pass, open_case

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "compare_sites.schema.json").read_text(encoding="utf-8"))


def csv_of(data):
    names = list(data)
    lines = [",".join(names)] + [",".join(str(value) for value in row) for row in zip(*data.values(), strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(csv_of(small()), encoding="utf-8")
    return path


def run(path, *words):
    out = io.StringIO()
    call_command(
        "compare_sites", str(path), "--site", "site", "--outcome", "outcome", "--draws", "100", *words, stdout=out
    )
    document = json.loads(out.getvalue(), parse_constant=lambda word: pytest.fail(f"{word} in the document"))
    jsonschema.validate(document, SCHEMA)
    return document


@pytest.mark.parametrize(
    "words",
    [
        ("--adjust", "x", "level:categorical:b"),
        ("--adjust", "x:spline4", "--model", "logistic"),
        ("--funnel", "additive", "--interval", "midp", "--benchmark", "0.3"),
        ("--quadrature", "1"),
    ],
)
def test_every_document_keeps_to_the_schema(cases, words):
    document = run(cases, *words)
    assert document["input"]["rows"] == 400
    assert len(document["input"]["sha256"]) == 64


def test_medpar_gives_the_reference_figures():
    case = open_case(S01)
    out = io.StringIO()
    path = FOLDER / S01 / "data.csv"
    adjust = ["--adjust", "age80", "hmo", "white", "type:categorical", "--model", "logistic"]
    call_command("compare_sites", str(path), "--site", "provnum", "--outcome", "died", *adjust, stdout=out)
    document = json.loads(out.getvalue())
    case.check("coef", [term["estimate"] for term in document["model"]["terms"]])
    case.check("se", [term["standard_error"] for term in document["model"]["terms"]])
    case.check("loglik", document["model"]["log_likelihood"])
    case.check("c_statistic", document["model"]["c_statistic"])
    case.check("brier", document["model"]["brier"])
    table = {
        (site["site"],): {
            "o": site["observed"],
            "e": site["expected"],
            "oe": site["oe"],
            "ramr": site["adjusted_rate"],
            "oe_exact_lo": site["oe_lower"],
            "oe_exact_hi": site["oe_upper"],
        }
        for site in document["sites"]
    }
    case.table("expected_hospital.csv", table)
    assert_all_pass(case, at_least=54 * 6)


@pytest.mark.parametrize(("name", "nodes"), [("laplace", 1), ("agq15", 15)])
def test_simulated_sites_give_lme4s_figures(name, nodes):
    case = open_case(S04)
    out = io.StringIO()
    adjust = ["age", "sex:categorical", "asa:categorical", "emergency", "procedure:categorical"]
    words = ["--adjust", *adjust, "albumin_cat:categorical", "--quadrature", str(nodes), "--draws", "20"]
    path = str(FOLDER / S04 / "data.csv")
    call_command("compare_sites", path, "--site", "site", "--outcome", "death30", *words, stdout=out)
    document = json.loads(out.getvalue())
    model = document["model"]
    case.check("n", document["input"]["rows_used"])
    case.check("events", document["input"]["events"])
    case.check(f"{name}.sigma_u", model["sigma"])
    case.check(f"{name}.loglik", model["log_likelihood"])
    case.check("glm.c_statistic", model["c_statistic"])
    same = {
        "n": "n",
        "o": "observed",
        "e_glm": "expected",
        "u": "effect",
        "u_se": "effect_standard_error",
        "predicted": "predicted",
        "expected": "expected_average_site",
        "pe_ratio": "predicted_to_expected",
        "reliability": "reliability",
    }
    table = {(site["site"],): {theirs: site[ours] for theirs, ours in same.items()} for site in document["sites"]}
    case.table(f"expected_sites_{name}.csv", table)
    assert_all_pass(case, at_least=120 * len(same))


def test_the_comparison_job_calls_the_very_same_function(tmp_path):
    """What a job stores of each hospital is, byte for byte, what the command writes of the cases that counted."""
    past = little.history()
    inside = past[past["period"].isin(little.window().inside)]
    stored = engine.run_measure(
        measure=little.measure(),
        number=1,
        frame=inside,
        history=past,
        types=little.TYPES,
        window=little.window(),
        credibility={},
        reference=None,
        seed=7,
    )
    cases = inside.sort_values(engine.ORDER, kind="stable")
    counted = np.concatenate([stored.ledgers[hospital].status for hospital in sorted(stored.ledgers)]) <= 1
    cases[counted][["hospital_id", "leak", "old"]].to_csv(tmp_path / "counted.csv", index=False)
    out = io.StringIO()
    words = ["--site", "hospital_id", "--outcome", "leak", "--adjust", "old:categorical:0", "--seed", "7"]
    call_command("compare_sites", str(tmp_path / "counted.csv"), *words, stdout=out)
    document = json.loads(out.getvalue())
    assert json.dumps(stored.model["fit"], sort_keys=True) == json.dumps(document["model"], sort_keys=True)
    for site in document["sites"]:
        name = int(site.pop("site"))
        kept = {key: stored.results[name][key] for key in site}
        kept |= {key: float(kept[key]) for key in ("n", "observed")}  # stored as whole numbers
        assert json.dumps(kept, sort_keys=True) == json.dumps(site, sort_keys=True)
    assert len(document["sites"]) == len(stored.results)


def test_the_same_file_gives_the_same_bytes_whatever_the_number_of_threads(cases, tmp_path):
    written = []
    for threads in ("1", "2"):
        out = tmp_path / f"{threads}.json"
        words = ["compare_sites", cases, "--site", "site", "--outcome", "outcome", "--adjust", "x", "--out", out]
        environment = {"OPENBLAS_NUM_THREADS": threads, "PATH": "/usr/bin:/bin", "CAIRN_DEMO": "1"}
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_parquet_and_csv_agree(cases, tmp_path):
    data = small()
    other = tmp_path / "cases.parquet"
    table = {
        "site": data["site"].tolist(),
        "outcome": data["outcome"] > 0.5,
        "x": data["x"],
        "level": data["level"].tolist(),
    }
    parquet.write_table(pa.table(table), other)
    one, two = (run(path, "--adjust", "x", "level:categorical") for path in (cases, other))
    assert one["sites"] == two["sites"]
    assert one["input"]["sha256"] != two["input"]["sha256"]


def test_a_given_risk_excludes_sentinels(tmp_path):
    data = small()
    risk = np.full(400, 0.3)
    risk[:5] = -1
    path = tmp_path / "cases.csv"
    path.write_text(csv_of({**data, "risk": risk}), encoding="utf-8")
    document = run(path, "--risk", "risk")
    assert document["input"]["excluded"] == [{"reason": "risk lies outside 0 to 1", "rows": 5}]
    assert document["settings"]["risk"] == "given"


@pytest.mark.parametrize("model", ["logistic", "random-intercept"])
@pytest.mark.parametrize("kind", ["intercept", "slope"])
def test_a_given_risk_is_recalibrated_when_asked(tmp_path, model, kind):
    data = small()
    random = np.random.default_rng(8)
    risk = np.round(np.where(data["outcome"] > 0.5, random.beta(3, 5, 400), random.beta(2, 5, 400)).clip(0.02, 0.98), 3)
    path = tmp_path / "cases.csv"
    path.write_text(csv_of({**data, "risk": risk}), encoding="utf-8")
    plain = run(path, "--risk", "risk", "--model", model)
    moved = run(path, "--risk", "risk", "--model", model, "--recalibrate", kind)
    assert "recalibration" not in plain["settings"]
    assert plain["overall"]["expected"] != pytest.approx(plain["overall"]["observed"], rel=1e-3)
    assert moved["overall"]["expected"] == pytest.approx(moved["overall"]["observed"])
    assert moved["model"]["calibration_intercept"] == pytest.approx(0, abs=1e-8)
    found = moved["settings"]["recalibration"]
    assert found["kind"] == kind
    assert any("recalibrated to these cases" in note for note in moved["notes"])
    if kind == "slope":
        assert moved["model"]["calibration_slope"] == pytest.approx(1, abs=1e-6)
        assert found["slope"] == pytest.approx(plain["model"]["calibration_slope"])
    else:
        assert (found["slope"], found["intercept"]) == (1, pytest.approx(plain["model"]["calibration_intercept"]))


def test_weights_count_in_a_recalibration():
    data = small()
    risk = np.round(np.random.default_rng(9).beta(2, 5, 400).clip(0.02, 0.98), 3)
    weight = np.random.default_rng(2).integers(1, 4, 400)
    once = build(site=data["site"], outcome=data["outcome"], risk=risk, weights=weight)
    often = build(
        site=np.repeat(data["site"], weight), outcome=np.repeat(data["outcome"], weight), risk=np.repeat(risk, weight)
    )
    one, other = (external_risk.recalibrated(cohort, kind="slope")[1] for cohort in (once, often))
    assert (one.intercept, one.slope) == pytest.approx((other.intercept, other.slope))
    with pytest.raises(ComparisonRefusal, match="A recalibration is one of"):
        external_risk.recalibrated(once, kind="spline")


def test_risks_that_part_the_cases_have_no_slope_and_say_so(tmp_path):
    data = small()
    risk = np.where(data["outcome"] > 0.5, 0.6, 0.2) + np.arange(400) / 4000
    path = tmp_path / "cases.csv"
    path.write_text(csv_of({**data, "risk": risk}), encoding="utf-8")
    document = run(path, "--risk", "risk", "--model", "logistic")
    assert document["model"]["calibration_slope"] is None
    assert any("slope is undefined" in note for note in document["notes"])
    with pytest.raises(CommandError, match="cannot be recalibrated") as caught:
        run(path, "--risk", "risk", "--recalibrate", "slope")
    assert caught.value.returncode == 2


def test_pictures_are_well_formed(cases, tmp_path):
    for words in (("--adjust", "x"), ("--model", "logistic")):
        run(cases, "--plots", str(tmp_path / "pictures"), *words)
        for name in ("funnel.svg", "rates.svg"):
            picture = ET.parse(tmp_path / "pictures" / name)
            assert len(picture.findall(".//{http://www.w3.org/2000/svg}circle")) == 12


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--adjust", "nope", "neither:spline4"), "There is no column nope. There is no column neither."),
        (("--adjust", "level"), "not a number"),
        (("--adjust", "x:cubic"), "coding cubic is none of"),
        (("--adjust", "x:spline4:1"), "only a categorical adjuster"),
        (("--adjust", "x", "--risk", "x"), "exclude each other"),
        (("--adjust", "x", "--recalibrate", "slope"), "Only risks that came with the data"),
        (("--benchmark", "often"), "must be pooled or a rate"),
        (("--quadrature", "99"), "1 to 25 nodes"),
        (("--seed", "-1"), "from 0 on"),
        (("--draws", "1000000000"), "1 to 100,000 draws"),
        (("--level", "nan"), "between 0 and 1"),
        (("--out", "/nowhere/at/all.json"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_two(cases, words, line):
    with pytest.raises(CommandError, match=line) as caught:
        run(cases, *words)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "neither a CSV nor a Parquet"),
        (b"PAR1 but not really", "neither a CSV nor a Parquet"),
        (b"site,outcome\n", "has no rows"),
        (b"site,outcome,site\na,1,b\n", "names a column twice"),
        (b"site,outcome\na,1,2\n", "neither a CSV nor a Parquet"),
        (b"site,outcome\na,2\nb,0\n", "must be 0 or 1"),
        (b"site,outcome\na,1\na,0\n", "a comparison needs two sites"),
        (b"site,outcome\na,0\nb,0\n", "nothing to model"),
    ],
)
def test_unusable_files_are_refused(tmp_path, content, line):
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=line):
        run(path)


def rewritten(text, tmp_path, *words, encoding="utf-8"):
    path = tmp_path / "other.csv"
    path.write_bytes(text.encode(encoding))
    document = run(path, "--adjust", "x", "level:categorical", *words)
    return document["sites"]


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text, "utf-8-sig"),
        (lambda text: text, "utf-16"),
        (lambda text: text.replace(",", ";"), "utf-8"),
        (lambda text: text.replace(",", "\t"), "utf-8"),
        (lambda text: text.replace(",", "|"), "utf-8"),
        (lambda text: text.replace("\n", "\r\n"), "utf-8"),
        (lambda text: text.replace("site,outcome,x", " site , outcome,x "), "utf-8"),
        (lambda text: "\n".join('"' + line.replace(",", '","') + '"' for line in text.strip().split("\n")), "utf-8"),
    ],
)
def test_the_same_cases_give_the_same_sites_however_the_file_is_written(cases, tmp_path, change, encoding):
    text = csv_of(small())
    assert rewritten(change(text), tmp_path, encoding=encoding) == rewritten(text, tmp_path)


@pytest.mark.parametrize("word", ["", "NA", "NaN", ".", "NULL"])
def test_what_statistics_programs_write_for_nothing_is_missing(tmp_path, word):
    data = small()
    data["x"] = [word if number % 50 == 0 else value for number, value in enumerate(data["x"])]
    path = tmp_path / "cases.csv"
    path.write_text(csv_of(data), encoding="utf-8")
    document = run(path, "--adjust", "x")
    assert [term["name"] for term in document["model"]["terms"]] == ["(Intercept)", "x", "x:missing"]


def test_a_quoted_na_is_a_level_and_a_bare_one_is_missing(tmp_path):
    data = small()
    for word, name in (('"NA"', "levelNA"), ("NA", "level:missing")):
        data["level"] = np.where(np.arange(400) % 9 == 0, word, small()["level"]).tolist()
        path = tmp_path / "cases.csv"
        path.write_text(csv_of(data), encoding="utf-8")
        assert name in [term["name"] for term in run(path, "--adjust", "level:categorical:a")["model"]["terms"]]


def test_columns_of_any_plain_parquet_type_are_read(tmp_path):
    data = small()
    text = {
        "site": data["site"].tolist(),
        "outcome": data["outcome"],
        "x": np.round(data["x"], 3),
        "level": data["level"].tolist(),
    }
    other = {
        "site": pa.array([name.encode() for name in text["site"]]),
        "outcome": pa.array([Decimal(int(value)) for value in text["outcome"]]),
        "x": pa.array([Decimal(f"{value:.3f}") for value in text["x"]]).dictionary_encode(),
        "level": pa.array(text["level"]).dictionary_encode(),
    }
    found = []
    for number, columns in enumerate((text, other)):
        parquet.write_table(pa.table(columns), tmp_path / f"{number}.parquet")
        found.append(run(tmp_path / f"{number}.parquet", "--adjust", "x", "level:categorical")["sites"])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["outcome", "x"])
def test_nested_columns_are_refused(tmp_path, name):
    path = tmp_path / "cases.parquet"
    parquet.write_table(pa.table({"site": ["a", "b"], "outcome": [0, 1], "x": [1, 2]} | {name: [[1], [2]]}), path)
    with pytest.raises(CommandError, match=f"Column {name} holds neither text nor numbers"):
        run(path, "--adjust", "x")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("TRUE", "FALSE"), "0 or 1 .or blank.; found FALSE, TRUE"),
        (("yes", "no"), "found no, yes"),
        ((1, 2), "found 2"),
    ],
)
def test_an_outcome_in_words_is_refused_by_name(tmp_path, words, line):
    data = small()
    path = tmp_path / "cases.csv"
    path.write_text(csv_of(data | {"outcome": np.where(data["outcome"] == 1, words[0], words[1])}), encoding="utf-8")
    with pytest.raises(CommandError, match=line) as caught:
        run(path)
    assert caught.value.returncode == 2


def test_a_number_no_one_measures_is_refused(tmp_path):
    data = small()
    data["x"][7] = 1e300
    path = tmp_path / "cases.csv"
    path.write_text(csv_of(data), encoding="utf-8")
    with pytest.raises(CommandError, match="Column x holds a number beyond"):
        run(path, "--adjust", "x")


def test_a_rare_level_without_events_is_named_and_compared(tmp_path):
    data = small(n=800)
    rare = np.arange(800) % 40 == 0
    path = tmp_path / "cases.csv"
    path.write_text(
        csv_of(data | {"level": np.where(rare, "rare", data["level"]), "outcome": data["outcome"] * ~rare}),
        encoding="utf-8",
    )
    document = run(path, "--adjust", "x", "level:categorical")
    assert any("Along levelrare every case has, or no case has" in note for note in document["notes"])
    assert document["overall"]["expected"] == pytest.approx(document["overall"]["observed"])


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ComparisonRefusal, match="cannot be read"):
        case_files.read(tmp_path / "absent.csv")


def test_windows_text_and_names_with_colons_are_read(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_bytes("site,outcome,a:b\nÉ,1,2\nb,0,3\n".encode("cp1252"))
    file = case_files.read(path)
    assert file.table.column("site").to_pylist() == ["É", "b"]
    assert case_files.adjuster_of("a:b", columns=file.table.column_names).name == "a:b"


CELLS = ["a", "b", "c", "0", "1", "", "é", "-1", "0.5", "1e400", "nan", "NA", "inf", "1e-320", '"', ";", "\x00"]
WORDS = [["--adjust", "x"], ["--adjust", "x:categorical"], ["--risk", "x"], ["--adjust", "x:spline4"], []]


def ends_well(path, words):
    """Run the command; either a document that keeps to the schema comes out, or one line."""
    said, code = "", 2
    try:
        run(path, *words)
    except CommandError as refusal:
        said, code = str(refusal), refusal.returncode
    assert "\n" not in said
    assert code == 2


@given(
    st.lists(st.lists(st.sampled_from(CELLS), min_size=3, max_size=3), max_size=40),
    st.sampled_from(WORDS),
)
@settings(max_examples=60, deadline=None)
def test_fuzzed_files_end_in_a_document_or_one_line(tmp_path_factory, rows, words):
    path = tmp_path_factory.mktemp("fuzz") / "cases.csv"
    path.write_text("site,outcome,x\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    ends_well(path, words)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("01"), st.floats(-2, 2).map(lambda x: f"{x:.2f}")),
        min_size=8,
        max_size=60,
    ),
    st.sampled_from([*WORDS, ["--risk", "x", "--recalibrate", "slope"], ["--model", "logistic", "--adjust", "x"]]),
)
@settings(max_examples=40, deadline=None)
def test_fuzzed_cases_that_can_be_compared_are_compared_without_nan(tmp_path_factory, rows, words):
    path = tmp_path_factory.mktemp("fuzz") / "cases.csv"
    path.write_text("site,outcome,x\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    ends_well(path, words)


NUMBERS = st.one_of(st.none(), st.integers(0, 1), st.floats(allow_nan=True, allow_infinity=True))
KINDS = st.sampled_from(
    [pa.float64(), pa.float32(), pa.string(), pa.int8(), pa.bool_(), pa.dictionary(pa.int8(), pa.string())]
)


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.sampled_from("abé")), st.one_of(st.none(), st.integers(0, 1)), NUMBERS),
        max_size=40,
    ),
    KINDS,
    st.sampled_from(WORDS),
)
@settings(max_examples=60, deadline=None)
def test_fuzzed_parquet_files_end_in_a_document_or_one_line(tmp_path_factory, rows, kind, words):
    path = tmp_path_factory.mktemp("fuzz") / "cases.parquet"
    sites, outcomes, x = ([row[place] for row in rows] for place in range(3))
    if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        x = [None if value is None else str(value) for value in x]
    elif pa.types.is_boolean(kind):
        x = [None if value is None else bool(value) for value in x]
    elif pa.types.is_integer(kind):
        x = [None if value is None or not np.isfinite(value) else int(value) % 100 for value in x]
    table = pa.table(
        {"site": pa.array(sites, pa.string()), "outcome": pa.array(outcomes, pa.int64()), "x": pa.array(x).cast(kind)}
    )
    parquet.write_table(table, path)
    ends_well(path, words)


@given(st.binary(max_size=300), st.integers(0, 4000))
@settings(max_examples=30, deadline=None)
def test_a_parquet_file_with_broken_bytes_is_refused_in_one_line(tmp_path_factory, junk, at):
    path = tmp_path_factory.mktemp("fuzz") / "cases.parquet"
    sink = io.BytesIO()
    parquet.write_table(pa.table({"site": list("aabb") * 5, "outcome": [0, 1] * 10}), sink)
    content = sink.getvalue()
    place = 4 + at % (len(content) - 4)
    path.write_bytes(content[:place] + junk + content[place + len(junk) :])
    ends_well(path, [])


def test_bytes_that_are_no_text_are_refused_in_one_line(tmp_path):
    path = tmp_path / "cases.parquet"
    outcome = pa.array([0, 1] * 10)
    parquet.write_table(pa.table({"site": pa.array([b"\xff", b"b"] * 10, pa.binary()), "outcome": outcome}), path)
    with pytest.raises(CommandError, match="Column site holds bytes that are not text"):
        run(path)
    pretended = pa.Array.from_buffers(pa.string(), 20, pa.array([b"\x80", b"b"] * 10, pa.binary()).buffers())
    parquet.write_table(pa.table({"site": pretended, "outcome": outcome}), path)
    with pytest.raises(CommandError, match="neither a CSV nor a Parquet"):
        run(path)


def test_integers_too_long_for_a_float_are_rounded(tmp_path):
    path = tmp_path / "cases.parquet"
    parquet.write_table(pa.table({"site": list("aabb") * 5, "outcome": [0, 1] * 10, "x": [2**60 + 1, 3] * 10}), path)
    file = case_files.read(path)
    assert case_files._numbers(file, "x")[0] == float(2**60)


def test_a_bar_is_drawn_on_a_terminal_only(cases):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, drawn in ((Terminal(), True), (io.StringIO(), False)):
        command = Command(stdout=io.StringIO(), stderr=stream, no_color=True)
        call_command(command, str(cases), site="site", outcome="outcome", draws=50)
        assert ("comparing" in stream.getvalue()) == drawn
