"""Notices: keep a preference; send the digest of a week once, and what is urgent once each. The mail is the same few words and a link."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from interventions.models import Notice, NoticePreference
from interventions.selectors import notices
from sites import audit
from sites.access import policy
from sites.access.scope import bound
from sites.models import Person

SUBJECTS = {"WEEKLY": "Cairn: something waits for you", "URGENT": "Cairn: something cannot wait"}
BODY = "Something waits for you in Cairn. What it is stands behind your sign-in:\n\n{link}\n\nThere you also choose which mails you get.\n"
FROM_HOUR = 7
logger = logging.getLogger(__name__)


def prefer(*, weekly: bool, urgent: bool, by: Person, at: datetime) -> None:
    """Keep what somebody wishes to be sent."""
    NoticePreference.objects.update_or_create(person=by, defaults={"weekly": weekly, "urgent": urgent, "at": at})
    audit.record(action="choose notices", at=at, by=by, kind="notices", detail={"weekly": weekly, "urgent": urgent})


def send_all(*, at: datetime) -> int:
    """Send everybody what is due to them now; return how many mails went out. Runs as a job.

    What is due to everybody is worked out before the first mail goes: a mail cannot be taken back when a later person fails.
    """
    waiting = [(person, _due(person=person, at=at)) for person in notices.recipients()]
    return sum(_all_sent(fresh, to=person, at=at) for person, fresh in waiting)


def send(*, person: Person, at: datetime) -> int:
    """Send one person the digest of this week and what is urgent, each once, as their preference has it."""
    return _all_sent(_due(person=person, at=at), to=person, at=at)


def _due(*, person: Person, at: datetime) -> list[tuple[str, str, int]]:
    """Return what is to be sent to a person: kind, key, and of how many things it tells.

    What waits is read with exactly the rights that person has now; only how much it is leaves that scope.
    """
    held = policy.authority(person, on=at.date())
    with bound(held.scope()), transaction.atomic():
        found = notices.lines(held=held, at=at)
    weekly, urgent = notices.preference(person_id=person.pk)
    known = notices.sent(person_id=person.pk)
    year, week, day = at.isocalendar()
    due = []
    if weekly and found and (day > 1 or at.hour >= FROM_HOUR):
        due.append(("WEEKLY", f"{year}-{week:02d}", len(found)))
    if urgent:
        due += [("URGENT", line.key, 1) for line in found if line.urgent]
    return [one for one in due if one[:2] not in known]


def _all_sent(fresh: list[tuple[str, str, int]], *, to: Person, at: datetime) -> int:
    return sum(_sent(kind, fresh, to=to, at=at) for kind in sorted({kind for kind, _, _ in fresh}))


def _sent(kind: str, fresh: list[tuple[str, str, int]], *, to: Person, at: datetime) -> int:
    """Send one mail and keep that it went out. One that is not taken is tried again with the next round, others go on."""
    try:  # what a mail server refuses is an OSError, too
        message(kind=kind, to=to.email).send()
    except OSError as error:
        logger.warning("A mail was not taken: %s", error)
        return 0
    Notice.objects.bulk_create(
        Notice(person=to, kind=kind, key=key, n=n, at=at) for one, key, n in fresh if one == kind
    )
    return 1


def message(*, kind: str, to: str) -> EmailMessage:
    """Return the mail: always the same words, and a link to the page behind the sign-in."""
    return EmailMessage(subject=SUBJECTS[kind], body=BODY.format(link=f"{settings.SITE_URL}/notices/"), to=[to])
