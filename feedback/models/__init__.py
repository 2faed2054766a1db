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
from feedback.models.measure import MeasureVersion
from feedback.models.release import Release

__all__ = [
    "CaseLedger",
    "Comparison",
    "MeasureRun",
    "MeasureVersion",
    "ReferenceModel",
    "Release",
    "SiteResult",
    "Standing",
    "SurgeonResult",
]
