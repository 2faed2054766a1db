"""The newsletter: drafted from what happened, written above by the centre, published once. No hospital is named in its words."""

from datetime import date, datetime, timedelta

from interventions.actions.wording import refuse_name, refuse_persons
from interventions.models import Newsletter
from interventions.selectors import newsletters
from sites import audit
from sites.codes import random_code
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal


def draft(*, title: str, since: date, until: date, by: Person, at: datetime) -> Newsletter:
    """Draft a newsletter from what happened in a window that has ended."""
    if not since < until <= at.date() + timedelta(days=1):
        raise Refusal("The window ends after it starts, and today at the latest: a newsletter tells what happened.")
    _refuse(title)
    made = Newsletter.objects.create(
        code=random_code(), title=title, since=since, until=until, happened=newsletters.happened(since=since, until=until), made_at=at,
        made_by=by,
    )  # fmt: skip
    audit.record(action="draft a newsletter", at=at, by=by, kind="newsletter", object_id=made.code)
    return made


def write(*, code: str, letter: str, by: Person, at: datetime) -> None:
    """Write the letter above what happened."""
    row = _draft(code)
    _refuse(letter)
    row.letter = letter
    row.save(update_fields=["letter"])
    audit.record(action="write a newsletter", at=at, by=by, kind="newsletter", object_id=code)


def publish(*, code: str, by: Person, at: datetime) -> None:
    """Publish a draft to every member; it never changes again."""
    row = _draft(code)
    _refuse(row.title, row.letter)
    row.published_at, row.published_by = at, by
    row.save(update_fields=["published_at", "published_by"])
    audit.record(action="publish a newsletter", at=at, by=by, kind="newsletter", object_id=code)


def _draft(code: str) -> Newsletter:
    row = Newsletter.objects.select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        raise NotFound
    if row.published_at is not None:
        raise Refusal("This newsletter was published: it never changes.")
    return row


def _refuse(*texts: str) -> None:
    refuse_persons(*texts)
    for hospital in Hospital.objects.all():
        refuse_name(hospital, *texts)
