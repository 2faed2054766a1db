"""Which state may follow which, for cases, amendments, uploads, periods, rules and data queries. Pure; the docs draw these tables."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands."""

    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    SUBMITTED = "SUBMITTED"
    WITHDRAWN = "WITHDRAWN"


class AmendmentState(StrEnum):
    """Where a proposed change to a case of a closed period stands."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


class UploadState(StrEnum):
    """Where a file stands."""

    RECEIVED = "RECEIVED"
    MAPPED = "MAPPED"
    CHECKED = "CHECKED"
    COMMITTING = "COMMITTING"
    COMMITTED = "COMMITTED"
    REFUSED = "REFUSED"
    ABANDONED = "ABANDONED"


class PeriodState(StrEnum):
    """Where a reporting period stands."""

    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class VersionState(StrEnum):
    """Where a dictionary version stands."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class RuleState(StrEnum):
    """Where one version of an edit rule stands."""

    DRAFT = "DRAFT"
    TRIED = "TRIED"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class QueryState(StrEnum):
    """Where a data query stands. WAITING is in line: its hospital has as many new questions this week as it takes."""

    WAITING = "WAITING"
    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    RESOLVED = "RESOLVED"
    WITHDRAWN = "WITHDRAWN"


class AuditState(StrEnum):
    """Where a re-abstraction audit stands."""

    NOTICE = "NOTICE"
    SAMPLED = "SAMPLED"
    IN_REVIEW = "IN_REVIEW"
    PRELIMINARY = "PRELIMINARY"
    RESPONDED = "RESPONDED"
    ADJUDICATED = "ADJUDICATED"
    FINAL = "FINAL"
    CALLED_OFF = "CALLED_OFF"


class SheetState(StrEnum):
    """Where a second reading or a training attempt stands."""

    OPEN = "OPEN"
    DONE = "DONE"


class CertificationState(StrEnum):
    """What somebody may submit for a registry."""

    TRAINEE = "TRAINEE"
    PROVISIONAL = "PROVISIONAL"
    CERTIFIED = "CERTIFIED"
    LAPSED = "LAPSED"


# By kind first: states of two things may have the same name, and equal names are equal keys.
FOLLOWS: dict[type[StrEnum], dict[StrEnum, frozenset[StrEnum]]] = {
    CaseState: {
        CaseState.DRAFT: frozenset({CaseState.REVIEW, CaseState.SUBMITTED, CaseState.WITHDRAWN}),
        CaseState.REVIEW: frozenset({CaseState.SUBMITTED, CaseState.DRAFT, CaseState.WITHDRAWN}),
        CaseState.SUBMITTED: frozenset({CaseState.DRAFT, CaseState.WITHDRAWN}),
        CaseState.WITHDRAWN: frozenset({CaseState.DRAFT}),
    },
    AmendmentState: {
        AmendmentState.PROPOSED: frozenset({AmendmentState.APPROVED, AmendmentState.REFUSED}),
        AmendmentState.APPROVED: frozenset(),
        AmendmentState.REFUSED: frozenset(),
    },
    UploadState: {
        UploadState.RECEIVED: frozenset({UploadState.MAPPED, UploadState.REFUSED, UploadState.ABANDONED}),
        UploadState.MAPPED: frozenset({UploadState.CHECKED, UploadState.REFUSED, UploadState.ABANDONED}),
        UploadState.CHECKED: frozenset(
            {UploadState.MAPPED, UploadState.COMMITTING, UploadState.REFUSED, UploadState.ABANDONED}
        ),
        UploadState.COMMITTING: frozenset({UploadState.COMMITTED, UploadState.CHECKED, UploadState.REFUSED}),
        UploadState.COMMITTED: frozenset(),
        UploadState.REFUSED: frozenset(),
        UploadState.ABANDONED: frozenset(),
    },
    PeriodState: {
        PeriodState.OPEN: frozenset({PeriodState.CLOSING}),
        PeriodState.CLOSING: frozenset({PeriodState.CLOSED, PeriodState.OPEN}),
        PeriodState.CLOSED: frozenset(),
    },
    AuditState: {
        AuditState.NOTICE: frozenset({AuditState.SAMPLED, AuditState.CALLED_OFF}),
        AuditState.SAMPLED: frozenset({AuditState.IN_REVIEW, AuditState.CALLED_OFF}),
        AuditState.IN_REVIEW: frozenset({AuditState.PRELIMINARY, AuditState.CALLED_OFF}),
        AuditState.PRELIMINARY: frozenset({AuditState.RESPONDED}),
        AuditState.RESPONDED: frozenset({AuditState.ADJUDICATED}),
        AuditState.ADJUDICATED: frozenset({AuditState.FINAL}),
        AuditState.FINAL: frozenset(),
        AuditState.CALLED_OFF: frozenset(),
    },
    SheetState: {
        SheetState.OPEN: frozenset({SheetState.DONE}),
        SheetState.DONE: frozenset(),
    },
    CertificationState: {
        CertificationState.TRAINEE: frozenset({CertificationState.PROVISIONAL, CertificationState.CERTIFIED}),
        CertificationState.PROVISIONAL: frozenset({CertificationState.CERTIFIED, CertificationState.LAPSED}),
        CertificationState.CERTIFIED: frozenset({CertificationState.CERTIFIED, CertificationState.LAPSED}),
        CertificationState.LAPSED: frozenset({CertificationState.PROVISIONAL, CertificationState.CERTIFIED}),
    },
    VersionState: {
        VersionState.DRAFT: frozenset({VersionState.PUBLISHED}),
        VersionState.PUBLISHED: frozenset(),
    },
    RuleState: {
        RuleState.DRAFT: frozenset({RuleState.TRIED, RuleState.RETIRED}),
        RuleState.TRIED: frozenset({RuleState.DRAFT, RuleState.PUBLISHED, RuleState.RETIRED}),
        RuleState.PUBLISHED: frozenset({RuleState.RETIRED}),
        RuleState.RETIRED: frozenset(),
    },
    QueryState: {
        QueryState.WAITING: frozenset({QueryState.OPEN, QueryState.RESOLVED, QueryState.WITHDRAWN}),
        QueryState.OPEN: frozenset({QueryState.ANSWERED, QueryState.RESOLVED, QueryState.WITHDRAWN}),
        QueryState.ANSWERED: frozenset({QueryState.OPEN, QueryState.RESOLVED, QueryState.WITHDRAWN}),
        QueryState.RESOLVED: frozenset(),
        QueryState.WITHDRAWN: frozenset(),
    },
}


def may_follow(state: StrEnum, after: StrEnum) -> bool:
    """Tell whether ``after`` may follow ``state``; both are states of the same thing."""
    return after in FOLLOWS[type(state)][state]
