"""The invented people of the example collaborative, and the log-ins of the demo. No database here."""

from dataclasses import dataclass

from sites.access.roles import Role

PASSWORD = "stones-on-the-path"
DOMAIN = "collaborative.example"
PAYER = ("payer@insurer.example", "Pat Underwood")


@dataclass(frozen=True, kw_only=True)
class LogIn:
    """Somebody of the demo who can sign in: role by role, at which hospitals (none: the coordinating centre)."""

    email: str
    name: str
    roles: tuple[tuple[Role, str | None], ...]
    words: str


CENTRE = (
    LogIn(email=f"lead@{DOMAIN}", name="Robin Marsh", roles=((Role.CENTRE_LEAD, None),), words="centre lead"),
    LogIn(email=f"staff@{DOMAIN}", name="Sasha Reed", roles=((Role.CENTRE_STAFF, None),), words="centre staff"),
    LogIn(email=f"staff2@{DOMAIN}", name="Toni Hale", roles=((Role.CENTRE_STAFF, None),), words="centre staff"),
    LogIn(email=f"analyst@{DOMAIN}", name="Alex Stone", roles=((Role.CENTRE_ANALYST, None),), words="centre analyst"),
)


def at_hospitals(first: str, second: str) -> tuple[LogIn, ...]:
    """Return the log-ins of two hospitals; surgeons come with their codes from the truths."""
    return (
        LogIn(
            email=f"abstractor@{DOMAIN}",
            name="Nora Bell",
            roles=((Role.ABSTRACTOR, first),),
            words="abstractor of the first hospital",
        ),
        LogIn(
            email=f"abstractor2@{DOMAIN}",
            name="Owen Tate",
            roles=((Role.ABSTRACTOR, second),),
            words="abstractor of the second hospital",
        ),
        LogIn(
            email=f"sitelead@{DOMAIN}",
            name="Dana Frost",
            roles=((Role.SITE_LEAD, first),),
            words="site lead of the first hospital",
        ),
        LogIn(
            email=f"sitelead2@{DOMAIN}",
            name="Kim Vale",
            roles=((Role.SITE_LEAD, second),),
            words="site lead of the second hospital",
        ),
        LogIn(
            email=f"reviewer@{DOMAIN}",
            name="Ada Finch",
            roles=((Role.REABSTRACTOR, first), (Role.REABSTRACTOR, second)),
            words="re-abstractor",
        ),
        LogIn(
            email=f"reviewer2@{DOMAIN}",
            name="Bram Holt",
            roles=((Role.REABSTRACTOR, first), (Role.REABSTRACTOR, second)),
            words="re-abstractor",
        ),
        LogIn(
            email=f"trainee@{DOMAIN}",
            name="Tess Moor",
            roles=((Role.TRAINEE, first),),
            words="trainee of the first hospital",
        ),
        LogIn(
            email=f"novice@{DOMAIN}",
            name="Milo Grant",
            roles=((Role.TRAINEE, first),),
            words="newly trained at the first hospital",
        ),
    )
