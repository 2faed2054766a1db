"""A file with twenty faults: every one comes back by row and column, the file is mended and committed, and the same again changes nothing."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.example import generate
from config.example.planted_faults import PlantedFile, plant
from registry.models import Case, CaseRevision, Registry
from sites.models import AuditEvent
from tests.collaborative import CASES, FIRST, HOSPITALS
from tests.databases import as_role
from tests.sites.acting import machine

pytestmark = pytest.mark.journey
DAY = re.compile(r"^\d{4}-\d\d-\d\d")
ROWS, PATIENCE = 90, 120_000


def test_twenty_faults_come_back_are_mended_and_committed_once(whole, signed, accessible, tmp_path):
    clean = of_the_open_quarter()
    planted = plant(clean)
    page = signed("abstractor")

    send(page, tmp_path / "planted.csv", planted.data, accessible)
    expect(page.locator("main")).to_contain_text("19 values cannot be accepted")
    expect(page.locator("main")).to_contain_text(f"20 of {ROWS} rows have a finding")
    assert found_on(page) == [
        (fault.row, fault.column, fault.value or "blank", "must be mended" if fault.severity == "hard" else "needs a reason")
        for fault in planted.faults
    ]
    expect(page.get_by_role("button", name=re.compile("^Add "))).to_have_count(0)
    accessible(page)
    assert marks_of(page, tmp_path) == {fault.row: fault.column for fault in planted.faults}
    assert kept() == (0, 0)

    send(page, tmp_path / "mended.csv", mended(planted, clean), accessible)
    expect(page.locator("main")).to_contain_text("The file can be committed once 1 unlikely value is explained")
    page.get_by_role("button", name=f"Add {ROWS} cases").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why this is right")
    accessible(page)
    page.get_by_label(re.compile("why is this right")).fill("As in the chart: a diabetic coma")
    page.get_by_role("button", name=f"Add {ROWS} cases").click()
    expect(page.locator("main")).to_contain_text(f"{ROWS} cases added, 0 changed, 0 left as they were", timeout=PATIENCE)
    accessible(page)
    assert kept() == (ROWS, ROWS)

    send(page, tmp_path / "again.csv", (tmp_path / "mended.csv").read_bytes(), accessible)
    expect(page.locator("main")).to_contain_text(f"Nothing would change: all {ROWS} cases are already here exactly so")
    page.get_by_role("button", name=f"Leave {ROWS} cases").click()
    expect(page.locator("main")).to_contain_text(f"0 cases added, 0 changed, {ROWS} left as they were", timeout=PATIENCE)
    assert kept() == (ROWS, ROWS)
    assert commits() == [{"new": ROWS, "changed": 0, "same": 0}, {"new": 0, "changed": 0, "same": ROWS}]


def of_the_open_quarter() -> bytes:
    """Make a file of the first hospital's cases under numbers of their own, each moved as a whole into the open quarter."""
    with as_role("cairn_worker"), machine():
        opened = Registry.objects.get(code="colorectal").periods.filter(status="OPEN").order_by("ordinal").first().starts_on
    content = generate.small(seed=1, hospitals=HOSPITALS, cases=CASES, latest=4).files[FIRST]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))[:ROWS]
    assert len(rows) == ROWS
    moved = []
    for number, row in enumerate(rows):
        by = opened + timedelta(days=number % 28) - date.fromisoformat(row["operated_on"])
        moved.append({name: _later(text, by=by) for name, text in row.items()} | {"case_id": f"JU-{number:03d}"})
    return written(moved)


def _later(text: str, *, by: timedelta) -> str:
    return (date.fromisoformat(text[:10]) + by).isoformat() + text[10:] if DAY.match(text) else text


def mended(planted: PlantedFile, clean: bytes) -> bytes:
    """Put the right value back wherever one must be mended; the unlikely one stays, because it is so."""
    spoilt, right = (list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")))) for data in (planted.data, clean))
    for fault in planted.faults:
        if fault.severity == "hard":
            spoilt[fault.row - 2] = right[fault.row - 2]
    return written(spoilt)


def written(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def send(page: Page, path: Path, content: bytes, accessible: Callable[[Page], None]) -> None:
    """Send a file and wait until it is checked."""
    path.write_bytes(content)
    page.goto("/uploads/")
    accessible(page)
    page.locator("#field-file").set_input_files(path)
    page.get_by_role("button", name="Send and check the file").click()
    expect(page.locator("main dl.counts")).to_be_visible(timeout=PATIENCE)


def found_on(page: Page) -> list[tuple[int, str, str, str]]:
    """Read the findings as they stand on the page: row, element, value, kind."""
    lines = page.locator(".findings tr[data-row]").all()
    cells = [[cell.inner_text().strip() for cell in line.locator("td").all()] for line in lines]
    return [(int(row), column.split()[-1], value, kind) for row, column, value, kind, _ in cells]


def marks_of(page: Page, folder: Path) -> dict[int, str]:
    """Download the file with its faults marked; return the element that each marked row speaks of."""
    with page.expect_download() as coming:
        page.get_by_role("link", name="CSV", exact=True).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    assert path.name == "planted-marked.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    assert len(rows) == ROWS
    return {at: row["findings"].split(":")[0] for at, row in enumerate(rows, start=2) if row["findings"]}


def kept() -> tuple[int, int]:
    """Count the journey's cases and their revisions."""
    with as_role("cairn_worker"), machine():
        cases = Case.objects.filter(key__startswith="JU-")
        return cases.count(), CaseRevision.objects.filter(case__in=cases).count()


def commits() -> list[dict[str, int]]:
    """Read what the trail says of the two commits, oldest first: one event for each."""
    with as_role("cairn_worker"), machine():
        rows = AuditEvent.objects.filter(action="commit upload", detail__rows=ROWS).order_by("id")
        return [{name: row.detail[name] for name in ("new", "changed", "same")} for row in rows]
