"""The rows of the fourth floor."""

from interventions.models.bright_spot import Candidate, Exemplar, ExemplarStep, Search
from interventions.models.toolkit import (
    Adoption,
    AdoptionNote,
    EvidenceStep,
    Impact,
    ImpactSite,
    Toolkit,
    ToolkitVersion,
)

__all__ = [
    "Adoption",
    "AdoptionNote",
    "Candidate",
    "EvidenceStep",
    "Exemplar",
    "ExemplarStep",
    "Impact",
    "ImpactSite",
    "Search",
    "Toolkit",
    "ToolkitVersion",
]
