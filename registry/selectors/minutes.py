"""What an element costs: the measured minutes it takes of a case, over all measured cases of a registry. For the centre."""

from django.db import connection


def by_element(*, registry_id: int) -> dict[str, float]:
    """Return the minutes per measured case that go into each element; empty where nothing was measured. Sums only, no case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT element, minutes FROM cairn_element_minutes(%s)", [registry_id])
        return {element: float(minutes) for element, minutes in cursor.fetchall()}
