"""Training and certification in a little world: who may what, step by step, and what a snapshot would take."""

from datetime import date

import pytest
import time_machine
from django.db import Error, connection, transaction

from registry.actions import cases, certifications, deliveries, reviews, training
from registry.actions.case_merge import Change
from registry.models import CaseReview, Certification, GoldCase
from registry.selectors import certifications as standings
from registry.selectors import training as training_selectors
from sites.access.policy import authority
from sites.access.roles import Role
from sites.actions import memberships
from sites.refusals import NotFound, Refusal
from tests import databases
from tests.databases import as_role
from tests.journeys import served
from tests.registry.little import NOW, WHOLE, everywhere, place

NAMES = ("case_id", "operated_on", "surgeon")


@pytest.fixture
def little(django_db_blocker):
    """A little world that asks for certification: one practice case, a trainee; everybody else came before."""
    with django_db_blocker.unblock(), databases.cloned(databases.migrated()):
        made = place().little(code="little")
        with as_role("cairn_migrator"), transaction.atomic(), everywhere():
            training.write_gold(
                registry=made.registry, title="A chart", vignette="Invented.", weights={"asa": 3.0}, tolerances={"albumin": 0.1},
                answers={name: text for name, text in WHOLE.items() if name not in NAMES},
                given={"case_id": "PRACTICE", "operated_on": WHOLE["operated_on"]}, by=None, actor="test", at=NOW,
            )  # fmt: skip
            certifications.introduce(registry=made.registry, by=None, actor="test", at=NOW, n_gold=1, n_reviewed=1)
            tia = memberships.add_person(email="tia@example.org", name="Tia Holm", password=None, by="test", at=NOW)
            made.north.refresh_from_db()
            memberships.grant(person=tia, role=Role.TRAINEE, hospital=made.north, starts_on=date(2024, 1, 1), by="test", at=NOW)
        made.people["tia"] = tia
        yield made


def run_jobs():
    """Run what waits, as the worker, on the day of the little world."""
    with time_machine.travel(NOW):
        served.run_jobs()


def stands(little, name):
    with everywhere(), transaction.atomic():
        return standings.standing(
            person_id=little.people[name].pk, hospital_id=little.north.pk, registry_id=little.registry.pk, on=NOW.date()
        )


def practise(little, **differ):
    with everywhere(), transaction.atomic():
        gold = GoldCase.objects.select_related("version").defer(*training_selectors.GOLD_KEY).get(registry=little.registry)
    with little.acting("tia") as tia:
        attempt = training.start(gold=gold, hospital=little.north, person=tia, at=NOW)
        answers = {name: text for name, text in WHOLE.items() if name not in NAMES} | differ
        changes = {name: Change(known="", new=text) for name, text in answers.items()}
        training.save(attempt_id=attempt.pk, changes=changes, reasons=(), by=tia, at=NOW)
        done = training.finish(attempt_id=attempt.pk, by=tia, at=NOW)
        assert done.score is None
    run_jobs()
    with everywhere(), transaction.atomic():
        done.refresh_from_db(fields=["score", "detail"])
    return done


def test_introducing_shuts_nobody_out_and_trains_whoever_comes(little):
    assert stands(little, "nora").evidence == certifications.TRANSITION
    assert not stands(little, "nora").needs_review
    assert not stands(little, "lena").is_asked
    assert stands(little, "tia").is_shut
    places = [(little.north.pk, little.registry.pk, "Little registry")] * 2
    with everywhere(), transaction.atomic():
        shut = {name: standings.shut_titles(person_id=little.people[name].pk, places=places, on=NOW.date()) for name in ("nora", "tia", "lena")}
    assert shut == {"nora": (), "tia": ("Little registry",), "lena": ()}
    assert authority(little.people["tia"], on=NOW.date()).scope().case_hospitals == ()
    with as_role("cairn_migrator"), transaction.atomic(), everywhere():
        little.north.refresh_from_db()
        welcomed = memberships.welcome(
            email="new@example.org", name="New", role=Role.ABSTRACTOR, hospital=little.north, surgeon_code="", by=little.people["lena"], at=NOW
        )
    assert welcomed.membership.role == "TRAINEE"


def test_a_score_knows_weights_and_tolerances(little):
    assert practise(little, albumin="3.95").score == 1.0
    done = practise(little, asa="1")
    assert done.score == pytest.approx(1 - 3 / sum(row[5] for row in done.detail))


def test_the_web_neither_reads_the_agreed_answers_nor_writes_a_score(little):
    failed = practise(little, asa="1", sex="2", smoker="1", approach="1")
    assert not any(row[3] for row in failed.detail)
    for statement in (
        "SELECT answers FROM registry_goldcase",
        "SELECT weights FROM registry_goldcase",
        "UPDATE registry_trainingattempt SET score = 1",
        "UPDATE registry_trainingattempt SET answers = '{}'",
    ):
        with pytest.raises(Error), little.acting("tia"), connection.cursor() as cursor:
            cursor.execute(statement)
    kept = "registry_id, hospital_id, person_id, gold_id, version_id, answers, reasons, revision, n_answered, opened_at, changed_at"
    forged = (
        f"INSERT INTO registry_trainingattempt (code, {kept}, status, score, detail)"
        f" SELECT 'x' || code, {kept}, 'DONE', {{}}, '[]' FROM registry_trainingattempt"
    )
    with pytest.raises(Error, match="row-level security"), little.acting("tia"), connection.cursor() as cursor:
        cursor.execute(forged.format("1"))
    with little.acting("tia"), connection.cursor() as cursor:
        cursor.execute(forged.format("NULL"))
        assert cursor.rowcount == 1
        transaction.set_rollback(True)


def test_from_trainee_to_certified_with_a_case_that_waits_for_a_colleague(little):
    assert practise(little, asa="1", sex="2", smoker="1", approach="1").score < 0.9
    assert stands(little, "tia").is_shut
    assert practise(little).score == 1.0
    assert stands(little, "tia").needs_review
    case = little.open("T-1", WHOLE, by="nora")
    with little.acting("tia") as tia:
        assert cases.submit(case_id=case.pk, by=tia, at=NOW).status == "REVIEW"
        with pytest.raises(Refusal, match="Take it back"):
            cases.save(case_id=case.pk, changes={"asa": Change(known="3", new="2")}, client_seq="1", base=1, by=tia, at=NOW)
        with pytest.raises(Refusal, match="a colleague"):
            reviews.release(case_id=case.pk, by=tia, at=NOW)
    with little.acting("nora") as nora:
        with pytest.raises(Refusal, match="waits for a colleague"):
            cases.submit(case_id=case.pk, by=nora, at=NOW)
        assert reviews.release(case_id=case.pk, by=nora, at=NOW).status == "SUBMITTED"
        with pytest.raises(NotFound):
            reviews.release(case_id=case.pk, by=nora, at=NOW)
    run_jobs()
    assert stands(little, "tia").state == "CERTIFIED"
    with everywhere(), transaction.atomic():
        history = Certification.objects.filter(person=little.people["tia"]).order_by("id").values_list("state", flat=True)
        assert list(history) == ["PROVISIONAL", "CERTIFIED"]


def test_a_certified_colleagues_delivery_closes_the_review_and_counts_as_no_release(little):
    practise(little)
    case = little.open("T-3", WHOLE, by="nora")
    with little.acting("tia") as tia:
        cases.submit(case_id=case.pk, by=tia, at=NOW)
        with pytest.raises(Refusal, match="not by file"):
            deliver(little, tia, "T-3", asa="2")
    with little.acting("nora") as nora:
        assert deliver(little, nora, "T-3", asa="2").changed == 1
    with everywhere(), transaction.atomic():
        case.refresh_from_db()
        review = CaseReview.objects.get(case=case)
        assert (case.status, review.decision, review.decided_by) == ("SUBMITTED", "RETURNED", little.people["nora"])
        assert review.words == "a certified colleague's delivery took its place"
        assert standings.n_released(person_id=little.people["tia"].pk, hospital_id=little.north.pk, registry_id=little.registry.pk) == 0


def deliver(little, person, key, **differ):
    """Send one case as a computer of the hospital does."""
    case = deliveries.Delivered(key=key, answers=WHOLE | differ, reasons={})
    return deliveries.deliver(registry=little.registry, hospital=little.north, cases=[case], change_reason="As in the chart", by=person, at=NOW)


def test_what_is_sent_back_is_a_draft_and_comes_again(little):
    practise(little)
    case = little.open("T-2", WHOLE, by="nora")
    with little.acting("tia") as tia:
        cases.submit(case_id=case.pk, by=tia, at=NOW)
    with little.acting("lena") as lena:
        with pytest.raises(Refusal, match="look at again"):
            reviews.send_back(case_id=case.pk, words=" ", by=lena, at=NOW)
        assert reviews.send_back(case_id=case.pk, words="The albumin?", by=lena, at=NOW).status == "DRAFT"
    with little.acting("tia") as tia:
        assert cases.submit(case_id=case.pk, by=tia, at=NOW).status == "REVIEW"
        assert cases.reopen(case_id=case.pk, reason="One more look", by=tia, at=NOW).status == "DRAFT"
    with everywhere(), transaction.atomic():
        assert set(CaseReview.objects.filter(case=case).values_list("decision", flat=True)) == {"RETURNED"}


def test_a_year_later_a_certification_has_lapsed(little):
    until = stands(little, "nora").until
    with everywhere(), transaction.atomic():
        later = standings.standing(
            person_id=little.people["nora"].pk, hospital_id=little.north.pk, registry_id=little.registry.pk, on=until
        )
    assert (later.state, later.since) == ("LAPSED", until)
    assert later.needs_review


def test_nobody_certifies_themselves_underneath(little):
    with pytest.raises(Error), little.acting("nora") as nora:
        Certification.objects.create(
            person=nora, hospital=little.north, registry=little.registry, state="CERTIFIED", on_day=NOW.date(), evidence="me", at=NOW
        )
