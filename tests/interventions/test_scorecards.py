"""A scorecard's year: frozen before it begins, recorded, asked and decided by two people, final, released; and who reads what of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from config.example.world import run_jobs
from interventions.actions import scorecards, scores
from interventions.models import Scorecard, ScoreEntry, ScoreRequest, ScoreStanding, ScoreTotal
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.interventions.test_bright_spots import as_person, ids
from tests.interventions.test_scorecard_rules import SOURCE
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
NEXT = NOW.year + 1


def document(year=NEXT):
    return SOURCE.replace("2025", str(year - 1)).replace("2026", str(year))


def draft(year=NEXT, at=NOW):
    with machine():
        return scorecards.draft(source=document(year), by=person("staff"), at=at)


def step(row, to, *, by="lead", at=NOW):
    with as_person(by), transaction.atomic():
        return scorecards.step(code=row.code, to=to, by=person(by), at=at)


def running():
    return Scorecard.objects.get(year=2026)


def asking(**more):
    (pk,) = ids("H04")
    given = {
        "kind": "WAIVER",
        "item": "project",
        "words": "A flood.",
        "hospital_id": pk,
        "by": person("sitelead"),
        "at": NOW,
    } | more
    with as_person("sitelead"), transaction.atomic():
        return scores.ask(scorecard=running(), **given)


def deciding(row, *, by="staff", **more):
    given = {
        "grant": True,
        "share": None,
        "reason": "As shown.",
        "hospital_id": row.hospital_id,
        "request_id": row.pk,
    } | more
    with as_person(by), transaction.atomic():
        scores.decide(scorecard=running(), by=person(by), at=NOW, **given)


def own_card(hospital="H04"):
    with machine():
        return ScoreStanding.objects.get(scorecard__year=2026, hospital__code=hospital, audience="OWN").document


def test_rules_freeze_before_their_year_by_a_second_person_and_never_change(world):
    row = draft()
    with pytest.raises(Refusal, match="Somebody else"):
        step(row, "freeze", by="staff")
    with pytest.raises(Refusal, match="has begun"):
        step(row, "freeze", at=datetime(NEXT, 1, 1, tzinfo=UTC))
    step(row, "freeze")
    with pytest.raises(Refusal, match="are frozen"):
        draft()
    for change in ({"source": "x"}, {"frozen_at": None, "frozen_by": None}, {"year": NEXT + 1}, {"digest": "x"}):
        with machine(), pytest.raises(IntegrityError, match="never change"):
            Scorecard.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(Refusal, match="not over"):
        step(row, "appeals", by="staff")


def test_the_database_itself_refuses_rules_frozen_too_late_or_at_birth(world):
    row = draft()
    late = {"frozen_at": datetime(NEXT, 1, 2, tzinfo=UTC), "frozen_by": person("lead")}
    with machine(), pytest.raises(IntegrityError, match="before their year"):
        Scorecard.objects.filter(pk=row.pk).update(**late)
    with machine(), pytest.raises(IntegrityError, match="begins as a draft"):
        Scorecard.objects.create(
            code="born", registry=row.registry, year=NEXT + 3, version=1, title="x", source="x", digest="x", drafted_at=NOW,
            drafted_by=person("staff"), frozen_at=NOW, frozen_by=person("lead"),
        )  # fmt: skip


def test_what_the_centre_records_becomes_points(world):
    with as_role("cairn_worker"):
        run_jobs()  # what a meeting recorded before is counted
    before = own_card()
    with as_person("staff"), transaction.atomic():
        scores.record(
            scorecard=running(), hospital_ids=tuple(ids("H04")), item="project", on_day=NOW.date(), words="Summary", withdrawn=False,
            by=person("staff"), at=NOW,
        )  # fmt: skip
    with as_role("cairn_worker"):
        run_jobs()
    after = own_card()
    gained = {
        one["code"]: one["points"] - was["points"] for one, was in zip(after["lines"], before["lines"], strict=True)
    }
    assert gained["project"] > 0
    assert {code: value for code, value in gained.items() if code != "project" and value} == {}
    assert after["points"] + after["earnable"] + after["lost"] == pytest.approx(100, abs=1e-3)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"item": "infections"}, "not one that"),
        ({"on_day": NOW.date().replace(year=2020)}, "Give a day"),
        ({"words": " "}, "Say what"),
    ],
)
def test_a_record_is_of_a_counted_item_in_its_year_and_has_evidence(world, more, words):
    given = {"item": "project", "on_day": NOW.date(), "words": "x", "withdrawn": False} | more
    with as_person("staff"), transaction.atomic(), pytest.raises(Refusal, match=words):
        scores.record(scorecard=running(), hospital_ids=tuple(ids("H04")), by=person("staff"), at=NOW, **given)


def test_a_hospital_cannot_record_for_itself_nor_answer_itself(world):
    (pk,) = ids("H04")
    row = asking()
    with as_person("sitelead"), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ScoreEntry.objects.create(
            scorecard=running(),
            hospital_id=pk,
            item="project",
            on_day=NOW.date(),
            words="x",
            at=NOW,
            by=person("sitelead"),
        )
    with as_person("sitelead"), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ScoreRequest.objects.filter(pk=row.pk).update(
            status="GRANTED", reason="x", decided_at=NOW, decided_by=person("staff")
        )


def test_a_waiver_is_decided_once_and_gives_its_weight_to_the_rest(world):
    row = asking()
    with pytest.raises(Refusal, match="asked already"):
        asking()
    with pytest.raises(Refusal, match="together"):
        asking(item="together")
    with pytest.raises(Refusal, match="why"):
        deciding(row, reason=" ")
    deciding(row)
    with pytest.raises(Refusal, match="decided already"):
        deciding(row)
    with machine(), pytest.raises(IntegrityError, match="decided once"):
        ScoreRequest.objects.filter(pk=row.pk).update(reason="Another.")
    with as_role("cairn_worker"):
        run_jobs()
    card = own_card()
    (line,) = [one for one in card["lines"] if one["code"] == "project"]
    assert (line["state"], line["weight"]) == ("WAIVED", 0)
    assert sum(one["weight"] for one in card["lines"]) == pytest.approx(100, abs=1e-2)
    with pytest.raises(NotFound):
        deciding(row, hospital_id=ids("H07")[0])


def test_appeals_wait_for_their_window(world):
    with pytest.raises(Refusal, match="after the year"):
        asking(kind="APPEAL", item="data")


def test_who_reads_what_of_a_card(world):
    """The own hospital in full; the centre participation alone, by the weights of the rules; nobody else anything."""
    (mine,) = ids("H04")
    for name, audiences in (("sitelead", {"OWN"}), ("surgeon", {"OWN"}), ("staff", {"CENTRE"}), ("lead", {"CENTRE"})):
        with as_person(name), transaction.atomic():
            assert set(ScoreStanding.objects.filter(hospital_id=mine).values_list("audience", flat=True)) == audiences
    with as_person("sitelead2"), transaction.atomic():
        assert ScoreStanding.objects.filter(hospital_id=mine).count() == 0
        assert ScoreTotal.objects.filter(hospital_id=mine).count() == 0
        assert ScoreRequest.objects.filter(hospital_id=mine).count() == 0
    with as_person("staff"), transaction.atomic():
        for held in ScoreStanding.objects.filter(scorecard__year=2026).values_list("document", flat=True):
            assert {line["kind"] for line in held["lines"]} == {"PARTICIPATION"}
            assert held["weight"] == pytest.approx(55, abs=1e-2)
            assert set(held) == {"cohort", "lines", "weight", "points", "earnable", "lost"}


def test_the_year_ends_with_totals_that_two_people_release(world):
    """The example's older year went the whole way; its steps and totals stay as they are."""
    row = Scorecard.objects.get(year=2025)
    assert row.final_by_id != row.released_by_id
    with machine():
        totals = list(ScoreTotal.objects.filter(scorecard=row).select_related("hospital"))
        assert len(totals) == 9
        cards = {one.hospital_id: one.document for one in ScoreStanding.objects.filter(scorecard=row, audience="OWN")}
        assert all(one.total == Decimal(f"{cards[one.hospital_id]['points']:.1f}") for one in totals)
        (line,) = [one for one in cards[ids("H04")[0]]["lines"] if one["code"] == "project"]
        assert line["points"] == line["weight"]
        assert scores.finish(scorecard=row, at=NOW) == 0
    for change in ({"released_at": None, "released_by": None}, {"final_at": NOW}, {"appeals_until": NOW.date()}):
        with machine(), pytest.raises(IntegrityError, match="never change"):
            Scorecard.objects.filter(pk=row.pk).update(**change)
    with as_role("cairn_worker"), machine(), pytest.raises(IntegrityError, match="final card never changes"):
        ScoreStanding.objects.filter(scorecard=row).update(document={})
    with pytest.raises(Refusal, match="not open"), as_person("staff"), transaction.atomic():
        scores.record(
            scorecard=row,
            hospital_ids=(1,),
            item="project",
            on_day=NOW.date(),
            words="x",
            withdrawn=False,
            by=person("staff"),
            at=NOW,
        )


def test_the_released_total_alone_is_marked_as_leaving(world):
    answer = signed_in("sitelead").get("/scorecard/hospitals/H04/?year=2025").content.decode()
    assert "What leaves" in answer
    assert "and nothing else, is released for the payer" in answer
    running_page = signed_in("sitelead").get("/scorecard/?year=2026").content.decode()
    assert "What leaves" not in running_page
    assert "points to date" in running_page


def test_the_centre_page_shows_participation_and_no_performance(world):
    answer = signed_in("staff").get("/scorecard/hospitals/H04/?year=2026").content.decode()
    assert "points for taking part" in answer
    for words in ("Surgical site infections", "All hospitals together", "adjusted"):
        assert words not in answer
