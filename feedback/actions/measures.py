"""Load measures: a TOML file becomes an immutable version."""

from datetime import datetime

from django.db.models import Max

from feedback.measures import load as reader
from feedback.measures.definition import Measure
from feedback.models import MeasureVersion
from registry.actions import quality
from registry.models import Registry
from registry.selectors import dictionaries
from sites import audit
from sites.models import Person
from sites.refusals import Refusal


def load(*, registry: Registry, source: bytes, by: Person | str, at: datetime) -> MeasureVersion:
    """Store the next version of a measure; an unchanged file is the version that is already there."""
    measure = _read(source)
    if measure.registry != registry.code:
        raise Refusal(
            f"This measure is written for “{measure.registry}”, not for “{registry.code}”. Change its registry."
        )
    _require_columns(measure, registry=registry)
    present = MeasureVersion.objects.filter(registry=registry, code=slug(measure), digest=measure.digest).first()
    if present is not None:
        return present
    latest = MeasureVersion.objects.filter(registry=registry, code=slug(measure)).aggregate(n=Max("number"))["n"] or 0
    version = MeasureVersion.objects.create(
        registry=registry,
        code=slug(measure),
        number=latest + 1,
        title=measure.title,
        kind=measure.kind.value,
        adverse=measure.adverse,
        source=source,
        digest=measure.digest,
        loaded_at=at,
        loaded_by=by if isinstance(by, Person) else None,
    )
    audit.record(
        action="load measure",
        at=at,
        by=by,
        kind="measure",
        object_id=f"{version.code} {version.number}",
        detail={"digest": measure.digest},
    )
    adjusters = {adjuster.element for adjuster in measure.adjusters}
    quality.watch(
        registry=registry, kind="ADJUSTER", elements=adjusters, source=f"measure {version.code}", by=by, at=at
    )
    return version


def slug(measure: Measure) -> str:
    """Return the measure's code as it stands in addresses."""
    return measure.code.lower()


def _require_columns(measure: Measure, *, registry: Registry) -> None:
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal("Publish the registry's dictionary first; a measure speaks of its elements.")
    faults = reader.faults_against(measure, columns=version.columns)
    if faults:
        raise Refusal(*(str(fault) for fault in faults))


def _read(source: bytes) -> Measure:
    try:
        return reader.load(source)
    except reader.MeasureFaults as faults:
        raise Refusal(*(str(fault) for fault in faults.faults)) from faults
