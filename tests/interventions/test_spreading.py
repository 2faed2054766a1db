"""Plans, spread, help and recognition: three at most, counts without names, names by two consents, thanks by rules declared before."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from feedback.models import Comparison, MeasureRun, SiteResult
from interventions.actions import following, plan, recognising, recognition, spread
from interventions.actions import help as helps
from interventions.impact.moved import movement
from interventions.models import (
    Adoption,
    Barrier,
    HelpOffer,
    HelpRequest,
    Priority,
    Recognition,
    RecognitionRule,
    ReportStep,
    Toolkit,
    Uptake,
)
from interventions.selectors import help as help_selectors
from interventions.selectors import plan as plan_selectors
from interventions.selectors import recognition as recognition_selectors
from interventions.selectors import spread as spread_selectors
from registry.models import Registry
from sites.refusals import NotFound, Refusal
from tests.feedback.acting import run_jobs, worker
from tests.interventions.test_bright_spots import as_person, ids
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
SOON = TODAY + timedelta(days=9)


def report():
    with machine():
        return Comparison.objects.get(status="PUBLISHED")


def choose(name="sitelead", hospital="H04", **more):
    who, (pk,) = person(name), ids(hospital)
    given = {
        "hospital_id": pk, "comparison": report(), "measure": ("ssi30", "Infection"), "watched": ("ssi30", "Infection"), "owner_id": who.pk,
        "toolkit": None, "lever": "Look at the cases", "step": "Find an hour", "due_on": SOON, "by": who, "at": NOW,
    } | more  # fmt: skip
    with as_person(name), transaction.atomic():
        return plan.choose(**given)


@pytest.mark.parametrize(
    ("after", "adverse", "moved"),
    [
        ((400, 8, 40), True, True),
        ((400, 36, 40), True, False),
        ((400, 8, 40), False, False),
        ((400, 70, 40), False, True),
    ],
)
def test_a_measure_moves_when_it_goes_the_wished_way_beyond_chance(after, adverse, moved):
    found = movement(before=[(200, 22, 20), (200, 22, 20)], after=[after], adverse=adverse)
    assert found.moved is moved
    assert found.change == pytest.approx((after[1] - after[2]) / 400 - 4 / 400)


def test_a_movement_needs_cases_on_both_sides_and_events_within_them():
    assert movement(before=[(0, 0, 0)], after=[(10, 1, 2)], adverse=True) is None
    assert movement(before=[(10, 1, 2)], after=[], adverse=True) is None
    with pytest.raises(ValueError, match="between 0 and the cases"):
        movement(before=[(10, 11, 2)], after=[(10, 1, 2)], adverse=True)


def test_a_movement_under_no_change_is_found_in_one_of_twenty():
    import numpy as np

    rng = np.random.default_rng(3)
    hits = sum(
        movement(
            before=[(300, rng.binomial(300, 0.1), 30)], after=[(300, rng.binomial(300, 0.1), 30)], adverse=True
        ).moved
        for _ in range(2000)
    )
    assert 0.035 < hits / 2000 < 0.065


def test_three_priorities_are_the_most_and_each_ends_with_a_reason(world):
    with worker():
        held = Priority.objects.filter(hospital_id=ids("H04")[0], state="OPEN").count()
    for _ in range(3 - held):
        row = choose()
    with pytest.raises(Refusal, match="Three priorities"):
        choose()
    reach = tuple(ids("H04"))
    with as_person("sitelead"), transaction.atomic():
        with pytest.raises(Refusal, match="learnt"):
            plan.end(code=row.code, hospital_ids=reach, state="DONE", reason=" ", by=person("sitelead"), at=NOW)
        plan.end(code=row.code, hospital_ids=reach, state="STOPPED", reason="No time", by=person("sitelead"), at=NOW)
        with pytest.raises(Refusal, match="has ended"):
            plan.note(code=row.code, hospital_ids=reach, words="x", due_on=None, by=person("sitelead"), at=NOW)
    assert choose().place == row.place
    with as_person("sitelead"), transaction.atomic(), pytest.raises(IntegrityError, match="priority_place_once"):
        Priority.objects.filter(pk=row.pk).update(state="OPEN", ended_on=None, reason="")
    with as_person("sitelead"), transaction.atomic(), pytest.raises(IntegrityError, match="never changes"):
        Priority.objects.filter(code=row.code).update(lever="Something else")


def test_a_priority_is_the_hospitals_alone_and_its_owner_one_of_its_people(world):
    with pytest.raises(Refusal, match="your hospital"):
        choose(owner_id=person("sitelead2").pk)
    row = choose()
    for name in ("sitelead2", "staff", "lead", "analyst"):
        with as_person(name), transaction.atomic():
            assert Priority.objects.filter(pk=row.pk).count() == 0
    with as_person("sitelead2"), transaction.atomic(), pytest.raises(NotFound):
        plan.note(code=row.code, hospital_ids=tuple(ids("H07")), words="x", due_on=None, by=person("sitelead2"), at=NOW)
    other = signed_in("sitelead2")
    assert other.get(f"/learn/plans/{row.code}/").status_code == 404
    assert b"Look at the cases" in signed_in("surgeon").get(f"/learn/plans/{row.code}/").content


def test_opening_a_report_is_kept_once_without_the_reader_and_counted_for_the_centre(world):
    before = counted()
    client = signed_in("sitelead")
    for cases in ("0", "1", "1"):
        assert client.post("/panels/plan/colorectal/ssi30/", {"cases": cases}).status_code == 200
    with worker():
        rows = ReportStep.objects.filter(hospital_id=ids("H04")[0], measure_code="ssi30")
        assert sorted(rows.values_list("kind", "by")) == [("DRILLED", None), ("OPENED", None)]
    assert client.post(f"/learn/reports/{report().code}/acknowledge/").status_code == 302
    after = counted()
    assert after.delivered == before.delivered == 9
    assert after.acting == 2
    assert after.opened >= after.drilled >= 1
    for name in ("sitelead", "surgeon"):
        with as_person(name), transaction.atomic():
            assert plan_selectors.cycle() == []
    assert b"Where reports get stuck" in signed_in("staff").get("/learn/plans/").content
    assert b"Where reports get stuck" not in client.get("/learn/plans/").content


def counted():
    with as_person("staff"), transaction.atomic():
        return plan_selectors.cycle()[0]


def test_what_is_watched_is_found_moved_by_the_next_report(world):
    first = report()
    row = choose(watched=("ssi30", "Infection"))
    with worker():
        run = MeasureRun.objects.get(comparison=first, measure__code="ssi30")
        held = SiteResult.objects.get(run=run, hospital_id=row.hospital_id)
        better = {"period": "next", "n": 300, "observed": 0, "expected": 30.0}
        newer = Comparison.objects.create(
            code="NEWER", registry=first.registry, snapshot_ids=first.snapshot_ids, label="Next", status="PUBLISHED", requested_at=NOW,
            published_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        made = MeasureRun.objects.create(comparison=newer, measure=run.measure, summary=run.summary, digest="0" * 64)
        SiteResult.objects.create(
            run=made, hospital_id=row.hospital_id, document=held.document | {"trend": [*held.document["trend"], better]}
        )
        n = following.follow(comparison=newer, at=NOW)
        assert n >= 1
        assert following.follow(comparison=newer, at=NOW) == 0
        (kept,) = ReportStep.objects.filter(kind="MOVED", hospital_id=row.hospital_id, comparison=first)
        assert kept.by is None
    page = signed_in("sitelead").get(f"/learn/plans/{row.code}/").content.decode()
    assert "That does not say why" in page
    reports = signed_in("staff").get("/learn/plans/").context["cycle"]
    told = {one.label: counts[-1][1] for one, counts, _ in reports if one.registry == first.registry.title}
    assert told == {"Next": "–", first.label: 1}, "what a later report has not told is not nought"


def test_a_hospital_reads_its_own_row_and_counts_of_three_and_more(shared_world):
    with machine():
        kit = Toolkit.objects.get(code="bundle")
    with as_person("staff"), transaction.atomic():
        everything = spread_selectors.cells(toolkit_id=kit.pk)
    begun = {cell.hospital_id for cell in everything if cell.state(TODAY) == "running"}
    assert len({cell.hospital_id for cell in everything}) == 9
    assert len(begun) == 3
    with as_person("sitelead"), transaction.atomic():
        assert {cell.hospital_id for cell in spread_selectors.cells()} == set(ids("H04"))
        assert {one.n for one in spread_selectors.counts(toolkit_id=kit.pk, on=TODAY)} == {3}
        with pytest.raises(ProgrammingError, match="permission denied"):
            spread_selectors._asked("SELECT * FROM cairn_uptake_all()")
    # One of the three looks at the other two: fewer than three, no number.
    with as_person("sitelead2"), transaction.atomic():
        assert spread_selectors.counts(toolkit_id=kit.pk, on=TODAY) == []
    said = signed_in("sitelead").get("/learn/spread/bundle/").content.decode()
    assert "3 other hospitals" in said
    assert "fewer than 3" in signed_in("sitelead2").get("/learn/spread/").content.decode()


def test_why_others_do_not_begin_is_a_count_of_three_and_more(shared_world):
    with machine():
        kit = Toolkit.objects.get(code="bundle")
    with as_person("sitelead"), transaction.atomic():
        assert spread_selectors.reasons(toolkit_id=kit.pk) == [("STAFF", 3)]
    words = signed_in("sitelead").get("/learn/spread/bundle/").content.decode()
    assert "Two nurses short" not in words
    staff = signed_in("staff").get("/learn/spread/bundle/").content.decode()
    assert "Two nurses short" in staff
    assert "Two nurses short" not in signed_in("analyst").get("/learn/spread/bundle/").content.decode()


def test_a_component_stopped_or_put_off_says_why_and_an_adoption_overtakes_it(world):
    with machine():
        kit = Toolkit.objects.get(code="bundle")
        words = kit.versions.order_by("-number").first().components[0]
    (pk,) = ids("H04")
    common = {"toolkit": kit, "hospital_id": pk, "component": words, "by": person("sitelead"), "at": NOW, "words": ""}
    with as_person("sitelead"), transaction.atomic():
        with pytest.raises(Refusal, match="in the way"):
            spread.say(kind="DECLINES", on_day=TODAY, hindrance="", **common)
        with pytest.raises(Refusal, match="no such"):
            spread.say(kind="DECLINES", on_day=TODAY, hindrance="MONEY", **(common | {"component": "x"}))
        spread.say(kind="DECLINES", on_day=TODAY, hindrance="MONEY", **common)
        assert spread_selectors.cells(toolkit_id=kit.pk)[0].state(TODAY) == "declined"
        version = kit.versions.order_by("-number").first()
        Adoption.objects.create(
            code="LATER", version=version, toolkit=kit, hospital_id=pk, starts_on=SOON, measure_code="ssi30", window=4,
            registered_at=NOW + timedelta(minutes=1), registered_by=person("sitelead"),
        )  # fmt: skip
        assert {cell.state(TODAY) for cell in spread_selectors.cells(toolkit_id=kit.pk)} == {"ahead"}
        assert Uptake.objects.filter(hospital_id=pk).count() == 1


def sides(name):
    with as_person(name), transaction.atomic():
        return {(one.side, one.agreed, one.peer) for one in help_selectors.introductions().values()}


def test_two_hospitals_learn_their_names_only_while_both_agree(world):
    """H07 asked about want of staff; H02 and H05 overcame it and were asked; H02 agreed."""
    with worker():
        request = HelpRequest.objects.get(way="PEER")
        offer = HelpOffer.objects.get(state="AGREED")
        helper, asker = offer.hospital, request.hospital
    assert sides("sitelead2") == {("ASKER", True, None), ("ASKER", False, None)}
    with as_person("sitelead2"), transaction.atomic():
        assert HelpOffer.objects.count() == 0
    page = signed_in("sitelead2").get("/learn/help/").content.decode()
    assert "a hospital agreed to help" in page
    assert helper.name not in page

    def answered(state):
        with as_person("sitelead2"), transaction.atomic():
            helps.answer_request(
                code=request.code,
                hospital_ids=(asker.pk,),
                state=state,
                contact="Kim, by mail",
                by=person("sitelead2"),
                at=NOW,
            )

    answered("AGREED")
    assert ("ASKER", True, helper.name) in sides("sitelead2")
    email = f"sitelead-{helper.code.lower()}"
    assert sides(email) == {("HELPER", True, asker.name)}
    for name in ("sitelead", "staff", "lead"):
        assert sides(name) == set()
    answered("WITHDRAWN")
    assert not any(peer for _, _, peer in sides("sitelead2") | sides(email))
    with pytest.raises(Refusal, match="cannot follow"):
        answered("AGREED")


def test_the_asked_hospital_takes_its_consent_back_at_once(world):
    with worker():
        request, offer = (
            HelpRequest.objects.get(way="PEER"),
            HelpOffer.objects.select_related("hospital").get(state="AGREED"),
        )
    with as_person("sitelead2"), transaction.atomic():
        helps.answer_request(
            code=request.code,
            hospital_ids=(request.hospital_id,),
            state="AGREED",
            contact="Kim",
            by=person("sitelead2"),
            at=NOW,
        )
    who = person(f"sitelead-{offer.hospital.code.lower()}")
    with as_person(f"sitelead-{offer.hospital.code.lower()}"), transaction.atomic():
        helps.answer_offer(
            code=offer.code, hospital_ids=(offer.hospital_id,), state="WITHDRAWN", contact="", by=who, at=NOW
        )
    assert not any(peer for _, _, peer in sides("sitelead2"))
    with worker():
        assert HelpOffer.objects.get(pk=offer.pk).contact == ""


def test_the_centre_introduces_the_one_it_chooses_after_both_sides_agreed(world):
    """H07 leaves the choice to the centre; H02 and H05 overcame it. Nobody reads a name before both sides agreed."""
    with worker():
        adoption = Adoption.objects.select_related("hospital").get(toolkit__code="bundle", hospital__code="H07")
    with as_person("sitelead2"), transaction.atomic():
        made = helps.ask(adoption=adoption, hindrance="STAFF", way="CHOSEN", question="Who packs?", by=person("sitelead2"), at=NOW)
    run_jobs()
    staff = signed_in("staff")
    with worker():
        offers = list(HelpOffer.objects.filter(request=made).select_related("hospital").order_by("hospital__code"))
    assert [offer.way for offer in offers] == ["CHOSEN", "CHOSEN"]

    def waits():
        return "Introduce " in staff.get("/learn/help/").content.decode()

    for offer in offers:
        name = f"sitelead-{offer.hospital.code.lower()}"
        assert "The coordinating centre chooses among those that agree" in signed_in(name).get("/learn/help/").content.decode()
        with as_person(name), transaction.atomic():
            helps.answer_offer(code=offer.code, hospital_ids=(offer.hospital_id,), state="AGREED", contact="Ruth", by=person(name), at=NOW)
        assert not waits(), "the asking side has not agreed yet"
        choose = staff.post(f"/learn/help/choose/{made.code}/", {"offer": offer.code})
        assert choose.status_code == 404
    with as_person("sitelead2"), transaction.atomic():
        helps.answer_request(
            code=made.code, hospital_ids=(made.hospital_id,), state="AGREED", contact="Kim", by=person("sitelead2"), at=NOW
        )
    page = staff.get("/learn/help/").content.decode()
    assert all(f"Introduce {offer.hospital.name}" in page for offer in offers)
    names = {offer.hospital.name for offer in offers}
    assert not names & {peer for _, _, peer in sides("sitelead2")}, "the centre has not chosen yet"
    for name in ("sitelead", "sitelead2", "analyst"):
        assert signed_in(name).post(f"/learn/help/choose/{made.code}/", {"offer": offers[1].code}).status_code == 403
    assert staff.post(f"/learn/help/choose/{made.code}/", {"offer": offers[1].code}).status_code == 302
    assert names & {peer for _, _, peer in sides("sitelead2")} == {offers[1].hospital.name}
    asker = adoption.hospital.name
    assert ("HELPER", True, asker) in sides(f"sitelead-{offers[1].hospital.code.lower()}")
    assert ("HELPER", True, asker) not in sides(f"sitelead-{offers[0].hospital.code.lower()}")
    assert not waits()
    assert staff.post(f"/learn/help/choose/{made.code}/", {"offer": offers[1].code}).status_code == 400
    with as_person(f"sitelead-{offers[1].hospital.code.lower()}"), transaction.atomic():
        who = person(f"sitelead-{offers[1].hospital.code.lower()}")
        helps.answer_offer(code=offers[1].code, hospital_ids=(offers[1].hospital_id,), state="WITHDRAWN", contact="", by=who, at=NOW)
    assert not names & {peer for _, _, peer in sides("sitelead2")}
    assert waits(), "the other one can still be introduced"


def test_nobody_is_asked_who_did_not_say_that_it_may_be(world):
    with worker():
        adoption = Adoption.objects.get(toolkit__code="bundle", hospital__code="H07")
    with as_person("sitelead2"), transaction.atomic():
        with pytest.raises(Refusal, match="asked for this already"):
            helps.ask(adoption=adoption, hindrance="STAFF", way="PEER", question="", by=person("sitelead2"), at=NOW)
        with pytest.raises(Refusal, match="overcame"):
            helps.pick(
                adoption=adoption,
                hindrance="MONEY",
                solved=False,
                may_be_asked=True,
                words="",
                by=person("sitelead2"),
                at=NOW,
            )
        made = helps.ask(adoption=adoption, hindrance="MONEY", way="PEER", question="", by=person("sitelead2"), at=NOW)
    run_jobs()
    with worker():
        assert HelpOffer.objects.filter(request=made).count() == 0
        assert Barrier.objects.filter(hindrance="STAFF", may_be_asked=True).count() == 2


def test_the_centre_answers_who_asked_for_a_call(world):
    staff = signed_in("staff")
    page = staff.get("/learn/help/").content.decode()
    assert "How did others win their surgeons over?" in page
    assert "Who hands out the bags" not in page
    with worker():
        call, peer = HelpRequest.objects.get(way="CALL"), HelpRequest.objects.get(way="PEER")
    assert staff.post(f"/learn/help/settle/{peer.code}/", {"answer": "x"}).status_code == 404
    assert staff.post(f"/learn/help/settle/{call.code}/", {"answer": "Called on Monday."}).status_code == 302
    assert "Called on Monday." in signed_in("sitelead2").get("/learn/help/").content.decode()


def test_a_rule_of_recognition_is_declared_before_it_counts(world):
    with machine():
        registry = Registry.objects.get(code="colorectal")
    common = {
        "registry": registry,
        "title": "T",
        "measure_code": "",
        "threshold": None,
        "by": person("staff"),
        "at": NOW,
    }
    with as_person("staff"), transaction.atomic():
        with pytest.raises(Refusal, match="after today"):
            recognition.declare(kind="MENTOR", counts_from=TODAY, **common)
        with pytest.raises(Refusal, match="Name a measure"):
            recognition.declare(kind="MOST_IMPROVED", counts_from=SOON, **common)
        with pytest.raises(Refusal, match="threshold"):
            recognition.declare(kind="ABSTRACTORS", counts_from=SOON, **common)
        made = recognition.declare(kind="MENTOR", counts_from=SOON, **common)
    with as_person("staff"), transaction.atomic(), pytest.raises(IntegrityError, match="before it counts"):
        RecognitionRule.objects.create(
            code="X",
            registry=registry,
            kind="MENTOR",
            title="T",
            counts_from=TODAY,
            declared_at=NOW,
            declared_by=person("staff"),
        )
    with worker():
        assert recognising.recognise(comparison=report(), at=NOW) == 0
        assert not Recognition.objects.filter(rule=made).exists()


def test_what_a_hospital_earned_is_its_own_until_it_consents(world):
    with worker():
        rows = list(Recognition.objects.filter(rule__kind="FIRST_ADOPTER").select_related("hospital"))
    assert {row.hospital.code for row in rows} >= {"H02", "H05", "H07"}
    own = next(row for row in rows if row.hospital.code == "H07")
    for name in ("sitelead", "staff", "lead"):
        with as_person(name), transaction.atomic():
            assert Recognition.objects.filter(pk=own.pk).count() == 0
            assert recognition_selectors.shown(on=TODAY) == []
    assert (
        own.hospital.name in signed_in("sitelead2").get(f"/learn/recognition/{own.code}/certificate/").content.decode()
    )
    assert signed_in("sitelead").get(f"/learn/recognition/{own.code}/certificate/").status_code == 404
    for row in rows:
        if row.hospital.code in {"H02", "H05", "H07"}:
            show(row)
    with as_person("sitelead"), transaction.atomic():
        shown = recognition_selectors.shown(on=TODAY)
        assert own.hospital.name in {one.hospital for one in shown}
        assert [one.hospital for one in shown] == sorted(one.hospital for one in shown)
        assert recognition_selectors.shown(on=SOON) == []
    with as_person("sitelead2"), transaction.atomic():
        recognition.answer(
            code=own.code,
            hospital_ids=(own.hospital_id,),
            state="KEPT",
            shown_until=None,
            by=person("sitelead2"),
            at=NOW,
        )
    with as_person("sitelead"), transaction.atomic():
        assert own.hospital.name not in {one.hospital for one in recognition_selectors.shown(on=TODAY)}


def show(row):
    with worker():
        recognition.answer(
            code=row.code,
            hospital_ids=(row.hospital_id,),
            state="SHOWN",
            shown_until=SOON - timedelta(days=1),
            by=person("staff"),
            at=NOW,
        )


def test_nobody_is_shown_where_fewer_than_five_would_stay_unnamed(world):
    with worker():
        rule = RecognitionRule.objects.first()
        for pk in (
            SiteResult.objects.filter(run__comparison=report()).values_list("hospital_id", flat=True).distinct()[:5]
        ):
            Recognition.objects.get_or_create(
                rule=rule, hospital_id=pk, comparison=report(), defaults={"code": f"R{pk}", "sentence": "x", "at": NOW}
            )
    with worker():
        rows = list(Recognition.objects.filter(rule=rule))
    for row in rows[:5]:
        show(row)
    with as_person("sitelead"), transaction.atomic():
        assert recognition_selectors.shown(on=TODAY) == []


def test_together_all_earn_it_or_nobody_does(shared_world):
    with worker():
        run = MeasureRun.objects.get(comparison=report(), measure__code="ssi30")
        rule = RecognitionRule(
            registry=report().registry, kind="TOGETHER", measure_code="ssi30", threshold=run.summary["rate"] + 0.001
        )
        earned = recognising._together(rule, report(), [])
        assert set(earned) == {
            pk for pk, n in SiteResult.objects.filter(run=run).values_list("hospital_id", "document__n") if n >= 20
        }
        rule.threshold = run.summary["rate"] - 0.001
        assert recognising._together(rule, report(), []) == {}


def test_home_says_what_to_do_next(shared_world):
    words = signed_in("sitelead").get("/panels/learn/").content.decode()
    assert "Find an hour with both wards." in words
    words = signed_in("sitelead2").get("/panels/learn/").content.decode()
    assert "agreed to help" in words
    assert "Your hospital earned" in words
    assert "agreed to help" not in signed_in("surgeon").get("/panels/learn/").content.decode()
    assert signed_in("staff").get("/panels/learn/").status_code == 403
