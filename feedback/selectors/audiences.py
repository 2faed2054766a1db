"""Who will read a comparison: the distinct sets of own hospitals that people have."""

from collections import defaultdict
from datetime import date

from django.db.models import Q

from feedback import blinding
from registry.models import Participation, Registry
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.models import Membership


def own_sets(*, registry: Registry, on: date) -> tuple[tuple[int, ...], ...]:
    """Return each set of own hospitals with somebody who may see its standing, and the empty set of the centre."""
    taking_part = set(Participation.objects.filter(registry=registry).values_list("hospital_id", flat=True))
    roles = [role.value for role in policy.roles_with(P.READ_STANDING)]
    rows = Membership.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on), starts_on__lte=on, role__in=roles, person__is_active=True
    ).values_list("person_id", "hospital_id")
    by_person: dict[int, set[int]] = defaultdict(set)
    for person_id, hospital_id in rows:
        if hospital_id in taking_part:
            by_person[person_id].add(hospital_id)
    singles = {(hospital_id,) for hospital_id in taking_part}
    return tuple(sorted({(), *singles, *blinding.own_sets({p: tuple(h) for p, h in by_person.items()})}))


def own_set_of(*, registry_code: str, hospital_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return a person's own set in a registry: their hospitals that take part in it, sorted."""
    if not hospital_ids:
        return ()
    rows = Participation.objects.filter(registry__code=registry_code, hospital_id__in=hospital_ids)
    return tuple(sorted(rows.values_list("hospital_id", flat=True)))
