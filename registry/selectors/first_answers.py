"""Read what a new case of a registry starts with."""

from registry.dictionary.defaults import defaults
from registry.models import Registry
from registry.selectors import dictionaries


def first_answers(*, registry: Registry) -> dict[str, str]:
    """Return the first answers that the newest published dictionary gives a case opened in the form; none without one."""
    version = dictionaries.latest(registry)
    return defaults(dictionaries.governed(version, registry=registry)) if version is not None else {}
