"""What signing in leaves behind: the trail, and the brake on guessing."""

from datetime import datetime, timedelta

from django.core.cache import cache

from sites import audit
from sites.models import Person, Session
from sites.selectors.sessions import mark

WINDOW = 15 * 60
MOST_PER_PAIR = 5
MOST_PER_SOURCE = 40
MOST_QUESTIONS = 200


def _keys(address: str, source: str) -> tuple[tuple[str, int], ...]:
    pair = audit_safe(address)
    return ((f"failed:{pair}:{source}", MOST_PER_PAIR), (f"failed:{source}", MOST_PER_SOURCE))


def audit_safe(address: str) -> str:
    """Return an address as a cache key."""
    return address.strip().lower().encode().hex()[:120]


def too_many_failures(*, address: str, source: str) -> bool:
    """Tell whether this address from this place, or this place, has failed too often; others are not locked out."""
    return any(cache.get(key, 0) >= most for key, most in _keys(address, source))


def failed(*, address: str, source: str, at: datetime) -> None:
    """Count a failure and note it in the trail; what was typed as an address is kept only if it is somebody's."""
    meant = Person.objects.filter(email__iexact=address).values_list("pk", flat=True).first()
    audit.record(
        action="failed sign-in",
        at=at,
        by="sign-in",
        kind="person" if meant else "",
        object_id=str(meant or ""),
        detail={"source": source},
    )
    for key, _ in _keys(address, source):
        if not cache.add(key, 1, WINDOW):
            cache.incr(key)


def too_many_questions(*, source: str) -> bool:
    """Count a question for a passkey that nobody in particular was asked; tell whether this place has asked too many."""
    key = f"asked:{source}"
    return not cache.add(key, 1, WINDOW) and cache.incr(key) > MOST_QUESTIONS


def signed_in(*, person: Person, at: datetime) -> None:
    """Note a sign-in, and sweep away what is left of sessions that ended a day ago."""
    Session.objects.filter(expire_date__lt=at - timedelta(days=1)).delete()
    Person.objects.filter(pk=person.pk).update(seen_at=at)
    audit.record(action="sign in", at=at, by=person)


def identified(*, person: Person, hospital_ids: tuple[int, ...], reason: str, at: datetime) -> None:
    """Write into every hospital's trail that somebody entered identified mode, and why."""
    for hospital_id in hospital_ids:
        audit.record(action="enter identified mode", at=at, by=person, hospital_id=hospital_id, reason=reason)


def end(*, person: Person, code: str, at: datetime) -> bool:
    """End one session of a person, named by its mark; tell whether there was one."""
    for key in Session.objects.filter(person=person, expire_date__gt=at).values_list("session_key", flat=True):
        if mark(key) == code:
            Session.objects.filter(session_key=key).delete()
            audit.record(action="end session", at=at, by=person)
            return True
    return False


def end_others(*, person: Person, key: str | None, at: datetime) -> None:
    """End every session of a person but one."""
    Session.objects.filter(person=person).exclude(session_key=key).delete()
    audit.record(action="end other sessions", at=at, by=person)
