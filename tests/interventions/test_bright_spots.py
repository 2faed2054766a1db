"""From a search to a named hospital: without names before the invitation, by consent after it, and never fewer than five unnamed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from feedback.models import Comparison
from interventions.actions import exemplars, requests, searches
from interventions.models import Candidate, Exemplar, ExemplarStep, Search
from interventions.selectors import bright_spots
from registry.models import ReportingPeriod
from sites.access import policy
from sites.access.scope import bound
from sites.models import AuditEvent, Hospital
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.feedback.acting import run_jobs, worker
from tests.house.universe import invited_hospitals
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
SOON = TODAY + timedelta(days=90)


def ids(*codes):
    with machine():
        return [pk for code in codes for pk in [Hospital.objects.get(code=code).pk]]


def as_person(name):
    return bound(policy.authority(person(name), on=NOW.date()).scope())


def invite(*codes):
    return invited_hospitals(ids(*codes))


def accept(code, hospital_id, *, audience="COLLABORATIVE", until=SOON, state="ACCEPTED"):
    with machine():
        return exemplars.answer(
            code=code, hospital_ids=(hospital_id,), state=state, audience=audience, expires_on=until, contact="Ruth", practice="New gloves.",
            by=person("sitelead"), at=NOW,
        )  # fmt: skip


def named(name="abstractor2", on=TODAY):
    with as_person(name), transaction.atomic():
        return {one.hospital for one in bright_spots.named(on=on)}


def test_a_search_is_stored_once_for_the_same_inputs(world):
    with worker():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first()
        known = Search.objects.get(comparison=comparison)
        assert searches.search(comparison=comparison, by=None, at=NOW).pk == known.pk
        assert Candidate.objects.filter(search=known, measure_code="ssi30").count() == 9


def test_what_the_centre_reads_of_a_search_holds_no_hospital_and_no_count(world):
    with worker():
        document = Search.objects.get().document
        hospitals = list(Hospital.objects.all())
    text = str(document)
    assert not any(hospital.code in text or hospital.name in text for hospital in hospitals)
    assert set(document["passed"][0]) == {"measure", "label", "words", "gated", "odds_ratio", "lower", "upper", "probability_false"}
    reasons = {words for one in document["passed"] for words in one["words"]}
    assert "No second reading of its cases in these periods." in reasons


def test_two_measures_of_one_hospital_cannot_be_put_together(world):
    with worker():
        rows = list(Candidate.objects.values_list("measure_code", "hospital_id", "label"))
        places = [one["label"] for one in Search.objects.get().document["passed"] if one["measure"] == "ssi30"]
    of = {measure: {label: hospital for code, hospital, label in rows if code == measure} for measure, _, _ in rows}
    assert len(of) > 2
    for known in of.values():
        assert set(known) == {f"No. {number}" for number in range(1, 10)}
    assert len({tuple(sorted(known.items())) for known in of.values()}) == len(of), "numbers are dealt for each measure"
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["sitelead", "staff", "lead"])
def test_no_person_reaches_whose_label_it_is(world, name):
    with as_person(name), transaction.atomic(), pytest.raises(ProgrammingError, match="permission denied"):
        Candidate.objects.count()


@pytest.mark.parametrize(("name", "n"), [("sitelead", 0), ("surgeon", 0), ("staff", 1), ("analyst", 1)])
def test_a_search_is_the_centres(world, name, n):
    with as_person(name), transaction.atomic():
        assert Search.objects.count() == n


def test_an_invitation_is_read_by_its_hospital_and_the_centre_alone(world):
    invite("H04", "H07")
    for name, expected in (("sitelead", 1), ("abstractor2", 1), ("staff", 2)):
        with as_person(name), transaction.atomic():
            assert Exemplar.objects.count() == expected
            assert ExemplarStep.objects.count() == expected
    with machine():
        assert AuditEvent.objects.filter(action="invite hospital", hospital_id__in=ids("H04")).count() == 1


def test_only_a_nominee_can_be_invited(world):
    with worker():
        row = Search.objects.get()
        passed = row.document["passed"][0]
        with pytest.raises(Refusal, match="does not nominate"):
            requests.invite(search=row, label=passed["label"], measure_code=passed["measure"], by=person("staff"), at=NOW)


def test_a_nominee_is_invited_by_its_label_once(world, monkeypatch):
    with worker():
        row = Search.objects.get()
        one = Candidate.objects.filter(search=row, measure_code="ssi30").first()
        row.document["nominations"] = [{"label": one.label, "measure": "ssi30"}]
        for _ in range(2):
            requests.invite(search=row, label=one.label, measure_code="ssi30", by=person("staff"), at=NOW)
    run_jobs()
    with worker():
        assert [e.hospital_id for e in Exemplar.objects.all()] == [one.hospital_id]


def test_a_name_is_read_by_others_only_while_consent_holds(world):
    (code,) = invite("H04").values()
    (first,) = ids("H04")
    assert named() == set()
    accept(code, first)
    assert len(named()) == 1
    assert named(on=NOW.date() + timedelta(days=90)) == set()
    accept(code, first, audience="CENTRE")
    assert named() == set()
    accept(code, first)
    accept(code, first, state="WITHDRAWN")
    assert named() == set()
    with machine():
        row = Exemplar.objects.get(code=code)
        assert (row.contact, row.practice, row.audience, row.expires_on) == ("", "", "", None)
        assert [step.state for step in ExemplarStep.objects.order_by("pk")] == ["INVITED", "ACCEPTED", "ACCEPTED", "ACCEPTED", "WITHDRAWN"]


def test_nobody_is_named_where_fewer_than_five_would_stay_unnamed(world):
    places = ["H01", "H02", "H03", "H04", "H05"]
    for number, (hospital, code) in enumerate(invite(*places).items(), start=1):
        accept(code, hospital)
        assert len(named()) == (number if number <= 4 else 0), number
    assert named("lead") == set()


@pytest.mark.parametrize(
    ("audience", "until"),
    [("", SOON), ("COLLABORATIVE", None), ("CENTRE", TODAY), ("CENTRE", TODAY + timedelta(days=800))],
)
def test_being_named_needs_an_audience_and_an_end(world, audience, until):
    (code,) = invite("H04").values()
    with pytest.raises(Refusal):
        accept(code, ids("H04")[0], audience=audience, until=until)


def test_the_database_refuses_a_naming_without_consent(world):
    (code,) = invite("H04").values()
    with machine(), pytest.raises(IntegrityError, match="without_consent"):
        Exemplar.objects.filter(code=code).update(audience="COLLABORATIVE")


def test_another_hospital_cannot_answer(world):
    (code,) = invite("H07").values()
    with pytest.raises(NotFound):
        accept(code, ids("H04")[0])


def test_what_was_declined_is_not_withdrawn(world):
    (code,) = invite("H04").values()
    (first,) = ids("H04")
    accept(code, first, state="DECLINED")
    with pytest.raises(Refusal, match="cannot follow"):
        accept(code, first, state="WITHDRAWN")


def test_the_pages_from_the_search_to_the_answer(world):
    (code,) = invite("H04").values()
    lead = signed_in("sitelead")
    assert "you are invited" in lead.get("/learn/").content.decode()
    page = lead.get(f"/learn/invitations/{code}/").content.decode()
    assert "the odds were" in page
    wrong = lead.post(f"/learn/invitations/{code}/answer/", {"state": "ACCEPTED", "audience": "COLLABORATIVE"})
    assert wrong.status_code == 400
    until = (NOW.date() + timedelta(days=30)).isoformat()
    right = {"state": "ACCEPTED", "audience": "COLLABORATIVE", "expires_on": until, "contact": "Ruth", "practice": "New gloves."}
    assert lead.post(f"/learn/invitations/{code}/answer/", right).status_code == 302
    other = signed_in("abstractor2").get("/learn/").content.decode()
    with machine():
        name = Hospital.objects.get(code="H04").name
    assert name in other
    assert "New gloves." in other
    staff = signed_in("staff")
    shown = staff.get("/learn/bright-spots/").content.decode()
    assert name not in shown
    assert "No. " in shown
    with as_role("cairn_worker"), machine():
        comparison = Comparison.objects.filter(status="PUBLISHED").order_by("-pk").first().code
    assert staff.post("/learn/bright-spots/search/", {"comparison": comparison}).status_code == 302
    run_jobs()


def test_spans_are_equally_long_and_the_latest_comes_last():
    periods = [ReportingPeriod(ordinal=n, starts_on=NOW.date(), ends_before=NOW.date()) for n in range(14)]
    assert [[p.ordinal for p in span] for span in searches.grouped(periods)] == [[2, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12, 13]]
    assert [len(span) for span in searches.grouped(periods[:7])] == [2, 2, 2]
    assert searches.grouped(periods[:2]) == []
    assert searches.grouped([ReportingPeriod(ordinal=n) for n in range(9)]) == []
