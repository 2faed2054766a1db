"""The site desk: both sides tick and promise for themselves alone, a visit runs to its answer, nobody else reads any of it; the newsletter."""

import re
from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from interventions.actions import desk, newsletter
from interventions.models import Newsletter, OnboardingTick, SiteContact, SitePromise, SiteVisit
from interventions.selectors import desk as selectors
from sites.models import AuditEvent, Hospital
from sites.refusals import NotFound, Refusal
from tests.interventions.test_bright_spots import accept, as_person, ids, invite
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
LIVE = "<img src=x onerror=alert(1)>"
DESK = "/desk/hospitals/H04/"


def test_a_step_of_joining_is_done_when_both_sides_say_so(world):
    (pk,) = ids("H07")
    centre, site = signed_in("staff"), signed_in("sitelead2")
    for client in (centre, site):
        with machine():
            before, _ = selectors.onboarding(hospital_id=pk)
        assert client.post("/desk/hospitals/H07/tick/", {"step": "audit", "ticked": "1"}).status_code == 302
    with machine():
        after, steps = selectors.onboarding(hospital_id=pk)
    assert after == before + 1
    assert next(one for one in steps if one["code"] == "audit")["done"]
    assert site.post("/desk/hospitals/H07/tick/", {"step": "audit", "ticked": "0"}).status_code == 302
    with machine():
        assert selectors.onboarding(hospital_id=pk)[0] == before


def test_a_hospital_cannot_tick_for_the_centre_even_past_the_application(world):
    (pk,) = ids("H04")
    with pytest.raises(ProgrammingError, match="row-level security"), as_person("sitelead"), transaction.atomic():
        OnboardingTick.objects.create(
            hospital_id=pk, step="cases", side="CENTRE", ticked=True, at=NOW, by=person("sitelead")
        )
    with pytest.raises(ProgrammingError, match="row-level security"), as_person("sitelead"), transaction.atomic():
        SiteContact.objects.create(hospital_id=pk, kind="CALL", on_day=TODAY, words="x", at=NOW, by=person("sitelead"))


def test_a_task_has_an_owner_a_reminder_and_is_closed_by_its_own_side_alone(world):
    (pk,) = ids("H04")
    site, who = signed_in("sitelead"), person("sitelead")
    due = TODAY + timedelta(days=10)
    given = {"words": "Send the list", "due_on": due.isoformat(), "owner": who.pk, "remind_on": TODAY.isoformat()}
    assert site.post(f"{DESK}promise/", given).status_code == 302
    with machine():
        row = SitePromise.objects.get(words="Send the list")
        assert (row.side, row.owner_id, row.remind_on) == ("HOSPITAL", who.pk, TODAY)
        assert row in selectors.due(person_id=who.pk, hospital_ids=(pk,), today=TODAY)
    assert "due soon" in site.get(DESK).content.decode()
    closing = {"promise": row.pk, "state": "KEPT", "closing": "Sent."}
    assert signed_in("staff").post(f"{DESK}close/", closing).status_code == 400
    assert not _closed(row)
    assert site.post(f"{DESK}close/", closing).status_code == 302
    assert _closed(row)
    assert site.post(f"{DESK}close/", closing).status_code == 400
    assert site.post(f"{DESK}promise/", given | {"owner": person("staff").pk}).status_code == 400
    late = given | {"words": "Typed once", "remind_on": (due + timedelta(days=1)).isoformat()}
    refused = site.post(f"{DESK}promise/", late)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert 'value="Typed once"' in page
    assert "<details open><summary>Promise something" in page
    made = re.findall(r' id="([^"]+)"', page)
    assert len(made) == len(set(made)), "no two controls of the page share an id"


def _closed(row):
    with machine():
        return SitePromise.objects.get(pk=row.pk).state == "KEPT"


def test_a_visit_runs_from_preparation_to_the_hospitals_answer(world):
    (pk,) = ids("H04")
    centre, site = signed_in("staff"), signed_in("sitelead")
    with machine():
        made = desk.prepare_visit(
            hospital_id=pk, on_day=TODAY, purpose="Look at the trays", preparation="", by=person("staff"), at=NOW
        )
    address = f"/desk/visits/{made.code}/"
    assert site.post(f"{address}hold/", {"held": "1"}).status_code == 403
    assert centre.post(f"{address}report/", {"report": "Early"}).status_code == 400
    assert centre.post(f"{address}hold/", {"held": "1"}).status_code == 302
    long = {"report": "Seen and agreed.", "ours": "x" * 301, "theirs": ""}
    refused = centre.post(f"{address}report/", long)
    assert refused.status_code == 400
    assert "x" * 301 in refused.content.decode(), "a promise that is too long is refused whole, never cut"
    report = {"report": "Seen and agreed.", "ours": "Send the card\nCall in May", "theirs": "Print it"}
    assert centre.post(f"{address}report/", report).status_code == 302
    assert site.post(f"{address}answer/", {"words": "That is right."}).status_code == 302
    with machine():
        row = SiteVisit.objects.get(pk=made.pk)
        promised = sorted(SitePromise.objects.filter(visit=row).values_list("side", "words"))
        assert SiteContact.objects.filter(hospital=pk, kind="VISIT", on_day=TODAY).count() == 1
        assert AuditEvent.objects.filter(object_kind="visit", object_id=made.code, hospital=pk).count() == 4
    assert (row.state, row.answer) == ("ANSWERED", "That is right.")
    assert promised == [("CENTRE", "Call in May"), ("CENTRE", "Send the card"), ("HOSPITAL", "Print it")]
    page = site.get(address).content.decode()
    assert "Seen and agreed." in page
    assert "Print it" in page


def test_another_hospital_finds_nothing_of_it(shared_world):
    other = signed_in("sitelead2")
    assert other.get(DESK).status_code == other.get("/desk/hospitals/ZZZ/").status_code == 404
    (own,) = ids("H07")
    with as_person("sitelead2"), transaction.atomic():
        for model in (SiteContact, SitePromise, SiteVisit, OnboardingTick):
            assert set(model.objects.values_list("hospital_id", flat=True)) == {own}, model
    with machine():
        assert SiteVisit.objects.exclude(hospital=own).exists()
        assert SiteContact.objects.exclude(hospital=own).exists()
    assert signed_in("abstractor").get(DESK).status_code == 403


def test_the_centre_sees_who_needs_somebody_first(shared_world):
    with machine():
        rows = selectors.rows(hospital_ids=tuple(Hospital.objects.values_list("pk", flat=True)), today=TODAY)
    assert [row.n_late > 0 for row in rows] == sorted((row.n_late > 0 for row in rows), reverse=True)
    assert any(row.is_quiet for row in rows)
    page = signed_in("staff").get(DESK).content.decode()
    for part in (
        "People and roles",
        "Data and audits",
        "Adopted",
        "Tasks and promises",
        "Joining",
        "Visits",
        "Contacts",
    ):
        assert part in page


def test_what_is_written_on_the_desk_is_inert(world):
    (pk,) = ids("H04")
    with machine():
        who = person("staff")
        desk.contact(hospital_id=pk, kind="CALL", on_day=TODAY, words=LIVE, by=who, at=NOW)
        row = desk.promise(hospital_id=pk, side="CENTRE", words=LIVE, due_on=TODAY, owner_id=who.pk, by=who, at=NOW)
        desk.close(promise_id=row.pk, hospital_ids=(pk,), side="CENTRE", state="DROPPED", words=LIVE, by=who, at=NOW)
        made = desk.prepare_visit(hospital_id=pk, on_day=TODAY, purpose=LIVE, preparation=LIVE, by=who, at=NOW)
        desk.hold_visit(code=made.code, hospital_ids=(pk,), held=True, by=who, at=NOW)
        desk.report_visit(
            code=made.code, hospital_ids=(pk,), report=LIVE, ours=LIVE, theirs="", their_owner_id=who.pk, by=who, at=NOW
        )
        desk.answer_visit(code=made.code, hospital_ids=(pk,), words=LIVE, by=who, at=NOW)
        letter = newsletter.draft(title=LIVE, since=TODAY - timedelta(days=9), until=TODAY, by=who, at=NOW)
        newsletter.write(code=letter.code, letter=LIVE, by=who, at=NOW)
        newsletter.publish(code=letter.code, by=who, at=NOW)
    client = signed_in("sitelead")
    for path in (DESK, f"/desk/visits/{made.code}/", "/newsletters/", f"/newsletters/{letter.code}/"):
        page = client.get(path).content.decode()
        assert "<img src=x" not in page, path
        assert "&lt;img src=x" in page, path


def test_a_newsletter_names_no_hospital_and_no_patient_in_its_words(world):
    with machine():
        who = person("lead")
        row = newsletter.draft(title="Spring", since=TODAY - timedelta(days=300), until=TODAY + timedelta(days=1), by=who, at=NOW)
        name = Hospital.objects.get(code="H04").name
        assert row.happened
        for hospital in Hospital.objects.all():
            assert not [words for words in row.happened if hospital.name in words or hospital.code in words]
        for words in (f"Thanks to {name}.", "Well done, H07.", "Born on 3/4/1961.", "Record 4471 8821 held it up."):
            with pytest.raises(Refusal):
                newsletter.write(code=row.code, letter=words, by=who, at=NOW)
    assert signed_in("surgeon").get(f"/newsletters/{row.code}/").status_code == 404
    with as_person("surgeon"), transaction.atomic():
        assert not Newsletter.objects.filter(pk=row.pk).exists()
    with machine():
        newsletter.publish(code=row.code, by=who, at=NOW)
        with pytest.raises(Refusal):
            newsletter.write(code=row.code, letter="Later", by=who, at=NOW)
        with pytest.raises(NotFound):
            newsletter.publish(code="ZZZ", by=who, at=NOW)
    assert signed_in("surgeon").get(f"/newsletters/{row.code}/").status_code == 200


def test_a_name_in_a_newsletter_is_gone_when_its_consent_is(world):
    (pk,) = ids("H04")
    code = invite("H04")[pk]
    accept(code, pk)
    with machine():
        letter = Newsletter.objects.filter(published_at__isnull=False).first()
        name = Hospital.objects.get(pk=pk).name
    reader = signed_in("abstractor2")
    address = f"/newsletters/{letter.code}/"
    assert name in reader.get(address).content.decode()
    accept(code, pk, state="WITHDRAWN", audience="", until=None)
    assert name not in reader.get(address).content.decode()
