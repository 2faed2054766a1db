"""What nobody types by accident: every page answers it with a page, never with a defect, and nothing foreign comes of it."""

import json

import pytest

from tests.house import canaries
from tests.house.test_access_table import ask, objects
from tests.house.universe import Universe, addresses

NASTY = (
    "'",
    "1' OR '1'='1",
    "%27)%20OR%201=1--",
    "../../etc/passwd",
    "-1",
    "99999999999999999999",
    "{{7*7}}",
    "<script>",
    "\u202e",
    "",
)
NAMES = (
    "q",
    "page",
    "show",
    "status",
    "codes",
    "element",
    "next",
    "order",
    "registry",
    "hospital",
    "upto",
    "kind",
    "severity",
    "filter",
)


@pytest.fixture(scope="module")
def universe(shared_world):
    return Universe()


def readable():
    """Return the addresses and objects that answer GET."""
    return [
        (address, letter)
        for address in addresses()
        for letter in sorted(objects()[address.name])
        if letter in {"-", "1", "A"}
    ]


@pytest.mark.parametrize("column", ["site_lead_a", "staff"])
def test_no_query_string_breaks_a_page(universe, column):
    """Each turn gives every parameter another value, a different one beside every other."""
    client, broken = universe.clients[column], []
    for address, letter in readable():
        path = universe.path(address, letter)
        for turn in range(0, len(NASTY), 3):
            query = "&".join(f"{name}={NASTY[(turn + place) % len(NASTY)]}" for place, name in enumerate(NAMES))
            answer = ask(client, "GET", f"{path}?{query}")
            if answer.status_code >= 500 and answer.status_code != 503:
                broken.append((path, query))
    assert broken == []


def test_a_nul_in_a_query_is_refused_before_any_page(universe):
    for column, path in (
        ("site_lead_a", "/cases/?q=%00"),
        ("anonymous", "/sign-in/?next=%00"),
        ("lead", "/trail/?page=1%00"),
    ):
        assert universe.clients[column].get(path).status_code == 400


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00b", "\ud800", "x" * 100_000, "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>"]
)
def test_no_value_breaks_the_saving_of_a_case(universe, value):
    from registry.models import Case
    from tests.sites.acting import machine

    with machine():
        draft = Case.objects.filter(hospital=universe.hospitals["A"], status="DRAFT").order_by("id").first()
    client = universe.clients["abstractor_a"]
    sent = {
        "seq": f"fuzz-{len(value)}",
        "base": draft.revision,
        "changes": {"evidence_note": ["", value]},
        "reasons": [],
    }
    answer = client.post(f"/cases/{draft.code}/save/", json.dumps(sent), content_type="application/json")
    assert answer.status_code < 500
    assert client.get(f"/cases/{draft.code}/").status_code == 200


@pytest.mark.parametrize("value", ["\x00", "a\x00@x.example", "x" * 5000, "'; DROP TABLE sites_person; --"])
def test_no_value_breaks_a_form(universe, value):
    forms = (
        ("anonymous", "/sign-in/", ("email", "password")),
        ("anonymous", "/session/", ("email", "password", "expected")),
        ("site_lead_a", "/people/grant/", ("email", "name", "role", "hospital", "surgeon_code")),
        ("site_lead_a", "/tokens/", ("name", "hospital")),
        ("staff", "/account/identified/", ("reason",)),
        ("staff", "/releases/prepare/", ("run",)),
        ("analyst", "/comparisons/request/", ("upto", "periods")),
        ("abstractor_a", "/cases/new/", ("where", "key")),
        ("abstractor_a", f"/cases/{universe.cases['A'].code}/amend/", ("element", "value", "reason")),
        ("abstractor_a", f"/cases/{universe.cases['A'].code}/reopen/", ("reason",)),
    )
    for column, path, names in forms:
        assert universe.clients[column].post(path, dict.fromkeys(names, value)).status_code < 500, path


def test_what_is_typed_comes_back_as_text(universe):
    answer = universe.clients["site_lead_a"].get("/cases/", {"q": "<script>alert(1)</script>", "show": "all"})
    assert b"<script>alert(1)" not in answer.content


def test_a_search_finds_nothing_of_another_hospital(universe):
    canaries.plant()
    for words in ("H07", "H01", "zqkey", "%", "_", "\\"):
        answer = universe.clients["abstractor_a"].get("/cases/", {"q": words, "show": "all"})
        assert canaries.found(canaries.foreign(("H04",)), "", answer.content) == set()
