"""From trainee to a case that counts: practice in the sandbox, then a submitted case that a colleague releases."""

from datetime import date

import pytest
from django.db import transaction
from playwright.sync_api import expect

from registry.actions import certifications, training
from registry.models import Case
from registry.selectors import certifications as standings
from sites.access.roles import Role
from sites.actions import memberships
from tests.databases import as_role
from tests.journeys.served import NARROW, chromium, people, run_jobs, site, sound  # noqa: F401
from tests.journeys.steps import enter
from tests.journeys.test_audit import keyed
from tests.registry.little import NOW, PASSWORD, WHOLE, everywhere

pytestmark = pytest.mark.journey
NAMES = ("case_id", "operated_on", "surgeon")


@pytest.fixture
def trainee(site):  # noqa: F811
    """Introduce certification with one practice case; add a trainee."""
    little, _ = site
    with as_role("cairn_migrator"), transaction.atomic(), everywhere():
        training.write_gold(
            registry=little.registry, title="A practice chart", vignette="Invented.\n\nEverything stands in it.", weights={}, tolerances={},
            answers={name: text for name, text in WHOLE.items() if name not in NAMES},
            given={"case_id": "PRACTICE", "operated_on": WHOLE["operated_on"]}, by=None, actor="test", at=NOW,
        )  # fmt: skip
        certifications.introduce(registry=little.registry, by=None, actor="test", at=NOW, n_gold=1)
        tia = memberships.add_person(email="tia@example.org", name="Tia Holm", password=PASSWORD, by="test", at=NOW)
        memberships.grant(person=tia, role=Role.TRAINEE, hospital=little.north, starts_on=date(2024, 1, 1), by="test", at=NOW)
    return tia


def test_a_trainee_practises_enters_and_a_colleague_releases(site, people, trainee):  # noqa: F811
    little, _ = site
    page = people("tia")
    assert page.goto("/cases/").status == 403
    page.goto("/training/")
    sound(page)
    page.get_by_role("button", name="Practise").click()
    sound(page)
    wrong = {name: text for name, text in WHOLE.items() if name not in NAMES} | {"asa": "1", "sex": "1", "approach": "1", "smoker": "1"}
    keyed(page, wrong)
    page.get_by_role("button", name="Finish and score").click()
    expect(page.locator("main")).to_contain_text("compared with the agreed reading")
    sound(page)
    run_jobs()
    expect(page.locator("main")).to_contain_text("not passed yet")
    sound(page)
    assert page.goto("/cases/").status == 403
    page.goto("/training/")
    page.get_by_role("button", name="Practise").click()
    keyed(page, {name: text for name, text in WHOLE.items() if name not in NAMES})
    page.get_by_role("button", name="Finish and score").click()
    expect(page.locator("main")).to_contain_text("compared with the agreed reading")
    run_jobs()
    expect(page.locator("main")).to_contain_text("Every element is read as agreed")
    expect(page.locator("main")).to_contain_text("passed")
    with everywhere(), transaction.atomic():
        where = standings.standing(person_id=trainee.pk, hospital_id=little.north.pk, registry_id=little.registry.pk, on=date.today())
    assert where.needs_review

    enter(page, key="T-1", answers=WHOLE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/")
    with everywhere(), transaction.atomic():
        assert Case.objects.get(key="T-1").status == "REVIEW"
    page.goto("/reviews/")
    expect(page.locator("main")).to_contain_text("a colleague releases it")
    nora = people("nora", size=NARROW)
    nora.goto("/reviews/")
    sound(nora)
    nora.get_by_role("button", name="Release").click()
    expect(nora.locator("main")).to_contain_text("counts from now on")
    with everywhere(), transaction.atomic():
        case = Case.objects.get(key="T-1")
        assert (case.status, case.submitted_at is not None) == ("SUBMITTED", True)
    lead = people("lena")
    lead.goto("/training/")
    expect(lead.locator("main")).to_contain_text("provisional")
    sound(lead)
