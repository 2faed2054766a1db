"""Elements of care, tested inside the registry: stored once, without any hospital, signed step by step; and what is shown beside a verdict."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback.models import Comparison
from feedback.scored import Scored
from feedback.statistics.refusal import ComparisonRefusal
from interventions.actions import beside, element_tests, elements
from interventions.impact.panel import Panel
from interventions.models import ElementStep, ElementTest, Impact, TestableElement, Toolkit
from interventions.selectors import elements as selectors
from registry.actions import dictionaries as dictionary_actions
from registry.dictionary.checks import check_case
from registry.dictionary.diff import diff
from registry.dictionary.elements import FieldType, Role
from registry.models import DictionaryVersion, Registry
from registry.selectors import dictionaries
from sites.models import Hospital
from sites.refusals import Refusal
from tests.feedback.acting import run_jobs, worker
from tests.interventions.test_bright_spots import as_person
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()


def write(code="gloves", *, done_when="[antibiotic] = '1'", ends_on=None, measure_code="ssi30", **more):
    with machine():
        return elements.write(
            registry=Registry.objects.get(code="colorectal"), code=code, title="New gloves", measure_code=measure_code, done_when=done_when,
            ends_on=ends_on, practice_id=None, by=person("staff"), at=NOW, **more,
        )  # fmt: skip


def without_a_draft():
    """Throw the little collaborative's draft of its dictionary away: an added element drafts another."""
    with machine():
        for row in DictionaryVersion.objects.filter(registry__code="colorectal", status="DRAFT"):
            dictionary_actions.discard(version=row, by=person("staff"), at=NOW)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"done_when": "[antibiotic = '1'"}, "cannot be read"),
        ({"done_when": "1 = 1"}, "at least one element"),
        ({"done_when": "[nothing] = '1'"}, "no element “nothing”"),
        ({"done_when": "[antibiotic] = '1' and [nothing] = '1'", "ends_on": TODAY + timedelta(days=9)}, "no element"),
        ({"ends_on": TODAY}, "in the future"),
        ({"measure_code": "nothing"}, "no such measure"),
        ({"code": "oral-antibiotics"}, "already"),
    ],
)
def test_an_element_can_be_read_from_a_case(world, more, words):
    with pytest.raises(Refusal, match=words):
        write(**more)


def test_an_element_may_be_added_for_a_while_and_never_changes(world):
    without_a_draft()
    made = write(done_when="[double_gloves] = '1'", ends_on=TODAY + timedelta(days=90))
    assert (made.element, made.added) == ("double_gloves", True)
    with machine(), pytest.raises(IntegrityError, match="never changes"):
        TestableElement.objects.filter(pk=made.pk).update(done_when="[antibiotic] = '1'")


def test_an_added_element_drafts_the_dictionary_that_asks_it_until_its_day(world):
    until = TODAY + timedelta(days=90)
    registry = Registry.objects.get(code="colorectal")
    without_a_draft()
    with machine():
        before = dictionaries.load(dictionaries.latest(registry))
    write(done_when="[double_gloves] = '1'", ends_on=until)
    with machine():
        drafted = DictionaryVersion.objects.get(registry=registry, status="DRAFT")
        after = dictionaries.load(drafted)
        found = diff(before, after)
    assert [one.name for one in after.elements if not before.has_element(one.name)] == ["double_gloves"]
    assert [one.cells for one in after.elements if one.name != "double_gloves"] == [one.cells for one in before.elements]
    added = after.element("double_gloves")
    assert (added.type, added.label) == (FieldType.YESNO, "New gloves")
    day = after.role(Role.OCCURRED_ON).name
    for on, asked in ((until, True), (until + timedelta(days=1), False)):
        answers = {day: on.isoformat(), "double_gloves": "1"}
        hidden = [one for one in check_case(after, answers, today=on) if one.code == "branching" and one.element == "double_gloves"]
        assert (not hidden) == asked
    assert found is not None
    page = signed_in("staff").get(f"/dictionaries/colorectal/{drafted.number}/")
    assert page.status_code == 200
    assert "double_gloves" in page.content.decode()
    with pytest.raises(Refusal, match="draft of the dictionary waits"):
        write("other", done_when="[warm_blanket] = '1'", ends_on=until)
    with machine():
        dictionary_actions.discard(version=drafted, by=person("staff"), at=NOW)
    with pytest.raises(Refusal, match="cannot be added"):
        write("third", done_when="[_x] = '1'", ends_on=until)


def test_tests_are_stored_once_without_any_hospital(world):
    with worker():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first()
        before = ElementTest.objects.count()
        assert before >= 7
        assert element_tests.examine(comparison=comparison, at=NOW) == 0
        text = str(list(ElementTest.objects.values_list("document", "refusal")))
        assert not any(hospital.code in text or hospital.name in text for hospital in Hospital.objects.all())
        tested = ElementTest.objects.filter(element__code="oral-antibiotics").get()
    assert tested.document["hospitals"] == 9
    assert tested.document["varies"]["low"] is None, "ends of nine hospitals would nearly be two of them"
    assert tested.document["within"]["lower"] < tested.document["within"]["odds_ratio"] < tested.document["within"]["upper"]


def test_only_a_job_writes_a_test(world):
    for name in ("sitelead", "staff"):
        with as_person(name), transaction.atomic(), pytest.raises(Exception, match="permission denied"):
            ElementTest.objects.all().update(refusal=[])


def test_an_element_that_nobody_collects_yet_is_refused_in_words(world):
    without_a_draft()
    write(done_when="[double_gloves] = '1'", ends_on=TODAY + timedelta(days=90))
    staff = signed_in("staff")
    with machine():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first().code
    assert staff.post("/learn/elements/test/", {"comparison": comparison}).status_code == 302
    run_jobs()
    page = staff.get("/learn/elements/gloves/").content.decode()
    assert "It cannot be tested." in page
    assert "added to the dictionary until" in page


def result(element, *, within, document=None):
    """Keep a test with a given odds ratio within hospitals, as a job would."""
    effect = {"odds_ratio": within[0], "lower": within[1], "upper": within[2], "p": 0.01}
    held = {"within": effect, "between": {"odds_ratio": 1.0, "lower": 0.5, "upper": 2.0, "p": 0.9}}
    with worker():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first()
        return ElementTest.objects.create(
            registry=element.registry, comparison=comparison, measure_code="ssi30", element=element, digest=f"x{ElementTest.objects.count()}",
            document=held | (document or {}), at=NOW,
        )  # fmt: skip


def test_each_step_is_signed_and_needs_a_stored_result(world):
    made = write()

    def step(to, reason="As read."):
        with machine():
            elements.step(element=TestableElement.objects.get(pk=made.pk), to=to, reason=reason, by=person("lead"), at=NOW)

    with pytest.raises(Refusal, match="test it first"):
        step("ASSOCIATED")
    result(made, within=(0.9, 0.7, 1.2))
    with pytest.raises(Refusal, match="test it first"):
        step("ASSOCIATED")
    result(made, within=(0.7, 0.6, 0.8))
    with pytest.raises(Refusal, match="why"):
        step("ASSOCIATED", " ")
    step("ASSOCIATED")
    with pytest.raises(Refusal, match="assessed"):
        step("TESTED")
    with machine():
        toolkit = Toolkit.objects.get(code="bundle")
        elements.ask_of(toolkit=toolkit, element=made, by=person("staff"), at=NOW)
        with pytest.raises(Refusal, match="already"):
            elements.ask_of(toolkit=toolkit, element=made, by=person("staff"), at=NOW)
    with worker():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first()
        Impact.objects.create(toolkit=toolkit, comparison=comparison, digest="y", document={"verdict": "NO_SIGN", "sentences": ["No sign."]}, at=NOW)
    for state in ("TESTED", "PROMOTED", "RETIRED"):
        step(state)
    with pytest.raises(Refusal, match="step by step"):
        step("ANECDOTE")
    with machine():
        assert [row.now for row in ElementStep.objects.filter(element=made).order_by("pk")] == ["ASSOCIATED", "TESTED", "PROMOTED", "RETIRED"]


def test_the_page_says_association_and_never_cause(shared_world):
    client = signed_in("abstractor")
    page = client.get("/learn/elements/oral-antibiotics/").content.decode()
    assert "An association" in page or "No clear association" in page
    assert "not a cause" in page
    assert "The same as a table" in page
    assert "Sign a step" not in page
    for path in ("/learn/elements/", "/learn/elements/oral-antibiotics/", "/learn/toolkits/bundle/", "/learn/practices/"):
        words = client.get(path).content.decode().lower()
        assert " since " not in words, path
        assert " because " not in words, path


def test_a_dose_is_shown_only_where_five_hospitals_share_it():
    assert element_tests._may_be_shown(np.repeat(np.arange(5), 4))
    assert not element_tests._may_be_shown(np.repeat(np.arange(4), 9)), "four hospitals"
    assert not element_tests._may_be_shown(np.arange(10)), "ten cases"
    assert not element_tests._may_be_shown(np.concatenate([np.zeros(30), np.arange(1, 6)])), "one hospital has most of them"


def cases(n=3000, *, hospitals=12, effect=-0.6, seed=1):
    """Return counted cases with one element each, and what it does to the log-odds of the event."""
    random = np.random.default_rng(seed)
    site, done = random.integers(0, hospitals, n), random.random(n) < 0.5
    odds = np.exp(np.log(0.1 / 0.9) + effect * done)
    happened = (random.random(n) < odds / (1 + odds)).astype(float)
    blank = np.zeros(n)
    period = random.integers(0, 12, n)
    scored = Scored(site=site, surgeon=blank, period=period, key=np.arange(n), day=blank, outcome=happened, risks=(np.full(n, 0.08),))
    return scored, done


def test_what_is_planted_is_found_and_the_ends_are_shown_from_ten_hospitals_on():
    scored, done = cases()
    known = np.ones(len(done), bool)
    known[:60] = False
    found = element_tests._alone(element_tests.Judged(cases=scored, done={"x": done}, known={"x": known}), "x")
    assert found["within"]["lower"] < np.exp(-0.6) < found["within"]["upper"]
    assert found["unknown"] == 0.02
    assert 0 < found["varies"]["low"] < found["varies"]["high"] < 1
    with pytest.raises(ComparisonRefusal, match="same in this element"):
        element_tests._alone(element_tests.Judged(cases=scored, done={"x": known | True}, known={"x": known}), "x")


def test_what_is_done_is_assessed_like_an_outcome():
    """Six of twelve hospitals start in period 6 and do it in 30 more of a hundred cases."""
    random = np.random.default_rng(3)
    site, period = (grid.ravel() for grid in np.meshgrid(np.arange(12), np.arange(12), indexing="ij"))
    site, period = np.repeat(site, 40), np.repeat(period, 40)
    done = random.random(site.size) < np.where((site < 6) & (period >= 6), 0.7, 0.4)
    blank = np.zeros(site.size)
    scored = Scored(site=site, surgeon=blank, period=period, key=blank, day=blank, outcome=blank, risks=(np.full(site.size, 0.1),))
    made = beside._done(scored, done, np.ones(site.size, bool))

    def table(values):
        return np.bincount(site * 12 + period, weights=values, minlength=144).reshape(12, 12)

    start = np.where(np.arange(12) < 6, 6, -1)
    panel = Panel(cases=table(np.ones(site.size)), observed=table(made.outcome), expected=table(made.risks[0]), start=start, offered=4)
    found = beside._one(panel, adverse=False, seed=1)
    assert found["moved"]
    assert found["effect"]["lower"] < 0.3 < found["effect"]["upper"]


def test_bundles_are_those_declared_and_those_a_toolkit_asks_for(shared_world):
    with machine():
        (together,) = selectors.bundles(registry_id=Registry.objects.get(code="colorectal").pk, measure_code="ssi30")
        _, of_toolkit = selectors.of_toolkit(Toolkit.objects.get(code="bundle"))
    assert together.bundle == "Six elements of the bundle"
    assert len(together.document["elements"]) == 6
    assert len(of_toolkit.document["elements"]) == 3
