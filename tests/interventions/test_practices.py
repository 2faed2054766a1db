"""What an exemplar does is read by its hospital's consent; whose it is, by the exemplar's; and a discussion has no names."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from interventions.actions import comments, exemplars, practices, toolkits
from interventions.models import Comment, Exemplar, Practice, PracticeStep, Toolkit, ToolkitVersion
from interventions.selectors import practices as selectors
from sites.models import Hospital
from sites.refusals import NotFound, Refusal
from tests.interventions.test_bright_spots import accept, as_person, ids, invite
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
SOON = TODAY + timedelta(days=90)
WORDS = {
    "origin": "VISIT", "title": "New gloves", "who": "The scrub nurse", "what": "Lays out fresh gloves.", "when": "Before the closure",
    "with_what": "A second tray", "material": "",
}  # fmt: skip


def kept(hospital="H04", *, state="UNNAMED", **words):
    """Invite a hospital, let it answer, and keep a practice of it for the centre; return the practice's code."""
    (code,) = invite(hospital).values()
    named = state == "ACCEPTED"
    accept(code, *ids(hospital), state=state, audience="COLLABORATIVE" if named else "", until=SOON if named else None)
    with machine():
        return practices.write(exemplar=Exemplar.objects.get(code=code), by=person("staff"), at=NOW, **(WORDS | words)).code


def share(code, *, hospital="H04", name="sitelead", audience="COLLABORATIVE", until=SOON, contact="Ruth"):
    with as_person(name), transaction.atomic():
        return practices.share(
            code=code, hospital_ids=tuple(ids(hospital)), audience=audience, expires_on=until, contact=contact, by=person(name), at=NOW
        )


def told(name="abstractor2", on=TODAY):
    with as_person(name), transaction.atomic():
        return selectors.told(on=on)


def test_a_practice_is_read_by_others_only_while_its_hospital_lets_them(world):
    code = kept()
    assert told() == []
    share(code)
    (one,) = told()
    assert (one.title, one.what, one.hospital, one.contact) == ("New gloves", "Lays out fresh gloves.", "", "")
    assert told(on=SOON) == []
    share(code, audience="CENTRE", until=None, contact="")
    assert told() == []
    with machine():
        assert [step.audience for step in PracticeStep.objects.order_by("pk")] == ["CENTRE", "COLLABORATIVE", "CENTRE"]


def test_the_name_comes_from_the_consent_of_the_exemplar_and_goes_with_it(world):
    code = kept(state="ACCEPTED")
    share(code)
    with machine():
        name = Hospital.objects.get(code="H04").name
        exemplar = Exemplar.objects.get().code
    assert [(one.hospital, one.contact) for one in told()] == [(name, "Ruth")]
    accept(exemplar, *ids("H04"), state="UNNAMED")
    assert [(one.hospital, one.contact) for one in told()] == [("", "")]
    accept(exemplar, *ids("H04"), state="WITHDRAWN")
    assert told() == []


def test_nothing_is_told_where_fewer_than_five_others_could_be_meant(world):
    share(kept("H07"), hospital="H07", name="sitelead2")
    for hospital in ("H01", "H02", "H03"):
        (code,) = invite(hospital).values()
        accept(code, *ids(hospital))
    assert len(told("abstractor")) == 1
    (code,) = invite("H05").values()
    accept(code, *ids("H05"))
    assert told("abstractor") == [], "nine hospitals, four named, one's own: four are left"


def test_only_its_hospital_shares_a_practice_and_nobody_changes_it(world):
    code = kept()
    with pytest.raises(NotFound):
        share(code, hospital="H07", name="sitelead2")
    with as_person("sitelead2"), transaction.atomic():
        assert Practice.objects.count() == 0
    for change, words in (({"audience": "COLLABORATIVE", "expires_on": SOON}, "only its hospital"), ({"what": "Else."}, "never change")):
        with as_person("staff"), transaction.atomic(), pytest.raises(IntegrityError, match=words):
            Practice.objects.filter(code=code).update(**change)


@pytest.mark.parametrize("until", [None, TODAY, TODAY + timedelta(days=800)])
def test_sharing_needs_an_end(world, until):
    with pytest.raises(Refusal, match="until which day"):
        share(kept(), until=until)


def test_words_that_name_the_hospital_are_not_shared_and_patients_are_not_written(world):
    with machine():
        name = Hospital.objects.get(code="H04").name
    with pytest.raises(Refusal, match="name the hospital"):
        share(kept(what=f"At {name.split()[0]} we lay out gloves."))
    with machine():
        row = Exemplar.objects.get()
        for words in ("The patient of 12.03.2025", "Record 4711-22-908", "Ask ruth@example.org"):
            with pytest.raises(Refusal):
                practices.write(exemplar=row, by=person("staff"), at=NOW, **(WORDS | {"what": words}))


def test_nothing_is_written_of_a_hospital_that_has_not_agreed(world):
    (code,) = invite("H04").values()
    with machine(), pytest.raises(Refusal, match="not agreed"):
        practices.write(exemplar=Exemplar.objects.get(code=code), by=person("staff"), at=NOW, **WORDS)


def test_another_hospital_finds_nowhere_who_the_exemplar_is(world):
    """Every page of the learning loop, with an exemplar that helps without its name and a toolkit learnt from it."""
    code = kept()
    share(code)
    with machine():
        exemplar = Exemplar.objects.get()
        hospital = Hospital.objects.get(code="H04")
        made = toolkits.write(
            registry=exemplar.registry, code="gloves", title="Gloves", measure_code="ssi30", summary="New gloves.", effort="SMALL", offered_on=TODAY,
            components=["New gloves"], learnt_from=exemplar.code, by=person("staff"), at=NOW,
        )  # fmt: skip
        practices.attach(toolkit=made, practice_id=Practice.objects.get().pk, by=person("staff"), at=NOW)
    with as_person("sitelead"), transaction.atomic():
        comments.write(toolkit=made, hospital_id=hospital.pk, words="We began with one list.", by=person("sitelead"), at=NOW)
    paths = ("", "practices/", f"practices/{code}/", "elements/", "toolkits/", "toolkits/gloves/", "toolkits/?q=gloves")
    hidden = (hospital.name, exemplar.code, "Ruth", person("sitelead").name)
    for name in ("sitelead2", "abstractor2"):
        client = signed_in(name)
        for path in paths:
            page = client.get(f"/learn/{path}")
            assert page.status_code == 200, path
            for words in hidden:
                if not (name == "sitelead2" and words in person("sitelead2").name):
                    assert words not in page.content.decode(), (path, words)
        assert "a hospital of the collaborative that is not named" in client.get(f"/learn/practices/{code}/").content.decode()
        assert client.get(f"/learn/invitations/{exemplar.code}/").status_code in (403, 404)


def test_the_pages_from_writing_to_sharing(world):
    (code,) = invite("H04").values()
    accept(code, *ids("H04"), state="UNNAMED")
    lead = signed_in("sitelead")
    assert "Write one down" in lead.get("/learn/practices/").content.decode()
    given = {name: words for name, words in WORDS.items() if name != "origin"}
    assert lead.post(f"/learn/invitations/{code}/practice/", given | {"what": ""}).status_code == 400
    made = lead.post(f"/learn/invitations/{code}/practice/", given)
    assert made.status_code == 302
    with machine():
        row = Practice.objects.get()
        assert row.origin == "EXEMPLAR"
    assert "One of yours waits" in lead.get("/learn/practices/").content.decode()
    assert signed_in("abstractor2").get(made["Location"]).status_code == 404
    right = {"audience": "COLLABORATIVE", "expires_on": SOON.isoformat(), "contact": "Ruth"}
    assert lead.post(f"{made['Location']}share/", right).status_code == 302
    assert "Lays out fresh gloves." in signed_in("abstractor2").get(made["Location"]).content.decode()
    assert "Make a part of it testable" in signed_in("staff").get(made["Location"]).content.decode()


def test_a_discussion_has_no_names_and_a_flag_hides_words_until_the_centre_has_looked(world):
    with machine():
        toolkit = Toolkit.objects.order_by("pk").first()
    lead, other, staff = (signed_in(name) for name in ("sitelead", "sitelead2", "staff"))
    here = f"/learn/toolkits/{toolkit.code}/"
    assert lead.post(f"{here}comment/", {"words": "The patient of 12.03.2025 did well."}).status_code == 400
    assert lead.post(f"{here}comment/", {"words": "The clock is on the wall now."}).status_code == 302
    with machine():
        row = Comment.objects.order_by("-pk").first()
    page = other.get(here).content.decode()
    assert "The clock is on the wall now." in page
    assert person("sitelead").name not in page
    with as_person("sitelead2"), transaction.atomic():
        assert not Comment.objects.filter(pk=row.pk).exists()
    assert other.post(f"/learn/comments/{row.code}/flag/", {"reason": "It names a ward."}).status_code == 302
    assert "The clock is on the wall now." not in other.get(here).content.decode()
    assert "It names a ward." in staff.get(here).content.decode()
    assert staff.post(f"/learn/comments/{row.code}/rule/", {"kind": "KEEP", "reason": "No ward is named."}).status_code == 302
    assert "The clock is on the wall now." in other.get(here).content.decode()
    assert other.post(f"/learn/comments/{row.code}/flag/", {"reason": "Again."}).status_code == 404
    with machine():
        comments.rule(code=row.code, kind="REMOVE", reason="Asked for.", by=person("lead"), at=NOW)
    assert "Taken away" in other.get(here).content.decode()


def test_a_toolkit_has_versions_and_keeps_the_earlier_ones(world):
    with machine():
        toolkit = Toolkit.objects.order_by("pk").first()
        first = list(ToolkitVersion.objects.get(toolkit=toolkit).components)
    staff, here = signed_in("staff"), f"/learn/toolkits/{toolkit.code}/"
    same = {"components": "\n".join(first), "change": "Nothing."}
    assert staff.post(f"{here}version/", same).status_code == 400
    assert staff.post(f"{here}version/", {"components": "Only one thing.", "change": "Two of them nobody did."}).status_code == 302
    page = signed_in("abstractor").get(here).content.decode()
    assert "Two of them nobody did." in page
    assert "Only one thing." in page
    assert first[0].split(".")[0] in page


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("?q=alcohol", {"skin-prep"}),
        ("?measure=ssi30&effort=LARGE", set()),
        ("?state=ANECDOTE&sort=-used", {"skin-prep", "bundle"}),
        ("?effort=x", {"skin-prep", "bundle"}),
    ],
)
def test_the_library_is_narrowed_down(shared_world, query, there):
    page = signed_in("abstractor").get(f"/learn/toolkits/{query}").content.decode()
    assert {code for code in ("skin-prep", "bundle") if f"/learn/toolkits/{code}/" in page} == there


def test_how_many_use_a_toolkit_is_said_from_five_others_on(shared_world):
    with as_person("abstractor"), transaction.atomic():
        used = selectors.use(on=TODAY)
    assert all(hospitals >= 5 for hospitals, _ in used.values())
    page = signed_in("abstractor").get("/learn/toolkits/").content.decode()
    assert "under 5" in page


def test_an_answer_that_ends_consent_hides_the_practice_at_once(world):
    code = kept()
    share(code)
    with machine():
        row = Exemplar.objects.get()
        exemplars.answer(
            code=row.code, hospital_ids=(row.hospital_id,), state="WITHDRAWN", audience="", expires_on=None, contact="", practice="",
            by=person("sitelead"), at=NOW,
        )  # fmt: skip
    assert signed_in("abstractor2").get(f"/learn/practices/{code}/").status_code == 404
    assert signed_in("sitelead").get(f"/learn/practices/{code}/").status_code == 200
