"""The rows of the second floor."""

from registry.models.attestation import LockWaiver, PeriodAttestation
from registry.models.audit import Audit, AuditCase, AuditReport, ElementDisagreement, SecondReading
from registry.models.carried import SnapshotRevision, UnfitValue
from registry.models.case import Amendment, Case, CaseRevision, FindingReason
from registry.models.data_query import DataQuery, DataQueryMessage, DataQueryValue, Ruling
from registry.models.dictionary_version import DictionaryVersion
from registry.models.edit_rule import EditRule, RuleCount
from registry.models.follow_up import CaseMinutes, ContactAttempt
from registry.models.period import ReportingPeriod
from registry.models.quality import QualityReport, WatchedElement
from registry.models.registry import OperationCount, Participation, Registry
from registry.models.sampling import Cycle, FrameColumn, FrameRow, FrameUpload, ProcedureList, SamplingRules
from registry.models.snapshot import Snapshot, SnapshotSite
from registry.models.training import (
    CaseReview,
    Certification,
    GoldCase,
    TrainingAssignment,
    TrainingAttempt,
    TrainingRules,
)
from registry.models.upload import ColumnMapping, KeptExamination, Upload

__all__ = [
    "Amendment",
    "Audit",
    "AuditCase",
    "AuditReport",
    "Case",
    "CaseMinutes",
    "CaseReview",
    "CaseRevision",
    "Certification",
    "ColumnMapping",
    "ContactAttempt",
    "Cycle",
    "DataQuery",
    "DataQueryMessage",
    "DataQueryValue",
    "DictionaryVersion",
    "EditRule",
    "ElementDisagreement",
    "FindingReason",
    "FrameColumn",
    "FrameRow",
    "FrameUpload",
    "GoldCase",
    "KeptExamination",
    "LockWaiver",
    "OperationCount",
    "Participation",
    "PeriodAttestation",
    "ProcedureList",
    "QualityReport",
    "Registry",
    "ReportingPeriod",
    "RuleCount",
    "Ruling",
    "SamplingRules",
    "SecondReading",
    "Snapshot",
    "SnapshotRevision",
    "SnapshotSite",
    "TrainingAssignment",
    "TrainingAttempt",
    "TrainingRules",
    "UnfitValue",
    "Upload",
    "WatchedElement",
]
