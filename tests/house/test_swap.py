"""Exchange two peers: every page of everybody else stays the same. So order, numbers and files say nothing about who is who."""

import pytest
from django.db import transaction

from feedback.actions import comparisons
from feedback.models import MeasureRun
from feedback.selectors import audiences
from tests.databases import as_role
from tests.house.catalog import ask as query
from tests.house.test_access_table import CHANGING, objects
from tests.house.universe import Universe, addresses
from tests.sites.acting import machine

FIRST, SECOND = "H01", "H02"
VIEWERS = ("site_lead_a", "surgeon_ab", "abstractor_b", "analyst")
PAGES = (
    "feedback:standing",
    "feedback:measure",
    "feedback:home-panel",
    "feedback:comparison",
    "feedback:surgeon",
    "home",
)


@pytest.fixture(scope="module")
def universe(shared_world):
    return Universe()


def pages(universe, column):
    """Return what a viewer gets of everything that is about results."""
    client, found = universe.clients[column], {}
    for address in addresses():
        if not address.name.startswith(PAGES):
            continue
        for letter in sorted(objects()[address.name]):
            paths = [universe.path(address, letter)]
            if {"registry", "measure"} == set(address.parameters) and letter == "1":
                base = paths[0]
                paths = [
                    base.replace("/bowel_prep/", f"/{code}/")
                    for code in ("bowel_prep", "glucose48", "mort30", "readm30", "serious30", "ssi30")
                ]
            for path in paths:
                answer = client.get(path)
                found[path] = answer.status_code, CHANGING.sub(b"", answer.content)
    return found


def exchange():
    """Exchange the two hospitals' names, codes and results, and write the standings anew."""
    with as_role("superuser"), transaction.atomic():
        query("SELECT set_config('session_replication_role', 'replica', true)")
        ids = {code: (pk, name) for pk, code, name in query("SELECT id, code, name FROM sites_hospital")}
        (one, name_one), (two, name_two) = ids[FIRST], ids[SECOND]
        query("UPDATE sites_hospital SET code = 'swap' WHERE id = %s RETURNING 1", one)
        query("UPDATE sites_hospital SET code = %s, name = %s WHERE id = %s RETURNING 1", FIRST, name_one, two)
        query("UPDATE sites_hospital SET code = %s, name = %s WHERE id = %s RETURNING 1", SECOND, name_two, one)
        for table in ("feedback_siteresult", "feedback_caseledger"):
            query(f"UPDATE {table} SET hospital_id = -hospital_id WHERE hospital_id IN (%s, %s) RETURNING 1", one, two)
            query(
                f"UPDATE {table} SET hospital_id = CASE hospital_id WHEN %s THEN %s ELSE %s END WHERE hospital_id < 0 RETURNING 1",
                -one,
                two,
                one,
            )
        assert query("DELETE FROM feedback_standing RETURNING 1")
    with as_role("cairn_worker"), machine():
        for run in MeasureRun.objects.select_related("measure", "comparison__registry").order_by("pk"):
            sets = audiences.own_sets(registry=run.comparison.registry, on=run.comparison.published_at.date())
            comparisons.write_standings(run=run, own_sets=sets)


def test_exchanging_two_peers_changes_no_page_of_anybody_else(universe):
    before = {column: pages(universe, column) for column in VIEWERS}
    assert sum(status == 200 for status, _ in before["site_lead_a"].values()) >= 12
    exchange()
    for column in VIEWERS:
        after = pages(universe, column)
        changed = [path for path, answer in before[column].items() if after[path] != answer]
        assert changed == [], (column, changed)


def test_a_page_that_follows_the_order_of_hospitals_would_be_caught():
    """The exchange has power: a list in order of the primary key differs after it."""
    values = {1: 0.031, 2: 0.042, 3: 0.027}
    exchanged = {1: values[2], 2: values[1], 3: values[3]}
    assert [values[key] for key in sorted(values)] != [exchanged[key] for key in sorted(exchanged)]
    assert sorted(values.values()) == sorted(exchanged.values())
