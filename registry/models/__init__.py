"""The rows of the second floor."""

from registry.models.case import Amendment, Case, CaseRevision, FindingReason
from registry.models.dictionary_version import DictionaryVersion
from registry.models.period import ReportingPeriod
from registry.models.registry import OperationCount, Participation, Registry
from registry.models.snapshot import Snapshot, SnapshotSite
from registry.models.upload import ColumnMapping, Upload

__all__ = [
    "Amendment",
    "Case",
    "CaseRevision",
    "ColumnMapping",
    "DictionaryVersion",
    "FindingReason",
    "OperationCount",
    "Participation",
    "Registry",
    "ReportingPeriod",
    "Snapshot",
    "SnapshotSite",
    "Upload",
]
