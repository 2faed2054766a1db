"""The one lock: who may do what, where. Everything else asks here.

Order: inactive people may nothing; then the role table speaks; what nothing matched is denied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import Q

from sites.access.permissions import Permission
from sites.access.roles import PERMISSIONS, Role
from sites.access.scope import Scope, bound
from sites.models import Membership, Person
from sites.refusals import NotAllowed, NotFound


@dataclass(frozen=True, kw_only=True)
class Authority:
    """What one person holds today: roles by hospital (None is the coordinating centre) and all hospital ids."""

    person_id: int
    active: bool
    roles: tuple[tuple[Role, int | None], ...]
    every_hospital: tuple[int, ...] = ()
    identified: bool = False

    def permissions(self) -> frozenset[Permission]:
        """Return every permission held anywhere."""
        return frozenset().union(*(PERMISSIONS[role] for role, _ in self.roles)) if self.active else frozenset()

    def hospitals(self, permission: Permission) -> tuple[int, ...]:
        """Return the hospitals this permission reaches, in order of id."""
        if not self.active:
            return ()
        reached: set[int] = set()
        for role, hospital_id in self.roles:
            if permission in PERMISSIONS[role]:
                reached |= set(self.every_hospital) if hospital_id is None else {hospital_id}
        return tuple(sorted(reached))

    @property
    def is_centre(self) -> bool:
        """Tell whether the person works for the coordinating centre."""
        return self.active and any(hospital_id is None for _, hospital_id in self.roles)

    @property
    def own_hospitals(self) -> tuple[int, ...]:
        """Return the hospitals of the person's own memberships."""
        return tuple(sorted({h for _, h in self.roles if h is not None})) if self.active else ()

    def scope(self) -> Scope:
        """Return what PostgreSQL is told for this person."""
        if not self.active or not self.roles:
            return Scope(person=self.person_id if self.active else 0)
        identified = self.identified and Permission.IDENTIFY in self.permissions()
        cases = set(self.hospitals(Permission.READ_CASES))
        results = set(self.hospitals(Permission.READ_STANDING))
        if identified:
            cases |= set(self.every_hospital)
            results |= set(self.every_hospital)
        return Scope(
            person=self.person_id,
            hospitals=self.every_hospital if self.is_centre else self.own_hospitals,
            case_hospitals=tuple(sorted(cases)),
            result_hospitals=tuple(sorted(results)),
            trail_hospitals=self.hospitals(Permission.READ_TRAIL),
            audit_hospitals=self.hospitals(Permission.RUN_AUDITS),
            surgeon=self.person_id if self.hospitals(Permission.READ_OWN_CASES) else 0,
            centre=self.is_centre,
        )


NOBODY = Authority(person_id=0, active=False, roles=())


def authority(person: Person, *, on: date, identified: bool = False) -> Authority:
    """Read what a person holds on a day, under a scope that shows them their own memberships only."""
    if not person.is_active:
        return NOBODY
    with bound(Scope(person=person.pk)), transaction.atomic():
        rows = tuple(
            Membership.objects.filter(_valid(on), person_id=person.pk).order_by("id").values_list("role", "hospital_id")
        )
        roles = tuple((Role(role), hospital_id) for role, hospital_id in rows)
        every = all_hospital_ids() if any(hospital_id is None for _, hospital_id in roles) else ()
    return Authority(person_id=person.pk, active=True, roles=roles, every_hospital=every, identified=identified)


def all_hospital_ids() -> tuple[int, ...]:
    """Return every hospital's id; ids say nothing by themselves and rows stay guarded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_hospital_ids()")
        return tuple(cursor.fetchone()[0])


def _valid(on: date) -> Q:
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))


def can(held: Authority, permission: Permission, *, hospital_id: int | None = None) -> bool:
    """Tell whether the permission is held: anywhere, or for the named hospital."""
    if hospital_id is None:
        return permission in held.permissions()
    return hospital_id in held.hospitals(permission)


def require(held: Authority, permission: Permission, *, hospital_id: int | None = None) -> None:
    """Refuse unless the permission is held. What lies outside one's hospitals is missing, not forbidden."""
    if can(held, permission, hospital_id=hospital_id):
        return
    if hospital_id is not None and hospital_id not in held.scope().hospitals:
        raise NotFound
    raise NotAllowed(f"Your role does not let you {permission.words}. Ask your site lead or the coordinating centre.")


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """Return the roles that hold a permission."""
    return tuple(role for role in Role if permission in PERMISSIONS[role])


def who(permission: Permission, *, hospital_id: int, on: date) -> tuple[int, ...]:
    """Return the people (ids) who hold a permission for a hospital on a day."""
    roles: Iterable[Role] = roles_with(permission)
    rows = Membership.objects.filter(
        _valid(on),
        Q(hospital_id=hospital_id) | Q(hospital_id__isnull=True),
        role__in=[role.value for role in roles],
        person__is_active=True,
    )
    return tuple(sorted(set(rows.values_list("person_id", flat=True))))


def system(*, name: str, hospitals: tuple[int, ...] | None = None) -> "SystemActor":
    """Name a machine that acts, with the hospitals it declares to reach (all by default)."""
    return SystemActor(name=name, hospitals=all_hospital_ids() if hospitals is None else hospitals)


@dataclass(frozen=True, kw_only=True)
class SystemActor:
    """A named machine with a declared reach."""

    name: str
    hospitals: tuple[int, ...]

    def scope(self) -> Scope:
        """Return the scope of the machine's job."""
        return Scope(
            hospitals=self.hospitals,
            case_hospitals=self.hospitals,
            result_hospitals=self.hospitals,
            trail_hospitals=self.hospitals,
            audit_hospitals=self.hospitals,
            centre=True,
        )
