"""Components of a toolkit at a hospital: begun, stopped, or not for now, with what stands in the way."""

from datetime import date, datetime

from interventions.models import Hindrance, Toolkit, ToolkitVersion, Uptake
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

Kind = Uptake.Kind


def say(
    *,
    toolkit: Toolkit,
    hospital_id: int,
    component: str,
    kind: str,
    on_day: date,
    hindrance: str,
    words: str,
    by: Person,
    at: datetime,
) -> Uptake:
    """Keep what a hospital says of one component of the newest version."""
    version = ToolkitVersion.objects.filter(toolkit=toolkit).order_by("-number").first()
    if component not in version.components:
        raise Refusal("The toolkit has no such component.")
    if kind != Kind.STARTS and hindrance not in Hindrance.values:
        raise Refusal("Say what stands in the way: that is what others, and the coordinating centre, can help with.")
    if kind == Kind.STARTS and on_day < toolkit.offered_on:
        raise Refusal(f"This toolkit is on offer from {toolkit.offered_on:%-d %B %Y}.")
    if kind != Kind.STARTS and on_day > at.date():
        raise Refusal("What has not happened yet is not kept.")
    made = Uptake.objects.create(
        toolkit=toolkit, hospital_id=hospital_id, component=component, kind=kind, on_day=on_day, hindrance="" if kind == Kind.STARTS else hindrance,
        words=words, at=at, by=by,
    )  # fmt: skip
    audit.record(
        action="say of a component", at=at, by=by, hospital_id=hospital_id, kind="toolkit", object_id=toolkit.code,
        detail={"kind": kind, "place": version.components.index(component) + 1, "on": on_day.isoformat(), "hindrance": made.hindrance},
    )  # fmt: skip
    return made
