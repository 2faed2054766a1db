"""The whole of Cairn for the journeys of one run, people signed in to it, and the look for accessibility faults."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from config.embedded import services
from config.example import fill, generate
from registry.actions.certifications import certify
from registry.models import Registry
from registry.selectors.certifications import standing
from tests import live as running
from tests.collaborative import CASES, HOSPITALS, PASSWORD, address
from tests.databases import as_role, cloned, universe
from tests.journeys import steps
from tests.plugin.browser import FLAGS, MISSING, find
from tests.sites.acting import machine, person

WIDE = {"width": 1280, "height": 860}
DAY = re.compile(r"^\d{4}-\d\d-\d\d")
QUARTER = timedelta(days=92)


@pytest.fixture(scope="session")
def chromium_once(playwright: Any) -> Iterator[Browser]:
    """Start the browser once."""
    if find() is None:
        pytest.skip(MISSING)
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    yield browser
    browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell the whole story last: it closes the quarter into which other journeys write."""
    items.sort(key=lambda item: item.path.name == "test_one_story.py")


@pytest.fixture(scope="session")
def whole(django_db_blocker: Any) -> Iterator[running.Live]:
    """Run web, worker, beat and portal over a universe with cases in the quarter that is over and still open."""
    with django_db_blocker.unblock(), cloned(universe()) as made:
        with as_role("cairn_worker"):
            _next_quarter()
        supervisor = running._supervisor(made)
        supervisor.overrides = {**supervisor.overrides, "CAIRN_STATIC_ROOT": str(running._static())}
        web, portal = supervisor.addresses.web_url, supervisor.addresses.portal_url
        try:
            supervisor.run_steps([services.ADD_PAYER])
            supervisor.start((services.WEB, services.WORKER, services.BEAT, services.PORTAL))
            supervisor.wait_ready([f"{web}/sign-in/", f"{portal}/sign-in/"])
            yield running.Live(web=web, portal=portal, world=made, logs=supervisor.servers.places.logs)
        finally:
            supervisor.stop()


def _next_quarter() -> None:
    """Upload, as each hospital's abstractor, the cases of its newest quarter again, one quarter later."""
    files = generate.small(seed=1, hospitals=HOSPITALS, cases=CASES, latest=4).files
    with machine():
        registry = Registry.objects.get(code="colorectal")
        open_one = registry.periods.filter(status="OPEN").order_by("ordinal").first()
        hospitals = {row.hospital.code: row.hospital for row in registry.participations.select_related("hospital")}
    staff, now = person("staff"), timezone.now()
    for code, content in files.items():
        who = person(f"abstractor-{code.lower()}")
        with fill.acting(staff):
            place = {"hospital_id": hospitals[code].pk, "registry_id": registry.pk}
            # One of the example's abstractors has lapsed after an audit; a quarter later the training is done.
            if standing(person_id=who.pk, on=now.date(), **place).needs_review:
                certify(person=who, hospital=hospitals[code], registry=registry, reason="Trained again.", by=staff, at=now)
        fill.upload(
            registry,
            by=who,
            hospital=hospitals[code],
            name=f"{code}-next.csv",
            content=_later(content, into=(open_one.starts_on, open_one.ends_before)),
        )


def _later(content: bytes, *, into: tuple[date, date]) -> bytes:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    kept = []
    for row in rows:
        moved = {name: _moved(value) for name, value in row.items()} | {"case_id": f"{row['case_id']}N"}
        if into[0].isoformat() <= moved["operated_on"] < into[1].isoformat():
            kept.append(moved)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(kept)
    return out.getvalue().encode()


def _moved(value: str) -> str:
    if not DAY.match(value):
        return value
    return (date.fromisoformat(value[:10]) + QUARTER).isoformat() + value[10:]


@pytest.fixture
def signed(whole: running.Live, chromium_once: Browser) -> Iterator[Callable[[str], Page]]:
    """Sign people of the universe in, each in a browser of their own."""
    contexts: list[BrowserContext] = []

    def sign_in(name: str) -> Page:
        page = visitor()
        steps.sign_in(page, email=address(name), password=PASSWORD, home=whole.web)
        return page

    def visitor(base: str = "") -> Page:
        context = chromium_once.new_context(viewport=WIDE, base_url=base or whole.web)
        contexts.append(context)
        return context.new_page()

    sign_in.visitor = visitor
    yield sign_in
    for context in contexts:
        context.close()


@pytest.fixture
def accessible() -> Iterator[Callable[[Page], None]]:
    """Look for accessibility faults on the pages of a journey; whatever was found fails it at its end."""
    axe, faults = Axe(), []

    def look(page: Page) -> None:
        found = axe.run(page).response["violations"]
        faults.extend((page.url, fault["id"], [node["html"][:120] for node in fault["nodes"]][:3]) for fault in found)

    yield look
    assert not faults, faults
