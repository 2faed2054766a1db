"""The little world on a port, people signed in to it, its jobs run on demand: for journeys that need no whole collaborative."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from celery import current_app
from django.db import transaction
from playwright.sync_api import Browser, Page

from sites import outbox
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import Job
from tests import databases
from tests.databases import as_role
from tests.journeys import steps
from tests.plugin.browser import FLAGS, MISSING, find
from tests.registry.little import NOW, PASSWORD, Little, place
from tests.registry.serving import serving

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(django_db_blocker: Any) -> Iterator[tuple[Little, str]]:
    """Serve the little world, with a second person at the centre."""
    with django_db_blocker.unblock(), databases.cloned(databases.migrated()):
        where = place()
        with as_role("cairn_migrator"), transaction.atomic():
            rita = memberships.add_person(email="rita@example.org", name="Rita Vos", password=PASSWORD, by="test", at=NOW)
            memberships.grant(person=rita, role=Role.CENTRE_LEAD, hospital=None, starts_on=date(2024, 1, 1), by="test", at=NOW)
        where.people["rita"] = rita
        little = where.little(code="little")
        with serving() as address:
            yield little, address


@pytest.fixture(scope="module")
def chromium(playwright: Any) -> Iterator[Browser]:
    """Start the browser once."""
    if find() is None:
        pytest.skip(MISSING)
    browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def people(site: tuple[Little, str], chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Sign people in, each in a browser of their own."""
    contexts = []

    def sign_in(name: str, *, size: dict = WIDE) -> Page:
        context = chromium.new_context(viewport=size, base_url=site[1])
        contexts.append(context)
        page = context.new_page()
        steps.sign_in(page, email=f"{name}@example.org", password=PASSWORD, home=site[1])
        return page

    yield sign_in
    for context in contexts:
        context.close()


def run_jobs() -> None:
    """Run every job that waits, as the worker would."""
    current_app.loader.import_default_modules()
    with as_role("cairn_worker"):
        for _ in range(50):
            job = Job.objects.filter(status=Job.Status.QUEUED).order_by("pk").first()
            if job is None:
                return
            outbox.run_once(job.pk, work=current_app.tasks[job.task].work)
            job.refresh_from_db()
            assert job.status == Job.Status.DONE, job.error


def sound(page: Page) -> None:
    """Look for accessibility faults and for a page wider than its window."""
    found = Axe().run(page).response["violations"]
    faults = [(fault["id"], [node["html"][:160] for node in fault["nodes"]][:3]) for fault in found]
    assert not faults, f"{page.url}: {faults}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
