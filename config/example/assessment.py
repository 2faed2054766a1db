"""What the assessment of data quality counts in the example, and the first assessment of each registry."""

from django.utils import timezone

from registry.actions import quality
from registry.models import Registry

COMORBIDITIES = (
    "diabetes",
    "smoker",
    "dyspnoea",
    "copd",
    "heart_failure",
    "hypertension",
    "dialysis",
    "ascites",
    "disseminated_cancer",
    "steroids",
    "weight_loss",
    "bleeding_disorder",
)
PRESENT = ("ssi_patos",)
EVENTS = ("ssi",)
SOURCE = "registry"


def watch(registry: Registry, *, by: str) -> None:
    """Name the elements that are counted beside the adjusters of the measures."""
    for kind, elements in (("COMORBIDITY", COMORBIDITIES), ("PRESENT", PRESENT), ("EVENT", EVENTS)):
        quality.watch(registry=registry, kind=kind, elements=elements, source=SOURCE, by=by, at=timezone.now())


def ask() -> None:
    """Ask for an assessment of every registry, as the scheduler does."""
    for registry in Registry.objects.order_by("pk"):
        quality.ask_for(registry=registry, by=None, at=timezone.now())
