"""Meetings: the deck is for those invited and for a time, by name only while consent holds, blinded otherwise, and every look is written down."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import Error, ProgrammingError, connection, transaction
from django.db.models import F
from django.utils import timezone

from feedback.actions import consents
from feedback.models import MeasureVersion, SiteResult, UnblindingConsent
from feedback.selectors import consents as unblinded
from interventions import deck
from interventions.actions import meetings
from interventions.models import Meeting, MeetingInvitation, ScoreEntry
from interventions.selectors import meetings as selectors
from sites.models import AuditEvent, Hospital
from sites.refusals import NotFound, Refusal
from tests.databases import as_role
from tests.house.catalog import ask
from tests.interventions.test_bright_spots import accept, as_person, ids, invite
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
TODAY = NOW.date()
LIVE = "<img src=x onerror=alert(1)>"
GUESTS = ("sitelead", "sitelead2", "staff")


def planned(
    *,
    guests=GUESTS,
    codes=("ssi30",),
    starts=timedelta(hours=-1),
    until=timedelta(days=3),
    kind="QUARTERLY",
    title="Spring",
):
    with machine():
        who = person("staff")
        row = meetings.plan(
            registry_code="colorectal", kind=kind, title=title, place="Hall", starts_at=NOW + starts, by=who, at=NOW
        )
        meetings.invite(meeting=row, people=[(person(name).pk, _place(name)) for name in guests], by=who, at=NOW)
        meetings.choose(meeting=row, codes=list(codes), by=who, at=NOW)
        if until:
            meetings.open_deck(meeting=row, until=NOW + until, by=who, at=NOW)
    return row


def _place(name):
    return {"sitelead": "H04", "abstractor": "H04", "surgeon": "H04", "sitelead2": "H07", "abstractor2": "H07"}.get(
        name
    ) and (Hospital.objects.get(code={"sitelead": "H04", "abstractor": "H04", "surgeon": "H04"}.get(name, "H07")).pk)


def consenting(*codes, until=timedelta(days=60), audience="MEETING"):
    """Let these hospitals, and no others, be named beside infections."""
    measure = MeasureVersion.objects.filter(code="ssi30").order_by("-number").first()
    with machine():
        # As if none had ever been given: those of before would count until the next results.
        UnblindingConsent.objects.update(revoked_at=F("given_at"), revoked_by=person("sitelead"))
        for pk in ids(*codes):
            consents.give(
                hospital_id=pk,
                measure=measure,
                audience=audience,
                expires_on=TODAY + until,
                by=person("sitelead"),
                at=NOW,
            )


def named(row, *, name="sitelead2", after=timedelta()):
    """Return who is named to somebody, now or some days away from now; None when the deck is closed to them."""
    with away(after), as_person(name), transaction.atomic():
        made = selectors.deck(row)
    return None if made is None else {mark.hospital for slide in made.slides for mark in slide.named}


@contextmanager
def away(after):
    """Go so far away from now: the database has its own clock, so its rows are moved instead, and back again."""
    for shift in (after, -after):
        if after:
            with as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(MOVED, {"shift": shift})
        if shift == after:
            yield
        if not after:
            break


MOVED = """
UPDATE interventions_meeting SET deck_from = deck_from - %(shift)s, deck_until = deck_until - %(shift)s;
UPDATE feedback_unblindingconsent SET expires_on = (expires_on - %(shift)s)::date, given_at = given_at - %(shift)s,
  revoked_at = revoked_at - %(shift)s;
UPDATE interventions_ballot SET opens_at = opens_at - %(shift)s, closes_at = closes_at - %(shift)s;
"""


def names(*codes):
    with machine():
        return set(Hospital.objects.filter(code__in=codes).values_list("name", flat=True))


def page(row, name="sitelead2"):
    return signed_in(name).get(f"/meetings/{row.code}/deck/")


def test_a_name_taken_back_is_gone_at_the_next_request(world):
    consenting("H04", "H07")
    row = planned()
    (name,) = names("H04")
    assert name in page(row).content.decode()
    consent = _consent("H04")
    assert signed_in("sitelead").post(f"/agreements/consents/{consent}/revoke/").status_code == 302
    answer = page(row)
    assert answer.status_code == 200
    assert name not in answer.content.decode()


def _consent(code):
    with machine():
        return UnblindingConsent.objects.get(hospital__code=code, revoked_at__isnull=True).pk


def test_without_any_consent_the_same_deck_is_blinded(world):
    consenting()
    row = planned(codes=[code for code, _ in selectors.measures(registry_id=_registry())])
    body = page(row).content.decode()
    own = names("H07")
    with machine():
        others = [one.name for one in Hospital.objects.all() if one.name not in own]
    assert not [name for name in others if name in body]
    assert "Nobody is named" in body
    assert named(row) == set()


def _registry():
    with machine():
        return MeasureVersion.objects.filter(code="ssi30").first().registry_id


def test_a_consent_that_has_run_out_names_nobody(world):
    consenting("H04", until=timedelta(days=2))
    row = planned()
    assert named(row) == names("H04")
    assert named(row, after=timedelta(days=2)) == set()


def test_the_deck_is_open_for_its_time_alone(world):
    row = planned()
    assert page(row).status_code == 200
    assert named(row, after=-timedelta(days=1)) is None
    assert named(row, after=timedelta(days=3)) is None
    with machine():
        meetings.open_deck(meeting=row, until=NOW, by=person("staff"), at=timezone.now())
    assert page(row).status_code == 404
    with pytest.raises(Refusal, match="two weeks"), machine():
        meetings.open_deck(meeting=row, until=NOW + timedelta(days=15), by=person("staff"), at=NOW)


def test_nobody_but_those_invited_reads_it(world):
    consenting("H04")
    row = planned(guests=("sitelead", "staff"))
    missing = signed_in("abstractor2").get("/meetings/ZZZ/deck/")
    for name in ("abstractor2", "abstractor", "surgeon", "analyst", "lead"):
        answer = page(row, name)
        assert answer.status_code == 404, name
        if name == "abstractor2":
            assert answer.content.replace(row.code.encode(), b"ZZZ") == missing.content
        assert named(row, name=name) is None
    with machine():
        row.refresh_from_db()
        meetings.uninvite(meeting=row, person_id=person("staff").pk, by=person("lead"), at=NOW)
    assert page(row, "staff").status_code == 404
    with as_person("sitelead"), transaction.atomic():
        meetings.answer(meeting=row, comes=False, by=person("sitelead"), at=NOW)
    assert page(row, "sitelead").status_code == 404


def test_fewer_than_five_unnamed_for_the_reader_and_nobody_is_named(world):
    """Nine hospitals: three named leave five to a reader with one of their own; a fourth, or a reader of two, and nobody is named."""
    row = planned()
    consenting("H01", "H02", "H04")
    assert named(row) == names("H01", "H02", "H04")
    consenting("H01", "H02", "H03", "H04")
    assert named(row) == set()
    consenting("H01", "H02", "H04")
    with machine():
        meetings.invite(meeting=row, people=[(person("surgeon").pk, _place("surgeon"))], by=person("staff"), at=NOW)
    assert named(row) == set()
    consenting("H01", "H02")
    assert named(row) == names("H01", "H02")


MOMENTS = (
    "now() - interval '2 days'",
    "now() + interval '30 days'",
    "'-infinity'::timestamptz",
    "'infinity'::timestamptz",
)
REPLAYS = (
    "SELECT named::text FROM cairn_deck(%s, {moment})",
    "SELECT cairn_deck_open(%s, {moment})",
    "SELECT set_config('cairn.now', ({moment})::text, true), (SELECT count(*) FROM cairn_deck(%s))",
)


def test_no_moment_of_the_callers_replays_a_consent_that_ended(world):
    """As the web's role, bound as somebody invited: whatever is called with, the database looks at its own clock."""
    consenting("H04", until=timedelta(days=2))
    row = planned()
    (name,) = names("H04")
    assert named(row) == {name}
    with away(timedelta(days=2)):
        for moment in MOMENTS:
            for replay in REPLAYS[:2]:
                with pytest.raises(Error, match="does not exist"), as_person("sitelead2"), transaction.atomic():
                    ask(replay.format(moment=moment), row.pk)
            with as_person("sitelead2"), transaction.atomic():
                ask(REPLAYS[2].format(moment=moment), row.pk)
                assert name not in str(ask("SELECT named::text FROM cairn_deck(%s)", row.pk))
        for day in (TODAY - timedelta(days=9), TODAY, TODAY + timedelta(days=9)):
            with as_person("sitelead2"), transaction.atomic():
                assert not {one.hospital for one in unblinded.named(on=day)} & {name}
    with pytest.raises(Error, match="first open never changes"), machine():
        Meeting.objects.filter(pk=row.pk).update(deck_from=NOW + timedelta(hours=1))


def test_a_later_day_names_nobody_who_is_unnamed_today(world):
    """Of nine, five that consent leave four unnamed: nobody is named, also not on the day when one of the five has ended."""
    measure = MeasureVersion.objects.filter(code="ssi30").order_by("-number").first()
    with machine():
        UnblindingConsent.objects.filter(revoked_at__isnull=True).update(revoked_at=NOW, revoked_by=person("sitelead"))
        for place, pk in enumerate(ids("H01", "H02", "H03", "H04", "H05"), start=1):
            consents.give(
                hospital_id=pk, measure=measure, audience="COLLABORATIVE", expires_on=TODAY + timedelta(days=place),
                by=person("sitelead"), at=NOW,
            )  # fmt: skip
    for days in (-1, 0, 1, 2, 3):
        with as_person("sitelead2"), transaction.atomic():
            assert unblinded.named(on=TODAY + timedelta(days=days)) == []


def test_two_looks_between_which_consents_changed_name_no_more_than_one_would(world):
    """Of nine, three may be named to a reader of one. One takes it back, another gives it: together the two looks would name four."""
    consenting("H01", "H02", "H04")
    row = planned()
    first = named(row)
    assert first == names("H01", "H02", "H04")
    given("H03", "sitelead", take_back="H04")
    assert named(row) == set()
    assert page(row).status_code == 200
    with machine():
        meetings.open_deck(meeting=row, until=timezone.now(), by=person("staff"), at=timezone.now())
        row.refresh_from_db()
        meetings.open_deck(meeting=row, until=NOW + timedelta(days=1), by=person("staff"), at=timezone.now())
    assert named(row) == set(), "closed and opened again"
    assert named(planned(title="Another")) == set(), "another meeting on the same results"
    given("H04", "sitelead", take_back="H03")
    assert named(row) == set(), "until the next results"


def test_a_consent_taken_back_before_any_deck_showed_it_takes_no_place(world):
    consenting("H01", "H02", "H03")
    given("H04", "sitelead", take_back="H03")
    row = planned(title="Later")
    with as_role("superuser"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE interventions_meeting SET deck_from = NULL, deck_until = NULL WHERE id <> %s", [row.pk])
        cursor.execute("UPDATE interventions_meeting SET deck_from = clock_timestamp() WHERE id = %s", [row.pk])
    assert named(row) == names("H01", "H02", "H04")


def given(code, by, *, take_back):
    """Let one hospital take its consent back and another give it, a little later than whatever was before."""
    measure = MeasureVersion.objects.filter(code="ssi30").order_by("-number").first()
    consent = _consent(take_back)
    (hospital,), (other,) = ids(code), ids(take_back)
    with machine():
        consents.revoke(consent_id=consent, hospital_ids=(other,), by=person(by), at=timezone.now())
        consents.give(
            hospital_id=hospital, measure=measure, audience="MEETING", expires_on=TODAY + timedelta(days=60),
            by=person(by), at=timezone.now(),
        )  # fmt: skip


def test_both_audiences_are_counted_together(world):
    row = planned()
    consenting("H01", "H02")
    measure = MeasureVersion.objects.filter(code="ssi30").order_by("-number").first()
    with machine():
        for pk in ids("H03", "H05"):
            consents.give(
                hospital_id=pk,
                measure=measure,
                audience="COLLABORATIVE",
                expires_on=TODAY + timedelta(days=9),
                by=person("sitelead"),
                at=NOW,
            )
    assert named(row) == set()


def test_every_look_is_written_down_for_those_named(world):
    consenting("H04")
    row = planned()
    (pk,) = ids("H04")
    page(row)
    page(row)
    with machine():
        seen = AuditEvent.objects.filter(action="view a deck", object_id=row.code)
        assert seen.filter(hospital=pk).count() == 2
        assert seen.filter(hospital__isnull=True).count() == 2
        assert set(seen.values_list("person_id", flat=True)) == {person("sitelead2").pk}
    assert "View a deck" in signed_in("sitelead").get("/trail/").content.decode()


def test_the_deck_says_who_reads_it_and_when(world):
    row = planned()
    body = page(row).content.decode()
    assert body.count(f"{person('sitelead2').name} · ") >= 3
    assert "UTC" in body


def test_nobody_invites_themselves_or_answers_for_others(world):
    row = planned(guests=("sitelead", "staff"))
    who = person("abstractor2")
    with pytest.raises(Error, match="the centre alone invites"), as_person("abstractor2"), transaction.atomic():
        MeetingInvitation.objects.create(
            meeting=row, person=who, hospital_id=_own("H07"), invited_at=NOW, invited_by=who
        )
    with as_person("sitelead2"), transaction.atomic():
        assert not MeetingInvitation.objects.filter(meeting=row).exists()
        assert not Meeting.objects.filter(pk=row.pk).exists()
    with pytest.raises((Error, ProgrammingError)), as_person("abstractor"), transaction.atomic():
        assert MeetingInvitation.objects.filter(meeting=row).update(answer="NO") == 1
    with pytest.raises(Error, match="never changes"), as_person("sitelead"), transaction.atomic():
        MeetingInvitation.objects.filter(meeting=row, person=person("sitelead")).update(came=True)
    with as_person("sitelead2"), transaction.atomic():
        # The results of others stay out of reach: the deck is the one way, and it names by consent.
        assert set(SiteResult.objects.values_list("hospital_id", flat=True)) <= set(ids("H07"))


def _own(code):
    with machine():
        return Hospital.objects.get(code=code).pk


def test_an_answer_is_in_the_trail_of_its_hospital(world):
    row = planned(guests=("sitelead", "staff"))
    assert signed_in("sitelead").post(f"/meetings/{row.code}/answer/", {"answer": "YES"}).status_code == 302
    with machine():
        (written,) = AuditEvent.objects.filter(action="answer an invitation", object_id=row.code)
    assert (written.hospital_id, written.detail) == (_own("H04"), {"comes": True})


def test_who_came_stays_ticked_when_the_notes_are_refused(world):
    row = planned(guests=("sitelead", "abstractor", "staff"))
    who = person("sitelead").pk
    answer = signed_in("staff").post(
        f"/meetings/{row.code}/close/", {"held": "1", "came": [who], "notes": "Born 3.4.1961."}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'name="came" value="{who}" checked' in page
    assert page.count('" checked> ') == 1
    assert "Born 3.4.1961." in page


def test_attendance_counts_on_the_scorecard(world):
    row = planned(kind="QUARTERLY")
    with machine():
        before = ScoreEntry.objects.count()
        meetings.close(meeting=row, came=[person("sitelead").pk], notes="Fine.", held=True, by=person("staff"), at=NOW)
        added = list(ScoreEntry.objects.order_by("pk")[before:].values_list("hospital__code", "words"))
        assert added == [("H04", "Spring")]
        with pytest.raises(Refusal):
            meetings.close(meeting=row, came=[], notes="", held=True, by=person("staff"), at=NOW)
    with pytest.raises(Error, match="never changes"), machine():
        Meeting.objects.filter(pk=row.pk).update(notes="x")


def test_the_notes_of_a_call_are_every_members_and_name_nobody(world):
    row = planned(kind="ABSTRACTORS", guests=("abstractor", "staff"), title="Call")
    (name,) = names("H04")
    with machine():
        for words in (f"{name} asked.", "Born 3.4.1961.", "Number 4471 8821."):
            with pytest.raises(Refusal):
                meetings.close(meeting=row, came=[], notes=words, held=True, by=person("staff"), at=NOW)
        meetings.close(
            meeting=row,
            came=[person("abstractor").pk],
            notes="The day of arrival.",
            held=True,
            by=person("staff"),
            at=NOW,
        )
    with as_person("abstractor2"), transaction.atomic():
        assert [one.notes for one in selectors.calls() if one.pk == row.pk] == ["The day of arrival."]
    assert signed_in("abstractor2").get(f"/meetings/{row.code}/").status_code == 404


def test_an_exemplar_speaks_under_its_name_while_it_consents(world):
    (pk,) = ids("H01")
    code = invite("H01")[pk]
    accept(code, pk)
    row = planned()
    with machine():
        meetings.add_item(meeting=row, words="How it works", minutes=20, exemplar=code, by=person("staff"), at=NOW)
    (name,) = names("H01")
    assert name in page(row).content.decode()
    accept(code, pk, state="WITHDRAWN", audience="", until=None)
    assert name not in page(row).content.decode()
    with pytest.raises(Refusal), machine():
        meetings.add_item(meeting=row, words="Again", minutes=20, exemplar=code, by=person("staff"), at=NOW)


def test_what_is_written_about_a_meeting_is_inert(world):
    row = planned(title=LIVE)
    with machine():
        meetings.add_item(meeting=row, words=LIVE, minutes=5, exemplar="", by=person("staff"), at=NOW)
        meetings.close(meeting=row, came=[], notes=LIVE, held=True, by=person("staff"), at=NOW)
    client = signed_in("sitelead2")
    for path in ("/meetings/", f"/meetings/{row.code}/", f"/meetings/{row.code}/deck/"):
        body = client.get(path).content.decode()
        assert "<img src=x" not in body, path
        assert "&lt;img src=x" in body, path


def test_a_missing_meeting_is_missing(shared_world):
    with pytest.raises(NotFound), machine():
        selectors.one(code="ZZZ", person_id=1, everything=True)


FIELD = {
    "peers": {"shown": "points", "values": [0.03, 0.04, 0.05], "low": None, "high": None, "because": ""},
    "collaborative": 0.045,
}


def laid(*given, contributing=20, largest_own=1):
    return deck.slide(
        title="T", label="L", contributing=contributing, largest_own=largest_own, field=FIELD,
        named=[{"hospital": name, "rate": rate, "better": better} for name, rate, better in given],
    )  # fmt: skip


def test_praise_comes_first_and_nobody_is_called_worse():
    made = laid(("Ash", 0.08, False), ("Yew", 0.02, True), ("Elm", None, False))
    assert [mark.hospital for mark in made.named] == ["Yew", "Ash", "Elm"]
    assert made.sentence.startswith("**Yew** is likely better")
    assert "worse" not in made.sentence
    assert made.named[2].words == "too few cases"
    assert made.named[2].x is None


def test_the_others_are_drawn_singly_only_where_eight_remain():
    """Rule B1 after subtracting what is named and the reader's own."""
    few = [(f"H{n}", 0.04, False) for n in range(3)]
    assert laid(*few, contributing=12, largest_own=1).dots
    assert laid(*few, contributing=11, largest_own=1).dots == ()
    assert laid(*few, contributing=12, largest_own=2).because == deck.HIDDEN


def test_several_are_praised_together_and_a_field_that_may_not_be_shown_says_so():
    assert (
        laid(("Yew", 0.02, True), ("Elm", 0.03, True)).praised == laid(("Elm", 0.03, True), ("Yew", 0.02, True)).praised
    )
    assert "**Elm, Yew** are likely better" in laid(("Yew", 0.02, True), ("Elm", 0.03, True)).sentence
    assert "2 hospitals let you" in laid(("Yew", 0.05, False), ("Elm", 0.06, False)).sentence
    hidden = {"peers": {"shown": "none", "values": [], "because": "Too few."}, "collaborative": None}
    made = deck.slide(title="T", label="L", contributing=4, largest_own=1, field=hidden, named=[])
    assert made.sentence.startswith("The collaborative’s rate may not be shown. Nobody is named")
    assert (made.because, made.line, made.dots) == ("Too few.", None, ())
