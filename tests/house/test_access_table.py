"""Every address × person × object × method, against a table approved by hand; and foreign is the same as missing."""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from tests.house.universe import Universe, addresses
from tests.sites.acting import show_code

TABLE = Path(__file__).with_name("access_table.csv")
COLUMNS = (
    "anonymous",
    "no_role",
    "abstractor_a",
    "site_lead_a",
    "surgeon_ab",
    "abstractor_b",
    "staff",
    "analyst",
    "lead",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CHANGING = re.compile(rb'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"|name="next" value="[^"]*"')


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))


def approved():
    """Return the expected status by (address, object, method, person); POST and GET without a row are OTHER."""
    table = {}
    for row in rows():
        for letter in row["object"].split():
            for column in COLUMNS:
                table[row["url"], letter, row["method"], column] = int(row[column])
    return table


def expected(table, url, letter, method, column):
    row = "GET" if method == "HEAD" else method
    found = table.get((url, letter, row, column))
    return table[url, letter, "OTHER", column] if found is None else found


@pytest.fixture(scope="module")
def universe(shared_world):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return Universe()


def ask(client, method, path):
    """Send one request and take back what it wrote."""
    jar = client.cookies.copy()
    body = b"nothing=1" if method in {"POST", "PUT", "PATCH"} else b""
    with transaction.atomic():
        answer = client.generic(method, path, body, content_type="application/x-www-form-urlencoded")
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = jar
    return answer


def test_every_address_has_a_row_and_every_row_an_address():
    listed = {row["url"] for row in rows()}
    assert {address.name for address in addresses()} == listed


def test_an_address_without_a_row_is_noticed():
    """A new page that nobody wrote into the table would fail the test above."""
    listed = {row["url"] for row in rows()} - {"registry:case"}
    assert {address.name for address in addresses()} - listed == {"registry:case"}


def objects():
    letters = defaultdict(set)
    for row in rows():
        letters[row["url"]] |= set(row["object"].split())
    return letters


@pytest.mark.parametrize("column", COLUMNS)
def test_everybody_gets_what_the_table_says_and_foreign_is_missing(universe, column):
    table, letters, client = approved(), objects(), universe.clients[column]
    wrong, told_apart, n = [], [], 0
    if column != "anonymous":
        show_code(client)
    for address in addresses():
        absent = {}
        for letter in sorted(letters[address.name]):
            path = universe.path(address, letter)
            for method in METHODS:
                answer = ask(client, method, path)
                n += 1
                want = expected(table, address.name, letter, method, column)
                if answer.status_code != want:
                    wrong.append(f"{method} {address.name} {letter}: {answer.status_code}, approved {want}")
                if method == "HEAD":
                    assert answer.body == b""
                if answer.status_code == 404 and letter in "ABC0":
                    said = CHANGING.sub(b"", answer.body).replace(path.encode(), b"")
                    absent.setdefault((method, frozenset(answer.headers)), set()).add(said)
        told_apart += [f"{address.name} {method}" for (method, _), bodies in absent.items() if len(bodies) > 1]
        methods = [method for method, _ in absent]
        told_apart += [f"{address.name} headers" for method in set(methods) if methods.count(method) > 1]
    assert not wrong, "\n".join(wrong)
    assert not told_apart, told_apart
    assert n > 700


@pytest.mark.parametrize("wants", ["application/json", "text/html"])
def test_foreign_is_missing_for_scripts_too(universe, wants):
    client, case = universe.clients["abstractor_a"], universe.cases
    bodies = {
        client.get(f"/cases/{code}/", headers={"Accept": wants}).content.replace(code.encode(), b"")
        for code in (case["B"].code, case["C"].code, "ZZZZZZZZZZ")
    }
    assert len({CHANGING.sub(b"", body) for body in bodies}) == 1


def test_a_script_without_a_session_is_told_401(universe):
    answer = universe.clients["anonymous"].get("/cases/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
