"""Raw columns become a cohort: codings, missing values, aliased columns and exclusions, each counted and named."""

import numpy as np
import pytest

from feedback.statistics import spline
from feedback.statistics.coding import Categorical, as_categorical, as_numbers, encode, learn
from feedback.statistics.cohort import Adjuster, build
from feedback.statistics.design import assemble
from feedback.statistics.refusal import ComparisonRefusal
from feedback.statistics.rows import arrange
from tests.feedback.statistics.cohorts import cohort_of, small


def test_levels_are_sorted_numbers_first_and_blank_is_missing():
    found = as_categorical(["10", "2", "b", "", None, "a", " 2 ", float("nan"), "inf"])
    assert found.levels == ("2", "10", "a", "b", "inf")
    assert found.codes.tolist() == [1, 0, 3, -1, -1, 2, 0, -1, 4]
    assert as_categorical(found) is found
    assert len(found) == 9


def test_numbers_and_booleans_are_levels_too():
    assert as_categorical(np.array([2.0, 1.0, np.nan, 2.5])).levels == ("1", "2", "2.5")
    assert as_categorical(np.array([2.0, 1.0, np.nan, 2.5])).codes.tolist() == [1, 0, -1, 2]
    assert as_categorical([True, False, 2.0, 2.5]).levels == ("0", "1", "2", "2.5")
    assert as_categorical(np.array([True, False, None], dtype=object)).levels == ("0", "1")
    assert as_categorical(np.array([2.5, 3.0, np.inf], dtype=object)).levels == ("2.5", "3")


def test_numbers_are_read_from_text_and_infinity_is_missing():
    assert np.isnan(as_numbers(["1.5", "", None], name="x")).tolist() == [False, True, True]
    assert np.isnan(as_numbers(np.array([1.0, np.inf]), name="x")).tolist() == [False, True]
    with pytest.raises(ComparisonRefusal, match="Column x"):
        as_numbers(["1", "two"], name="x")


def test_a_spline_is_linear_beyond_its_outer_knots_and_agrees_with_the_published_formula():
    knots = spline.place_knots(np.linspace(0, 100, 1001), count=4)
    assert knots == pytest.approx((5.0, 35.0, 65.0, 95.0))
    x = np.array([-30.0, -20.0, -10.0, 96.0, 97.0, 98.0])
    columns = spline.basis(x, knots=knots)
    assert np.abs(np.diff(columns[:3], n=2, axis=0)).max() < 1e-12
    assert np.abs(np.diff(columns[3:], n=2, axis=0)).max() < 1e-9
    t1, _, t3, t4 = knots
    want = ((50 - t1) ** 3 - 0 * (t4 - t1) / (t4 - t3)) / (t4 - t1) ** 2
    assert spline.basis(np.array([50.0]), knots=knots)[0, 1] == pytest.approx(want)
    assert len(spline.place_knots(np.arange(100.0), count=5)) == 5


@pytest.mark.parametrize("wrong", [lambda: spline.place_knots(np.ones(3), count=6), lambda: spline.place_knots(np.ones(0), count=4),
                                   lambda: spline.basis(np.ones(2), knots=(0.0, 1.0))])  # fmt: skip
def test_a_spline_refuses_nonsense(wrong):
    with pytest.raises(ValueError, match="knot"):
        wrong()


def test_every_coding_names_its_columns():
    random = np.random.default_rng(1)
    data = {
        "site": ["a", "b"] * 100,
        "outcome": random.integers(0, 2, 200).astype(float),
        "number": np.where(np.arange(200) % 7 == 0, np.nan, random.normal(size=200)),
        "bent": random.normal(size=200),
        "few": random.integers(0, 2, 200).astype(float),
        "group": [["x", "y", "", "z"][j] for j in random.integers(0, 4, 200)],
    }
    adjusters = (
        Adjuster(name="number", missing="mean_indicator"),
        Adjuster(name="bent", coding="spline5"),
        Adjuster(name="few", coding="spline4"),
        Adjuster(name="group", coding="categorical", reference="y"),
    )
    cohort = build(site=data["site"], outcome=data["outcome"], columns=data, adjusters=adjusters)
    assert cohort.design.names == (
        "(Intercept)", "number", "number:missing", "bent", "bent:spline2", "bent:spline3", "bent:spline4",
        "few", "groupx", "groupz", "group:missing",
    )  # fmt: skip
    matrix = cohort.design.matrix()
    absent = np.isnan(data["number"])
    assert matrix[absent, 1] == pytest.approx(np.nanmean(data["number"]))
    assert (matrix[:, 2] == absent).all()
    assert (matrix[:, 8] == (np.array(data["group"]) == "x")).all()
    assert (matrix[:, 10] == (np.array(data["group"]) == "")).all()
    assert cohort.missing[0].share[0] == pytest.approx(absent[::2].mean())
    assert np.allclose(cohort.design.linear(np.arange(11.0)), matrix @ np.arange(11.0))


@pytest.mark.parametrize(
    ("adjuster", "values", "words"),
    [
        (Adjuster(name="x", coding="quadratic"), np.ones(3), "not allowed"),
        (Adjuster(name="x", missing="zero"), np.ones(3), "not allowed"),
        (Adjuster(name="x", scale=0.0), np.ones(3), "not allowed"),
        (Adjuster(name="x"), np.full(3, np.nan), "no value at all"),
        (Adjuster(name="x", coding="categorical"), as_categorical([None, None]), "no value at all"),
        (Adjuster(name="x", coding="categorical", reference="q"), as_categorical(["a", "b"]), "reference level q"),
    ],
)
def test_an_impossible_adjuster_is_refused(adjuster, values, words):
    with pytest.raises(ComparisonRefusal, match=words):
        learn(adjuster, values)


def test_an_unseen_level_is_listed_and_never_the_reference():
    settled = learn(Adjuster(name="g", coding="categorical"), as_categorical(["a", "b", "a"]))
    columns, unseen = encode(settled, as_categorical(["b", "c", "a", None]))
    assert columns[:, 0].tolist() == [1, 0, 0, 0]
    assert unseen.tolist() == [False, True, False, True]
    number = learn(Adjuster(name="x"), np.array([1.0, 2.0]))
    assert encode(number, np.array([1.0, np.nan]))[1].tolist() == [False, True]


def test_a_declared_level_without_rows_is_dropped_and_noted():
    data = small()
    codes = as_categorical(data["level"]).codes
    data["level"] = Categorical(codes=codes, levels=("a", "b", "c", "d"))
    cohort = cohort_of(data)
    assert "leveld" not in cohort.design.names
    assert "level: no row has the level d." in cohort.notes


def test_a_rare_level_is_noted():
    data = small()
    data["level"] = data["level"].astype(object)
    data["level"][:4] = "rare"
    assert "level: level rare has fewer than 10 cases with or without the outcome." in cohort_of(data).notes


def test_rows_are_excluded_and_counted_by_reason():
    cohort = build(
        site=["a", "", "b", "b", "a", "c"],
        outcome=[1, 0, None, 0, 1, ""],
        risk=["0.2", "0.1", "0.3", "-1", "", "0.5"],
    )
    assert [(item.reason, item.rows) for item in cohort.excluded] == [
        ("site is missing", 1),
        ("outcome is missing", 2),
        ("risk is missing", 1),
        ("risk lies outside 0 to 1", 1),
    ]
    assert cohort.labels == ("a",)
    assert cohort.empty_labels == ("b", "c")
    assert cohort.kept.tolist() == [True, False, False, False, False, False]


def test_a_row_of_weight_zero_is_not_used():
    cohort = build(site=["a", "b", "b"], outcome=[1, 0, 1], weights=[1, 2, 0])
    assert cohort.weights.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": [0, 1, 2, 0]}, "must be 0 or 1; found 2"),
        ({"outcome": [0, 1]}, "outcome has 2 rows"),
        ({"columns": {"x": [1, 2]}, "adjusters": (Adjuster(name="x"),)}, "x has 2 rows"),
        ({"adjusters": (Adjuster(name="y"),)}, "no column y"),
        ({"columns": {"x": [1, 2, 3, 4]}, "adjusters": (Adjuster(name="x"), Adjuster(name="x"))}, "named twice"),
        ({"columns": {"x": [1, 2, 3, 4]}, "adjusters": (Adjuster(name="x"),), "risk": [0.1] * 4}, "exclude each other"),
        ({"weights": [1, -1, 1, 1]}, "0 or more"),
        ({"outcome": [None] * 4}, "No row has"),
    ],
)
def test_unusable_input_is_refused(change, words):
    given = {"site": ["a", "a", "b", "b"], "outcome": [0, 1, 0, 1], **change}
    with pytest.raises(ComparisonRefusal, match=words):
        build(**given)


def test_aliased_columns_are_dropped_and_named_with_their_cause():
    data = small()
    data |= {"double": 2 * data["x"], "nothing": np.zeros(400), "isa": (data["level"] == "a").astype(float)}
    adjusters = tuple(Adjuster(name=name) for name in ("x", "double", "nothing", "isa"))
    cohort = cohort_of(data, adjusters=(*adjusters, Adjuster(name="level", coding="categorical")))
    assert [(item.column, item.because_of) for item in cohort.aliased] == [
        ("double", ("x",)),
        ("nothing", ("nothing: it is always 0",)),
        ("levelc", ("(Intercept)", "isa", "levelb")),
    ]
    assert cohort.design.names == ("(Intercept)", "x", "isa", "levelb")
    assert np.linalg.matrix_rank(cohort.design.matrix()) == 4


def test_aliased_columns_are_found_in_a_discrete_design_too():
    data = small()
    data["isa"] = (data["level"] == "a").astype(float)
    cohort = cohort_of(data, adjusters=(Adjuster(name="isa"), Adjuster(name="level", coding="categorical")))
    assert [item.column for item in cohort.aliased] == ["levelc"]
    assert len(cohort.design.free) == 0


def test_nearly_dependent_columns_are_kept():
    data = small()
    data["near"] = data["x"] + 1e-6 * np.random.default_rng(5).normal(size=400)
    cohort = cohort_of(data, adjusters=(Adjuster(name="x"), Adjuster(name="near")))
    assert cohort.aliased == ()


@pytest.mark.parametrize("largest", [1 << 22, 10])
def test_many_level_patterns_are_numbered_without_a_huge_table(monkeypatch, largest):
    monkeypatch.setattr("feedback.statistics.design.LARGEST_LOOKUP", largest)
    n = 3000
    random = np.random.default_rng(4)
    columns = tuple(
        Categorical(codes=random.integers(0, 40, n).astype(np.int32), levels=tuple(map(str, range(40))))
        for _ in range(6)
    )
    adjusters = [Adjuster(name=f"g{j}", coding="categorical") for j in range(6)]
    codings = tuple(learn(adjuster, column) for adjuster, column in zip(adjusters, columns, strict=True))
    design, unseen = assemble(n=n, codings=codings, columns=columns)
    want = np.column_stack([np.ones(n), *(encode(c, v)[0] for c, v in zip(codings, columns, strict=True))])
    assert (design.matrix() == want).all()
    assert not unseen.any()


def test_site_sums_are_right_with_few_and_with_many_patterns():
    random = np.random.default_rng(12)
    for levels in (2, 60):
        data = small(n=400, sites=60)
        data["level"] = random.integers(0, levels, 400).astype(str)
        data["other"] = random.integers(0, levels, 400).astype(str)
        adjusters = tuple(Adjuster(name=name, coding="categorical") for name in ("level", "other"))
        cohort = cohort_of(data, adjusters=(*adjusters, Adjuster(name="x")))
        rows = arrange(cohort.design, site=cohort.site, outcome=cohort.outcome)
        values = random.normal(size=400)
        sorted_values = np.empty(400)
        sorted_values[rows.row_of] = values
        want = np.array([(cohort.design.matrix() * values[:, None])[cohort.site == j].sum(axis=0) for j in range(60)])
        assert rows.cross_by_site(sorted_values) == pytest.approx(want, abs=1e-12)


def test_a_column_of_few_values_late_in_the_file_is_still_free():
    values = np.concatenate([np.zeros(2500), np.arange(2500.0)])
    settled = learn(Adjuster(name="x"), values)
    design, _ = assemble(n=5000, codings=(settled,), columns=(values,))
    assert design.free == (1,)
