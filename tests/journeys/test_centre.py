"""The centre's quarter: staff close a period, the analyst compares and watches, the lead publishes, the site lead sees it."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey
LONG = 120_000


def window(page: Page) -> str:
    """Return which months the site lead's standing speaks of."""
    page.goto("/standing/")
    return re.search(r"[A-Z][a-z]{2} \d{4} – [A-Z][a-z]{2} \d{4}", page.locator("main").inner_text())[0]


def test_a_quarter_is_closed_compared_published_and_seen(signed, accessible):
    site_lead = signed("sitelead")
    before = window(site_lead)
    accessible(site_lead)

    staff = signed("staff")
    staff.get_by_role("link", name="Periods").first.click()
    accessible(staff)
    staff.locator("tr", has_text="over, can be closed").get_by_role("link").first.click()
    label = staff.locator("h1").inner_text()
    accessible(staff)
    staff.get_by_role("button", name=re.compile("^Close ")).click()
    expect(staff.get_by_role("heading", name="Snapshots")).to_be_visible(timeout=LONG)
    expect(staff.locator("main")).to_contain_text("closed", ignore_case=True)
    accessible(staff)

    analyst = signed("analyst")
    analyst.goto("/comparisons/")
    accessible(analyst)
    first = analyst.locator("select[name=upto] option").all_inner_texts()
    analyst.locator("select[name=upto]").select_option(label=next(words for words in first if label in words))
    analyst.get_by_role("button", name="Compare the hospitals").click()
    review = analyst.url
    expect(analyst.locator("main")).to_contain_text(
        re.compile("waiting|Comparing|Reading|to be reviewed", re.IGNORECASE)
    )
    expect(analyst.locator("main")).to_contain_text("to be reviewed", timeout=LONG)
    accessible(analyst)
    assert analyst.get_by_role("button", name="Publish to the hospitals").count() == 0
    assert window(site_lead) == before, "nobody outside the centre sees a comparison before it is published"

    lead = signed("lead")
    lead.goto(review)
    lead.get_by_role("button", name="Publish to the hospitals").click()
    expect(lead.locator("main")).to_contain_text("published", timeout=LONG)
    accessible(lead)

    after = window(site_lead)
    assert after != before
    accessible(site_lead)
    site_lead.locator("main a[href^='/standing/colorectal/']").first.click()
    expect(site_lead.locator("figure").first).to_be_visible()
    accessible(site_lead)
    assert not re.search(r"Alderbrook|Glasswater|Ironvale", site_lead.content()), "no peer by name"
