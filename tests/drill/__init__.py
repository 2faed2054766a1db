"""``make drill``: kill what can be killed under load, and count what was promised and is not there."""
