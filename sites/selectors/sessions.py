"""The signed-in browsers of one person, for that person."""

from dataclasses import dataclass
from datetime import datetime

from sites.access.secrets import digest
from sites.access.sessions import SINCE, SessionStore
from sites.models import Session

# The first sign found counts: each browser also carries the names of those it wants to be taken for.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One browser: a mark that is no key, since when it is signed in, from where, until when at most, and whether it is this one."""

    code: str
    since: datetime | None
    source: str
    agent: str
    until: datetime
    current: bool

    @property
    def browser(self) -> str:
        """Say which browser it is as its owner would: "Firefox on Windows"."""
        name, system = (
            next((words for sign, words in signs if sign in self.agent), "") for signs in (BROWSERS, SYSTEMS)
        )
        return f"{name} on {system}" if name and system else name or system or self.agent[:40] or "unknown"


def mark(key: str) -> str:
    """Return what names a session on a page: nobody gets from it to the key."""
    return digest(key)[:16]


def of(*, person_id: int, key: str | None, at: datetime) -> list[Seen]:
    """Return a person's live sessions, this one first, then the newest."""
    found = []
    for row in Session.objects.filter(person_id=person_id, expire_date__gt=at):
        data = SessionStore().decode(row.session_data)
        since = data.get(SINCE)
        found.append(
            Seen(
                code=mark(row.session_key),
                since=datetime.fromisoformat(since) if since else None,
                source=data.get("source", ""),
                agent=data.get("agent", ""),
                until=row.ends_at,
                current=row.session_key == key,
            )
        )
    return sorted(found, key=lambda seen: (not seen.current, -seen.until.timestamp()))
