"""The rows of the third floor."""

from feedback.models.comparison import (
    CaseLedger,
    Comparison,
    MeasureRun,
    ReferenceModel,
    SiteResult,
    Standing,
    SurgeonResult,
)
from feedback.models.consent import UnblindingConsent
from feedback.models.measure import MeasureVersion
from feedback.models.release import Release, ReleaseObjection

__all__ = [
    "CaseLedger",
    "Comparison",
    "MeasureRun",
    "MeasureVersion",
    "ReferenceModel",
    "Release",
    "ReleaseObjection",
    "SiteResult",
    "Standing",
    "SurgeonResult",
    "UnblindingConsent",
]
