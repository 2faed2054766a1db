"""The rows of the second floor."""

from registry.models.carried import SnapshotRevision, UnfitValue
from registry.models.case import Amendment, Case, CaseRevision, FindingReason
from registry.models.data_query import DataQuery, DataQueryMessage, DataQueryValue, Ruling
from registry.models.dictionary_version import DictionaryVersion
from registry.models.edit_rule import EditRule, RuleCount
from registry.models.period import ReportingPeriod
from registry.models.registry import OperationCount, Participation, Registry
from registry.models.snapshot import Snapshot, SnapshotSite
from registry.models.upload import ColumnMapping, Upload

__all__ = [
    "Amendment",
    "Case",
    "CaseRevision",
    "ColumnMapping",
    "DataQuery",
    "DataQueryMessage",
    "DataQueryValue",
    "DictionaryVersion",
    "EditRule",
    "FindingReason",
    "OperationCount",
    "Participation",
    "Registry",
    "ReportingPeriod",
    "RuleCount",
    "Ruling",
    "Snapshot",
    "SnapshotRevision",
    "SnapshotSite",
    "UnfitValue",
    "Upload",
]
