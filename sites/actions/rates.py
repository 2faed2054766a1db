"""How often somebody may do what takes much out of the house at once: downloads of cases, above all."""

from django.core.cache import cache

from sites.refusals import TooOften

HOUR = 60 * 60
DOWNLOADS = 10


def spend_download(*, person_id: int, at: float) -> None:
    """Count a download of this person's hour, and refuse the eleventh; nobody else is slowed by it."""
    key = f"downloads:{person_id}:{int(at // HOUR)}"
    cache.add(key, 0, 2 * HOUR)
    if cache.incr(key) > DOWNLOADS:
        raise TooOften(
            f"You have downloaded {DOWNLOADS} files of cases in this hour. Wait for the next hour, or use the API."
        )
