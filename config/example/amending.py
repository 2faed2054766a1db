"""One chart read again after its quarter was closed: proposed by one person, approved by another, and frozen anew."""

from datetime import datetime

from config.example.world import World, acting, run_jobs
from registry.actions import amendments, periods
from registry.actions.case_merge import Change
from registry.models import Case, Registry
from registry.selectors import dictionaries
from sites.models import Person

ELEMENT, FOUND, RIGHT = "asa", "2", "3"
REASON = "The anaesthesia record says class III; the first reading took the pre-operative clinic's note."


def fill(world: World, registry: Registry, *, hospital: str, abstractor: Person, site_lead: Person, staff: Person, at: datetime) -> None:
    """Amend one case of the newest closed quarter of a hospital, and freeze that quarter again."""
    with acting(abstractor):
        case = _chart(registry, hospital_id=world.hospitals[hospital].pk)
        changes = {ELEMENT: Change(known=FOUND, new=RIGHT)}
        proposed = amendments.propose(case_id=case.pk, changes=changes, reason=REASON, by=abstractor, at=at)
    with acting(site_lead):
        amendments.approve(amendment_id=proposed.pk, by=site_lead, at=at)
    with acting(staff):
        periods.start_refreeze(period=case.period, by=staff, at=at)
    run_jobs()


def _chart(registry: Registry, *, hospital_id: int) -> Case:
    rows = Case.objects.filter(registry=registry, hospital_id=hospital_id, status="SUBMITTED", period__status="CLOSED")
    found = rows.select_related("version", "period__registry").order_by("-period__ordinal", "id")[:200]
    return next(case for case in found if dictionaries.layout(case.version).unpack(case.answers).get(ELEMENT) == FOUND)
