"""Notices: one digest a week, what is urgent once, and a mail that says nothing but that something waits, and where."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from interventions.actions import meetings, notices
from interventions.models import Notice
from interventions.selectors import notices as selectors
from interventions.views import notice
from sites.access import policy
from sites.access.scope import bound
from sites.models import Hospital, Person
from tests.databases import as_role
from tests.interventions.test_bright_spots import as_person
from tests.sites.acting import machine, person, signed_in

NOW = timezone.now()
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)


@pytest.fixture
def post(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SITE_URL = "https://cairn.example"
    mail.outbox = []
    return mail.outbox


def sent(name, at):
    with as_role("cairn_worker"), machine():
        return notices.send(person=person(name), at=at)


def test_a_mail_carries_the_same_words_and_a_link_whoever_gets_it(world, post):
    with as_role("cairn_worker"), machine():
        n = notices.send_all(at=MONDAY)
        hospitals = list(Hospital.objects.values_list("name", "code"))
        people = list(Person.objects.values_list("name", flat=True))
    assert n == len(post) > 10
    assert len({one.body for one in post}) == 1
    assert {one.subject for one in post} <= set(notices.SUBJECTS.values())
    for one in post:
        text = f"{one.subject} {one.body} {one.extra_headers} {one.attachments}"
        assert not [word for pair in hospitals for word in pair if word in text]
        assert not [name for name in people if name in text]
        assert "https://cairn.example/notices/" in one.body
        assert not any(character.isdigit() for character in text)
        assert len(one.to) == 1


def test_a_digest_comes_once_a_week_and_not_before_monday_morning(world, post):
    assert sent("sitelead", MONDAY.replace(hour=6)) == sum(one.subject == notices.SUBJECTS["URGENT"] for one in post)
    post.clear()
    assert sent("sitelead", MONDAY) == 1
    assert sent("sitelead", MONDAY) == 0
    assert sent("sitelead", MONDAY + timedelta(days=3)) == 0
    post.clear()
    sent("sitelead", MONDAY + timedelta(days=7))
    assert notices.SUBJECTS["WEEKLY"] in {one.subject for one in post}
    with as_role("cairn_worker"), machine():
        assert Notice.objects.filter(person=person("sitelead"), kind="WEEKLY").count() == 2


def test_what_is_urgent_comes_at_once_and_once(world, post):
    with machine():
        who = person("staff")
        row = meetings.plan(
            registry_code="colorectal",
            kind="QUARTERLY",
            title="Soon",
            place="",
            starts_at=MONDAY + timedelta(hours=20),
            by=who,
            at=NOW,
        )
        place = Hospital.objects.get(code="H07").pk
        meetings.invite(meeting=row, people=[(person("abstractor2").pk, place)], by=who, at=NOW)
    sent("abstractor2", MONDAY - timedelta(days=2))
    assert notices.SUBJECTS["URGENT"] not in {one.subject for one in post}
    sent("abstractor2", MONDAY)
    sent("abstractor2", MONDAY + timedelta(hours=1))
    assert [one.subject for one in post].count(notices.SUBJECTS["URGENT"]) == 1


def test_who_wishes_no_mail_gets_none(world, post):
    client = signed_in("sitelead")
    assert client.post("/notices/preference/", {}).status_code == 302
    assert sent("sitelead", MONDAY) == 0
    assert post == []
    assert client.get("/notices/").status_code == 200


def test_what_waits_is_read_with_the_rights_of_the_one_it_waits_for(shared_world):
    held = policy.authority(person("sitelead2"), on=NOW.date())
    with bound(held.scope()), transaction.atomic():
        words = " ".join(line.words for line in selectors.lines(held=held, at=NOW))
    assert "Winter meeting" in words
    with machine():
        others = Hospital.objects.exclude(code="H07").values_list("name", flat=True)
        assert not [name for name in others if name in words]
    trainee = policy.authority(person("trainee"), on=NOW.date())
    with bound(trainee.scope()), transaction.atomic():
        assert {line.route for line in selectors.lines(held=trainee, at=NOW)} <= {"interventions:newsletter"}


def test_home_says_in_one_quiet_line_how_much_waits(shared_world):
    held = policy.authority(person("sitelead2"), on=NOW.date())
    with bound(held.scope()), transaction.atomic():
        n = len(selectors.lines(held=held, at=timezone.now()))
    client = signed_in("sitelead2")
    assert 'hx-get="/notices/home/"' in client.get("/").content.decode()
    line = client.get("/notices/home/").content.decode()
    assert n
    assert f">{n} notice" in line
    assert line.count("<p") == 1
    assert "Winter meeting" not in line


def test_a_mail_that_the_server_does_not_take_stops_nobody_elses_and_is_tried_again(world, post, monkeypatch):
    def refuse(self):
        raise OSError("no server")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", refuse)
        assert sent("sitelead", MONDAY) == 0
    assert sent("sitelead", MONDAY) >= 1


def test_no_mail_goes_before_what_is_due_to_everybody_is_known(world, post, monkeypatch):
    """A job that fails is tried again from the start: a mail that had gone would go again."""
    last = max(one.pk for one in everybody())
    honest = selectors.lines

    def failing(*, held, at):
        if held.person_id == last:
            raise ValueError("what waits for this person cannot be read")
        return honest(held=held, at=at)

    monkeypatch.setattr(selectors, "lines", failing)
    with pytest.raises(ValueError, match="cannot be read"), as_role("cairn_worker"), machine():
        notices.send_all(at=MONDAY)
    assert post == []


def everybody():
    with machine():
        return selectors.recipients()


def test_the_page_says_how_much_waits_and_calls_nothing_todays_that_is_not():
    assert notice._sentence(0, urgent=0) == "Nothing is waiting for you."
    assert notice._sentence(1, urgent=0) == "**1** waits for you."
    assert notice._sentence(3, urgent=2) == "**3** wait for you, 2 of them only for a day or two."


def test_a_preference_is_ones_own(world):
    signed_in("sitelead").post("/notices/preference/", {"weekly": "on"})
    with as_person("sitelead2"), transaction.atomic():
        assert selectors.preference(person_id=person("sitelead").pk) == (True, True)
    with as_person("sitelead"), transaction.atomic():
        assert selectors.preference(person_id=person("sitelead").pk) == (True, False)
