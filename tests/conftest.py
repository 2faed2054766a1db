"""What every test may ask for: databases as real roles, and the whole of Cairn running."""

from tests.databases import empty_world, shared_world, world
from tests.live import live
from tests.plugin.browser import browser_type_launch_args

__all__ = ["browser_type_launch_args", "empty_world", "live", "shared_world", "world"]
