"""Person and Membership: who somebody is, and the dated authority they hold."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q

from sites.access.roles import Role


class PersonManager(BaseUserManager):
    """Find a person by the e-mail address they sign in with, whatever its case."""

    def get_by_natural_key(self, username: str) -> "Person":
        """Return the person with this address."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. Authority comes only from memberships; there is no superuser."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="person_is_never_superuser"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        """Return the name as written."""
        return self.name


class Membership(models.Model):
    """A role a person holds at a hospital (or at the coordinating centre) from a day on, and no longer on the day it ends."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    hospital = models.ForeignKey(
        "sites.Hospital", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=24, choices=Role.choices())
    surgeon_code = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_never_ends_before_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.centre_values(), hospital__isnull=True)
                | (~Q(role__in=Role.centre_values()) & Q(hospital__isnull=False)),
                name="membership_hospital_fits_role",
            ),
            models.UniqueConstraint(
                fields=["person", "hospital", "role", "starts_on"], name="membership_once", nulls_distinct=False
            ),
            models.UniqueConstraint(
                fields=["hospital", "surgeon_code"],
                condition=~Q(surgeon_code="") & Q(ends_on__isnull=True),
                name="surgeon_code_once_per_hospital",
            ),
        ]
