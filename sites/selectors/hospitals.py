"""Read hospitals within the caller's reach."""

from sites.models import Hospital
from sites.refusals import NotFound


def names(*, hospital_ids: tuple[int, ...]) -> dict[int, str]:
    """Return the names of hospitals by id, in order of name; row security hides what is out of reach."""
    if not hospital_ids:
        return {}
    rows = Hospital.objects.filter(pk__in=hospital_ids).order_by("name").values_list("pk", "name")
    return dict(rows)


def reached(*, hospital_ids: tuple[int, ...]) -> list[Hospital]:
    """Return the hospitals of these ids in order of name."""
    return list(Hospital.objects.filter(pk__in=hospital_ids).order_by("name"))


def one(*, hospital_id: int) -> Hospital:
    """Return one hospital within reach."""
    hospital = Hospital.objects.filter(pk=hospital_id).first()
    if hospital is None:
        raise NotFound
    return hospital
