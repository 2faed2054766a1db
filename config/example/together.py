"""What the coordinating centre and the community leave behind in the example: the desk, newsletters, meetings, questions, votes."""

from django.utils import timezone

from config.example import community, desk, gathering
from config.example.world import World
from registry.models import Registry
from sites.models import Person


def fill(world: World, registry: Registry, *, staff: Person, lead: Person, found: bool) -> None:
    """Fill all of it; ``found`` lets two hospitals' people be found by everybody."""
    desk.fill(world, staff=staff, lead=lead)
    gathering.fill(world, registry, staff=staff, now=timezone.now())
    community.fill(world, staff=staff, lead=lead, now=timezone.now(), found=found)
