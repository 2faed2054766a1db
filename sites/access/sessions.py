"""The session store: one statement reads a session together with its person and what they hold at this moment.

Nothing is remembered between requests, so a role that ended or an account that was closed is gone at the next one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from sites.access.policy import Authority
from sites.access.roles import Role
from sites.models import Person, Session

# Django's own back end, by name: nobody signs in through the object permissions that stand beside it.
BACKEND = "django.contrib.auth.backends.ModelBackend"
# Since when somebody is signed in; how long at most is counted from there, whatever is saved later.
SINCE = "since"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The person of a session, what they hold, and the names of their own hospitals."""

    person: Person
    authority: Authority
    names: dict[int, str]


class SessionStore(DatabaseStore):
    """Django's store of sessions in the database, with the person beside each."""

    # A page that only watches (a job's progress, whether the session lives) does not keep its session alive.
    passive = False
    _holder: Holder | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Say which rows hold the sessions."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Build the row, with the person that the signed data name."""
        row = super().create_model_instance(data)
        row.person_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        now = timezone.now()
        since = datetime.fromisoformat(data[SINCE]) if SINCE in data else now
        row.ends_at = since + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        row.expire_date = min(now + settings.IDLE, row.ends_at)
        return row

    def load(self) -> dict[str, Any]:
        """Read the session and its person; a session that is gone or over is a new one."""
        self._holder = None
        stays = timedelta(0) if self.passive else settings.IDLE
        found = _found(self.session_key, at=timezone.now(), stays=stays) if self.session_key else None
        if found is None:
            self._session_key = None
            return {}
        data = self.decode(found[0])
        self._holder = _holder(found, data)
        return data

    def holder(self) -> Holder | None:
        """Return who is signed in; None for nobody, and for a session that Django itself must look at again."""
        self._get_session()
        return self._holder


def _found(key: str, *, at: datetime, stays: timedelta) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cairn_who(%s, %s, %s)", [key, at, stays])
        return cursor.fetchone()


def _holder(found: tuple, data: dict[str, Any]) -> Holder | None:
    """Believe the row only where the signed data say the same, and the password is still the one signed in with."""
    _, pk, password, email, name, is_active, last_login, seen_at, held, every = found
    if not is_active or data.get(SESSION_KEY) != str(pk) or data.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    person = Person(
        pk=pk, password=password, email=email, name=name, is_active=True, last_login=last_login, seen_at=seen_at
    )
    person._state.adding, person._state.db = False, "default"
    if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()):
        return None
    roles = tuple((Role(role), hospital_id) for role, hospital_id, _ in held or ())
    authority = Authority(person_id=pk, active=True, roles=roles, every_hospital=tuple(every or ()))
    names = {hospital_id: place for _, hospital_id, place in held or () if hospital_id is not None}
    return Holder(person=person, authority=authority, names=dict(sorted(names.items(), key=lambda one: one[1])))
