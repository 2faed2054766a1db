"""Finds Chromium for the journeys, installs it where that is possible, and says loudly which tests went without.

`python -m tests.plugin` does the installing; inside pytest nothing is installed.
"""

import os
import shutil
import subprocess
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
MISSING = "No Chromium was found, so browser journeys cannot run. Install it (Debian: apt-get install chromium) or set CAIRN_CHROMIUM."
_skipped: list[str] = []


def find() -> str | None:
    """Find the browser: CAIRN_CHROMIUM, else the first known name on the path."""
    override = os.environ.get("CAIRN_CHROMIUM")
    if override:
        return shutil.which(override)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Debian's Chromium when we are root on a machine with apt."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print("Installing Chromium for the browser journeys …", flush=True)
    variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
        subprocess.run(["apt-get", "-q", *arguments], stdout=subprocess.DEVNULL, env=variables, check=False)


def in_ci() -> bool:
    """Tell whether continuous integration runs us, where a missing browser is a failure."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a journey without a browser in CI; elsewhere skip it, and remember its name."""
    if item.get_closest_marker("journey") is None or find() is not None:
        return
    if in_ci():
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the names of journeys that were skipped for want of a browser (also those of workers)."""
    if report.skipped and isinstance(report.longrepr, tuple) and MISSING in report.longrepr[2]:
        _skipped.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end what did not run."""
    if _skipped:
        terminalreporter.section("BROWSER JOURNEYS THAT DID NOT RUN", sep="!", red=True)
        terminalreporter.line(MISSING)
        for name in _skipped:
            terminalreporter.line(f"  {name}")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's Chromium, which works as root and reaches nothing outside."""
    return {**browser_type_launch_args, "executable_path": find(), "args": list(FLAGS)}
