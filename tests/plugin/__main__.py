"""`python -m tests.plugin`: make sure of a browser before the tests, or say loudly that there is none."""

import sys

from tests.plugin import browser

if browser.find() is None:
    browser.install()
loud = f"\n{'!' * 100}\n{browser.MISSING}\n{'!' * 100}\n"
print(f"Browser for the journeys: {browser.find()}" if browser.find() else loud, file=sys.stderr, flush=True)
