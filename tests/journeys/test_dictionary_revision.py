"""A dictionary from its draft to the drafts of cases carried to it: what it touches, what does not fit, nothing lost."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from playwright.sync_api import expect

from registry.models import Case, CaseRevision, UnfitValue
from registry.selectors import dictionaries
from tests.journeys.served import chromium, people, run_jobs, site, sound  # noqa: F401
from tests.registry.little import COMPANION, HEADER, ROWS, WHOLE, everywhere

pytestmark = pytest.mark.journey

# Height goes, weight is asked in whole numbers, one class of ASA goes, a field is added.
NEXT = [
    row.replace("Weight,,,number", "Weight,,,integer").replace(" | 5, V", "")
    for row in ROWS
    if not row.startswith(("height_cm", "bmi"))
]
NEXT.insert(6, "frailty,risk,,yesno,Frail,,,,,,,,,,,,,")
# Two more are calculated by their tags: a day, and words that follow the weight.
NEXT[7:7] = [
    "call_on,risk,,text,Call on,,,date_dmy" + "," * 10 + "\"@CALCDATE([operated_on], 28, 'd')\"",
    "build,risk,,text,Build,," + "," * 11 + "\"@CALCTEXT(if([weight_kg] > 100, 'heavy', 'usual'))\"",
]


def held(key):
    with everywhere(), transaction.atomic():
        case = Case.objects.select_related("version").get(key=key)
        return case.version.number, dictionaries.layout(case.version).unpack(case.answers)


def test_a_revision_shows_what_it_touches_and_carries_the_drafts(site, people):  # noqa: F811
    little, _ = site
    little.open("D-1", WHOLE | {"height_cm": "170", "weight_kg": "80.5", "asa": "5"})
    little.open("D-2", WHOLE | {"weight_kg": "71"})
    little.submitted("D-3")
    cleo = people("cleo")
    cleo.goto("/dictionaries/")
    sound(cleo)
    cleo.get_by_text("New version").click()
    source = (HEADER + "\n".join(NEXT) + "\n").encode()
    cleo.get_by_label("Data dictionary").set_input_files({"name": "d.csv", "mimeType": "text/csv", "buffer": source})
    cleo.get_by_label("Companion").set_input_files({"name": "c.toml", "mimeType": "text/plain", "buffer": COMPANION.encode()})
    cleo.get_by_role("button", name="Keep as a draft").click()
    cleo.wait_for_url("**/dictionaries/little/2/")
    touched = cleo.get_by_role("row", name="height_cm")
    expect(touched).to_contain_text("removed")
    expect(touched.locator("td.num")).to_have_text("1")
    expect(cleo.get_by_role("row", name="asa")).to_contain_text("choice 5 removed")
    expect(cleo.locator("main")).to_contain_text("No measure or risk model reads what changes.")
    sound(cleo)

    cleo.get_by_role("button", name="Publish this version").click()
    expect(cleo.locator("main")).to_contain_text("2 drafts stand in an earlier version")
    sound(cleo)
    cleo.get_by_role("button", name="Carry the drafts to this version").click()
    run_jobs()
    cleo.goto("/dictionaries/little/2/")
    expect(cleo.locator("main")).to_contain_text("2 drafts went along; 3 values did not fit")
    sound(cleo)

    number, answers = held("D-1")
    assert (number, "height_cm" in answers, "asa" in answers, "weight_kg" in answers) == (2, False, False, False)
    assert answers["call_on"] == (date.fromisoformat(answers["operated_on"]) + timedelta(days=28)).isoformat()
    assert held("D-2")[1]["weight_kg"] == "71"
    assert held("D-3")[0] == 1
    with everywhere(), transaction.atomic():
        kept = dict(UnfitValue.objects.values_list("column", "value"))
        last = CaseRevision.objects.filter(case__key="D-1").order_by("-number").first()
    assert kept == {"height_cm": "170", "weight_kg": "80.5", "asa": "5"}
    assert last.changes["height_cm"] == ["170", None]
    assert "version 2" in last.reason

    nora = people("nora")
    with everywhere(), transaction.atomic():
        code = Case.objects.get(key="D-1").code
    nora.goto(f"/cases/{code}/")
    expect(nora.locator(".unfit")).to_contain_text("3 values did not fit")
    expect(nora.locator(".unfit")).to_contain_text("Height: 170")
    sound(nora)
    build = nora.locator("[data-element=build]")
    expect(build.locator("output")).to_have_text("usual")
    expect(build.locator("input")).to_have_count(0)
    nora.locator("#field-weight_kg").fill("120")
    nora.locator("#field-weight_kg").blur()
    expect(build.locator("output")).to_have_text("heavy")
    expect(nora.locator("#entry-saved")).to_contain_text("Saved")
    assert held("D-1")[1]["build"] == "heavy"
    nora.get_by_role("button", name="Dealt with").first.click()
    expect(nora.locator(".unfit")).to_contain_text("2 values did not fit")

    cleo.goto("/elements/little/")
    expect(cleo.locator("main")).to_contain_text("Nothing reads these")
    sound(cleo)
