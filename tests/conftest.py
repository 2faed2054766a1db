"""What every test may ask for: databases as real roles."""

from tests.databases import empty_world, shared_world, world

__all__ = ["empty_world", "shared_world", "world"]
