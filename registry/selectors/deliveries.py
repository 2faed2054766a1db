"""Read where a delivered case stands."""

from registry.models import Case, Registry
from sites.refusals import NotFound


def registry_of(*, code: str, hospital_id: int) -> Registry:
    """Return a registry that the hospital takes part in."""
    found = Registry.objects.filter(code=code, participations__hospital_id=hospital_id).first()
    if found is None:
        raise NotFound
    return found


def case(*, registry: Registry, hospital_id: int, key: str) -> Case:
    """Return the case of a hospital with this key, without its answers."""
    rows = Case.objects.filter(registry=registry, hospital_id=hospital_id, key=key).defer("answers")
    found = rows.select_related("period", "version").defer("answers", "version__source", "version__companion").first()
    if found is None:
        raise NotFound
    return found
