"""The model card of a run: its distributions over hospitals, the run before it, what changed, the reader's own lines."""

import copy
from types import SimpleNamespace

import pytest

from feedback import carding
from feedback.models import Comparison, MeasureRun, Standing
from feedback.selectors import model_card
from sites.models import Hospital
from tests.collaborative import FIRST
from tests.databases import as_role
from tests.feedback.acting import worker
from tests.feedback.test_engine import usual


def test_quartiles_of_few_sites_are_not_shown():
    assert carding.spread([0.1] * 7) is None
    assert carding.spread([float(value) for value in range(9)]) == {"lower_quarter": 2, "median": 4, "upper_quarter": 6}


def test_fewer_samples_are_drawn_of_many_rows():
    assert carding._draws(1_000) == carding.OPTIMISM_DRAWS
    assert carding._draws(500_000) == 40
    assert carding._draws(50_000_000) == carding.FEWEST_DRAWS


def test_a_card_holds_no_line_of_a_single_site():
    card = usual().model
    assert set(card["sites"]) == {"ratio", "apart", "of"}
    assert card["sites"]["of"] == len(usual().results) == 12
    assert set(card["sites"]["ratio"]) == {"lower_quarter", "median", "upper_quarter"}
    assert card["optimism"]["draws"] <= carding.OPTIMISM_DRAWS
    assert 0 <= card["reliability"]["share_over_0_7"] <= 1
    assert card["reliability"]["lower_quarter"] <= card["reliability"]["median"] <= card["reliability"]["upper_quarter"]


def test_notes_speak_of_hospitals_where_the_statistics_say_sites():
    note = "Fewer than ten sites: along surgical_site, a site has no case."
    assert model_card.SITE.sub(r"hospital\1", note) == (
        "Fewer than ten hospitals: along surgical_site, a hospital has no case."
    )


def run_of(model, *, number=1, label="2025"):
    summary = usual().summary
    measure = summary["measure"] | {"version": f"{number}.0"}
    return SimpleNamespace(model=model, summary=summary | {"measure": measure}, comparison=SimpleNamespace(label=label))


def test_what_changed_names_the_versions_the_log_and_the_coefficients_that_moved_or_came_or_went():
    before, after = copy.deepcopy(usual().model), copy.deepcopy(usual().model)
    slope = next(term for term in after["fit"]["terms"] if term["name"] != "(Intercept)")
    slope["estimate"] += 0.11
    after["fit"]["terms"][0]["estimate"] += 5
    after["fit"]["terms"].append({"name": "new", "estimate": 0.2})
    before["fit"]["terms"].append({"name": "gone", "estimate": 0.2})
    after["change_log"].append({"version": "2.0", "on": "2026-05-01", "by": "A. Author", "words": "Added one."})
    found = model_card._changes(run_of(after, number=2), run_of(before), {"new": "New thing"})
    assert found["since"] == "2025"
    assert found["versions"] == ("1.0", "2.0")
    assert [entry["version"] for entry in found["log"]] == ["2.0"]
    assert [(line["words"], line["before"]) for line in found["moved"]] == [
        (slope["name"], pytest.approx(slope["estimate"] - 0.11)),
        ("New thing", None),
    ]
    assert found["gone"] == ["gone"]
    figures = {name: (old, new) for name, _, old, new in found["figures"]}
    assert figures["Cases"] == (usual().summary["n"],) * 2
    same = model_card._changes(run_of(before), run_of(before), {})
    assert (same["moved"], same["gone"], same["log"]) == ([], [], [])


def test_the_own_share_that_is_unknown_is_said_to_one_hospital_only():
    line = {"adjuster": "asa", "share": 0.02}
    assert model_card._unknown(line, [{"unknown": {"asa": 0.1}}])["own"] == 0.1
    assert model_card._unknown(line, [{}])["own"] is None
    assert model_card._unknown(line, [{"unknown": {"asa": 0.1}}, {"unknown": {"asa": 0.2}}])["own"] is None


def later(run: MeasureRun, **changed: object) -> MeasureRun:
    """Plant a comparison published after ``run``'s, with the same measure."""
    comparison = copy.copy(run.comparison)
    comparison.pk, comparison.code = None, f"{run.comparison.code[:9]}{changed.pop('end')}"
    comparison._state.adding = True
    comparison.save()
    return MeasureRun.objects.create(comparison=comparison, measure=run.measure, digest="0" * 64, **changed)


def test_the_run_before_is_the_published_fitted_one_that_these_readers_might_see(shared_world):
    own = (own_hospital(),)
    with as_role("superuser"):
        first = MeasureRun.objects.select_related("comparison", "measure").get(
            comparison__status=Comparison.Status.PUBLISHED, measure__code="serious30"
        )
        refused = later(first, refusal=["Too few."], end="rf")
        now = later(first, end="nw")
        assert model_card.earlier_of(first, own_set=()) is None
        assert model_card.earlier_of(now, own_set=()) == first
        assert model_card.earlier_of(refused, own_set=()) == first
        assert model_card.earlier_of(now, own_set=own) == first
        assert model_card.earlier_of(now, own_set=(10**6,)) is None
        hidden = Standing.objects.get(run=first, own_set=list(own)).document | {"collaborative": None}
        Standing.objects.create(run=now, own_set=list(own), document=hidden)
        last = later(first, end="ls")
        assert model_card.earlier_of(last, own_set=()) == now
        assert model_card.earlier_of(last, own_set=own) is None


def own_hospital() -> int:
    with worker():
        return Hospital.objects.get(code=FIRST).pk
