"""The rows of the first floor."""

from sites.models.agreement import Agreement, AgreementStep
from sites.models.audit_event import AuditEvent
from sites.models.hospital import Hospital
from sites.models.job import Heartbeat, Job
from sites.models.passkey import Passkey
from sites.models.person import Membership, Person
from sites.models.seal import AuditHead, AuditLink
from sites.models.second_factor import Authenticator, RecoveryCode
from sites.models.session import Session
from sites.models.token import ApiToken

__all__ = [
    "Agreement",
    "AgreementStep",
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "AuditLink",
    "Authenticator",
    "Heartbeat",
    "Hospital",
    "Job",
    "Membership",
    "Passkey",
    "Person",
    "RecoveryCode",
    "Session",
]
