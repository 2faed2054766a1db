"""What people ask the worker for: a search for bright spots, an invitation of one. Light: the web process imports no statistics here."""

from datetime import datetime

from feedback.models import Comparison
from interventions.models import Search
from sites import audit, outbox
from sites.models import Job, Person
from sites.refusals import Refusal


def search(*, comparison: Comparison, by: Person, at: datetime) -> Job:
    """Ask for a search over the periods up to the end of a published comparison."""
    audit.record(action="look for bright spots", at=at, by=by, kind="comparison", object_id=comparison.code)
    return outbox.after_commit("interventions.search", at=at, by=by, comparison=comparison.pk)


def invite(*, search: Search, label: str, measure_code: str, by: Person, at: datetime) -> Job:
    """Ask for an invitation by the label of a search; the job alone learns whose label it is."""
    chosen = [one for one in search.document.get("nominations", []) if (one["label"], one["measure"]) == (label, measure_code)]
    if not chosen:
        raise Refusal("This search does not nominate that hospital on that measure.")
    audit.record(
        action="invite a bright spot", at=at, by=by, kind="search", object_id=search.code, detail={"label": label, "measure": measure_code}
    )
    return outbox.after_commit(
        "interventions.invite", at=at, by=by, key=f"invite {search.code} {label} {measure_code}",
        search=search.pk, label=label, measure=measure_code,
    )  # fmt: skip
