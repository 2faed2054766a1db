"""What the coordinating centre and the community leave behind in the example: the desk, meetings, newsletters."""

from django.utils import timezone

from config.example import desk, gathering
from config.example.world import World
from registry.models import Registry
from sites.models import Person


def fill(world: World, registry: Registry, *, staff: Person, lead: Person) -> None:
    """Fill all of it."""
    desk.fill(world, staff=staff, lead=lead)
    gathering.fill(world, registry, staff=staff, now=timezone.now())
