"""The roles, what each may do, and a sentence about each that a person reads."""

from enum import StrEnum

from sites.access.permissions import Permission as P


class Role(StrEnum):
    """A bundle of permissions; the last three belong to the coordinating centre and reach every hospital."""

    TRAINEE = "TRAINEE"
    ABSTRACTOR = "ABSTRACTOR"
    SURGEON = "SURGEON"
    SITE_LEAD = "SITE_LEAD"
    REABSTRACTOR = "REABSTRACTOR"
    CENTRE_STAFF = "CENTRE_STAFF"
    CENTRE_ANALYST = "CENTRE_ANALYST"
    CENTRE_LEAD = "CENTRE_LEAD"

    @property
    def words(self) -> str:
        """Return the role's name as people say it."""
        return self.value.replace("_", " ").lower().replace("reabstractor", "re-abstractor")

    @property
    def is_centre(self) -> bool:
        """Tell whether the role belongs to the coordinating centre."""
        return self.value in self.centre_values()

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return the choices of a model field."""
        return [(role.value, role.words) for role in cls]

    @classmethod
    def centre_values(cls) -> list[str]:
        """Return the roles of the coordinating centre."""
        return ["CENTRE_STAFF", "CENTRE_ANALYST", "CENTRE_LEAD"]


PERMISSIONS: dict[Role, frozenset[P]] = {
    Role.TRAINEE: frozenset({P.TRAIN, P.READ_CATALOGUE}),
    Role.ABSTRACTOR: frozenset(
        {P.ENTER_CASES, P.IMPORT_CASES, P.READ_CASES, P.READ_STANDING, P.READ_QUALITY, P.USE_API, P.TRAIN, P.READ_CATALOGUE}
    ),
    Role.SURGEON: frozenset({P.READ_OWN_CASES, P.READ_STANDING, P.READ_OWN_STANDING, P.READ_CATALOGUE}),
    Role.SITE_LEAD: frozenset(
        {
            P.ENTER_CASES,
            P.IMPORT_CASES,
            P.READ_CASES,
            P.AMEND_CASES,
            P.ATTEST_PERIODS,
            P.READ_STANDING,
            P.READ_QUALITY,
            P.MANAGE_PEOPLE,
            P.USE_API,
            P.READ_TRAIL,
            P.ADOPT,
            P.AGREE,
            P.READ_AGREEMENTS,
            P.READ_CATALOGUE,
        }
    ),
    Role.REABSTRACTOR: frozenset({P.REABSTRACT, P.READ_CATALOGUE}),
    Role.CENTRE_STAFF: frozenset(
        {
            P.IMPORT_ACROSS,
            P.READ_BLINDED,
            P.IDENTIFY,
            P.READ_QUALITY,
            P.DEFINE,
            P.RAISE_QUERIES,
            P.RUN_AUDITS,
            P.CLOSE_PERIODS,
            P.PREPARE_RELEASES,
            P.READ_AGREEMENTS,
            P.CURATE,
            P.READ_TRAIL,
            P.READ_CATALOGUE,
        }
    ),
    Role.CENTRE_ANALYST: frozenset(
        {
            P.READ_BLINDED,
            P.READ_QUALITY,
            P.RUN_COMPARISONS,
            P.CHECK_RELEASES,
            P.READ_AGREEMENTS,
            P.READ_TRAIL,
            P.READ_CATALOGUE,
        }
    ),
    Role.CENTRE_LEAD: frozenset(
        {
            P.READ_BLINDED,
            P.IDENTIFY,
            P.READ_QUALITY,
            P.DEFINE,
            P.RAISE_QUERIES,
            P.RUN_AUDITS,
            P.CLOSE_PERIODS,
            P.RUN_COMPARISONS,
            P.PUBLISH_COMPARISONS,
            P.CHECK_RELEASES,
            P.READ_AGREEMENTS,
            P.MANAGE_PEOPLE,
            P.ENROL_HOSPITALS,
            P.CURATE,
            P.READ_TRAIL,
            P.READ_CATALOGUE,
        }
    ),
}

SENTENCES: dict[Role, str] = {
    Role.TRAINEE: "Practises on invented cases; sees no real one before that is passed.",
    Role.ABSTRACTOR: "Reads charts into cases for one hospital.",
    Role.SURGEON: "Sees the hospital's standing, and alone sees their own results and cases.",
    Role.SITE_LEAD: "Answers for one hospital: its cases, its people, its standing.",
    Role.REABSTRACTOR: "Reads an assigned sample of charts again, without seeing the first reading.",
    Role.CENTRE_STAFF: "Keeps the data of all hospitals in order and prepares releases; sees results without names.",
    Role.CENTRE_ANALYST: "Runs and reviews comparisons without names and checks releases.",
    Role.CENTRE_LEAD: "Publishes comparisons, checks releases and enrols hospitals.",
}
