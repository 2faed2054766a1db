"""What is not agreed is not done; and a name is read only while its hospital consents and five others stay unnamed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.example import fill
from feedback.actions import consents as consent_actions
from feedback.actions import releases
from feedback.models import Comparison, MeasureVersion, UnblindingConsent
from feedback.selectors import consents, inputs
from sites.actions import agreements as actions
from sites.models import Agreement, AgreementStep, Hospital
from sites.refusals import Refusal
from sites.selectors import agreements
from tests.feedback.acting import worker
from tests.feedback.test_releases import a_run
from tests.sites.acting import person, signed_in


def hospital(code: str) -> int:
    with worker():
        return Hospital.objects.get(code=code).pk


def test_a_hospital_that_ends_its_agreement_enters_no_later_comparison_and_no_later_release(world):
    theirs, today = hospital("H07"), timezone.now().date()
    run = a_run()
    with worker():
        before = len(releases.contributions_of(run=run, on=today))
        assert theirs in set(inputs.read(comparison=run.comparison).frame["hospital_id"])
    lead = signed_in("sitelead2")
    ended = lead.post(
        "/agreements/end/", {"hospital": theirs, "purpose": "QI", "reason": "Our board has not renewed it."}
    )
    assert ended.status_code == 302
    assert "enters neither the next comparison" in lead.get("/agreements/").content.decode()
    assert "not agreed" in lead.get("/panels/standing/").content.decode()
    with worker():
        assert not agreements.agreed(hospital_id=theirs, purpose="QI", on=today)
        material = inputs.read(comparison=Comparison.objects.get(pk=run.comparison_id))
        assert theirs not in set(material.frame["hospital_id"]) | set(material.history["hospital_id"])
        assert material.n_left_out == 1
        assert len(releases.contributions_of(run=run, on=today)) == before - 1
        assert len(releases.contributions_of(run=run, on=today - timedelta(days=1))) == before, "what was agreed then"
    again = {"hospital": theirs, "agreement": newest("QI").pk, "capacity": "Chief executive"}
    assert lead.post("/agreements/accept/", again).status_code == 302
    with worker():
        assert agreements.agreed(hospital_id=theirs, purpose="QI", on=today)


def newest(purpose: str) -> Agreement:
    return next(row for row in agreements.newest() if row.purpose == purpose)


def test_purposes_are_apart_and_a_new_version_is_required_from_its_day(world):
    ours, theirs, now = hospital("H04"), hospital("H07"), timezone.now()
    today, later = now.date(), now.date() + timedelta(days=30)
    with worker():
        assert agreements.left_out(hospital_ids=(ours, theirs), purpose="QI", on=today) == frozenset()
        assert agreements.left_out(hospital_ids=(ours, theirs), purpose="RESEARCH", on=today) == {theirs}
        assert agreements.left_out(hospital_ids=(ours, theirs), purpose="REGULATOR", on=today) == {ours, theirs}
    said = {
        "purpose": "QI",
        "title": "Second version",
        "text": "As before, and more.",
        "required_from": later.isoformat(),
    }
    assert signed_in("staff").post("/agreements/publish/", said).status_code == 403
    assert signed_in("lead").post("/agreements/publish/", said).status_code == 302
    with worker():
        assert agreements.agreed(hospital_id=ours, purpose="QI", on=later - timedelta(days=1))
        assert not agreements.agreed(hospital_id=ours, purpose="QI", on=later)
    with fill.acting(person("sitelead")) as lead:
        old = Agreement.objects.get(purpose="QI", number=1)
        with pytest.raises(Refusal, match="newer version"):
            actions.accept(agreement=old, hospital_id=ours, capacity="Chief executive", by=lead, at=now)
        actions.accept(agreement=newest("QI"), hospital_id=ours, capacity="Chief executive", by=lead, at=now)
        assert agreements.agreed(hospital_id=ours, purpose="QI", on=later)
        assert not AgreementStep.objects.filter(hospital_id=theirs).exists(), "another hospital's word is not read"
        answer = signed_in("sitelead").post(
            "/agreements/accept/", {"hospital": theirs, "agreement": newest("QI").pk, "capacity": "Chief executive"}
        )
        assert answer.status_code == 400


def test_nobody_is_left_out_where_nobody_was_asked(empty_world):
    assert agreements.agreed(hospital_id=1, purpose="QI", on=timezone.now().date())


def test_a_consent_names_at_once_and_no_longer_when_taken_back_and_five_stay_unnamed(world):
    theirs, until = hospital("H07"), (timezone.now() + timedelta(days=90)).date()
    with worker():
        measure = MeasureVersion.objects.filter(code="mort30").latest("number")
        name = Hospital.objects.get(pk=theirs).name
    lead, reader = signed_in("sitelead2"), signed_in("sitelead")
    given = {"hospital": theirs, "measure": measure.pk, "audience": "COLLABORATIVE", "expires_on": until.isoformat()}
    assert name not in reader.get("/agreements/").content.decode()
    assert lead.post("/agreements/consents/", given | {"hospital": hospital("H04")}).status_code == 400
    assert lead.post("/agreements/consents/", given | {"expires_on": "2020-01-01"}).status_code == 409
    assert lead.post("/agreements/consents/", given).status_code == 302
    assert name in reader.get("/agreements/").content.decode()

    with worker():
        codes = ("H01", "H02", "H03", "H05")
        for count, code in enumerate(codes, start=2):
            consent_actions.give(
                hospital_id=Hospital.objects.get(code=code).pk, measure=measure, audience="COLLABORATIVE", expires_on=until,
                by=person("lead"), at=timezone.now(),
            )  # fmt: skip
            named = [row for row in consents.named(on=timezone.now().date()) if row.audience == "COLLABORATIVE"]
            assert len(named) == (count if count <= 4 else 0), "of nine, five stay unnamed or nobody is named"
        UnblindingConsent.objects.filter(hospital__code="H01").update(
            revoked_at=timezone.now(), revoked_by=person("lead")
        )
        assert {
            row.hospital_id for row in consents.named(on=timezone.now().date()) if row.audience == "COLLABORATIVE"
        } >= {theirs}
        assert not [row for row in consents.named(on=until) if row.audience == "COLLABORATIVE"], "the day it ends"
        own = UnblindingConsent.objects.get(hospital_id=theirs, audience="COLLABORATIVE")
    assert reader.post(f"/agreements/consents/{own.pk}/revoke/").status_code == 404
    assert lead.post(f"/agreements/consents/{own.pk}/revoke/").status_code == 302
    assert name not in reader.get("/agreements/").content.decode()
