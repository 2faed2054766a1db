"""A surgeon of two hospitals sees own cases and own results, and nobody else's."""

import re

import pytest

from registry.models import Case
from tests.house.catalog import ask
from tests.sites.acting import machine, person

pytestmark = pytest.mark.journey


def codes(html: str) -> set[str]:
    return set(re.findall(r'href="/cases/([0-9A-Z]{10})/"', html))


def test_a_surgeon_sees_own_cases_only(whole, signed, accessible):
    with machine():
        own = set(Case.objects.filter(surgeon=person("surgeon")).values_list("code", flat=True))
        other = Case.objects.filter(hospital__code="H04").exclude(surgeon=person("surgeon")).first().code
        assert ask("SELECT count(*) FROM registry_case")[0][0] > 2 * len(own)
    page = signed("surgeon")
    accessible(page)
    page.goto("/cases/?show=all")
    accessible(page)
    seen = codes(page.content())
    while page.locator("a[rel=next]").count():
        page.locator("a[rel=next]").first.click()
        page.wait_for_load_state()
        seen |= codes(page.content())
    assert seen
    assert seen <= own
    assert page.goto(f"/cases/{sorted(own)[0]}/").status == 200
    accessible(page)
    assert page.goto(f"/cases/{other}/").status == 404
    foreign = page.locator("body").inner_text()
    assert page.goto("/cases/ZZZZZZZZZZ/").status == 404
    assert page.locator("body").inner_text() == foreign
    accessible(page)


def test_own_results_are_the_surgeons_alone(signed, accessible):
    page = signed("surgeon")
    page.goto("/my-results/")
    accessible(page)
    link = page.locator("main a[href^='/my-results/']").first
    where = link.get_attribute("href")
    link.click()
    page.wait_for_load_state()
    accessible(page)
    for name in ("sitelead", "lead", "abstractor"):
        assert signed(name).goto(where).status == 403
