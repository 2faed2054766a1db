"""The only writer of django-guardian's rows: a projection of memberships, so that other tools see who holds what.

A row here is never sufficient: ``policy`` reads memberships, which are dated and can end.
"""

from datetime import date

from django.contrib.auth.models import Permission as DjangoPermission
from django.contrib.contenttypes.models import ContentType
from guardian.models import UserObjectPermission

from sites.access.policy import Authority, authority
from sites.access.roles import PERMISSIONS
from sites.models import Hospital, Person


def project(person: Person, *, on: date) -> None:
    """Make the guardian rows of a person equal to what their memberships give on a day."""
    held = authority(person, on=on)
    content_type = ContentType.objects.get_for_model(Hospital)
    known = dict(DjangoPermission.objects.filter(content_type=content_type).values_list("codename", "id"))
    wanted = {(known[permission.value], str(hospital_id)) for permission, hospital_id in _pairs(held)}
    rows = UserObjectPermission.objects.filter(user=person, content_type=content_type)
    present = set(rows.values_list("permission_id", "object_pk"))
    for permission_id, object_pk in present - wanted:
        rows.filter(permission_id=permission_id, object_pk=object_pk).delete()
    UserObjectPermission.objects.bulk_create(
        UserObjectPermission(user=person, content_type=content_type, permission_id=pid, object_pk=pk)
        for pid, pk in sorted(wanted - present)
    )


def _pairs(held: Authority) -> set[tuple]:
    pairs = set()
    for role, hospital_id in held.roles:
        for permission in PERMISSIONS[role]:
            if hospital_id is not None:
                pairs.add((permission, hospital_id))
    return pairs
