"""Tokens of every hospital are planted and looked for in what anybody else receives; then payloads in every stored text."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator

from django.apps import apps
from django.db import Error, connection, models, transaction

from tests.attack.figure import Figure
from tests.databases import as_role
from tests.house import canaries
from tests.house.catalog import ask
from tests.house.test_canary import OWN, crawl, forbidden
from tests.house.universe import Universe

SCRIPT = "<img src=x onerror=alert(1)>\"'><svg/onload=alert(2)>"
FORMULA = "=HYPERLINK(1)"
LIVE = re.compile(rb"<img src=x onerror|<svg/onload")
# What the house itself parses or compares: a payload there breaks a page before it can be shown. All else is planted.
MACHINE_READ = re.compile(
    r"(^|_)(code|digest|key|status|source|companion|definition|columns|task|error|kind|role|column|element|password|email|session_data|"
    r"session_key|time_zone|sha256|body|rules|release|measure_code|light|outcome|door|audience|purpose|action|object_kind|object_id|"
    r"request_id|actor|surgeon_code|client_seq|code_commit|versions|severity|direction|state|decision|model|app_label|codename)$"
)
FIRST_OF_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def canary_scan(universe: Universe) -> Iterator[Figure]:
    """Crawl as everybody and look into every decoded body and header."""
    _ = universe.clients  # signed in while their addresses are still theirs
    canaries.plant()
    pages, read, leaks = 0, 0, []
    for column in OWN:
        for path, _, headers, body in crawl(universe, column):
            pages, read = pages + 1, read + len(body)
            leaks += [f"{column} {path} {hit}" for hit in canaries.found(forbidden(column, path), headers, body)]
    planted = len(canaries.HOSPITALS) * len(canaries.KINDS)
    yield Figure(
        attack="A token planted in a hospital's names, cases, notes and files reaches somebody else",
        tried=f"{planted} tokens, {pages:,} pages, {read / 1e6:.0f} MB, decoded nine ways",
        found=f"{len(leaks)} leaks",
        held=not leaks,
        details=tuple(leaks),
    )


def stored_payloads(universe: Universe) -> Iterator[Figure]:
    """Write markup and a formula into every stored text; look for live markup in pages and live cells in files."""
    _ = universe.clients
    planted, refused = plant()
    pages, live, cells, formulas, broken = 0, [], 0, [], []
    for column in OWN:
        for path, status, headers, body in crawl(universe, column):
            pages += 1
            if status >= 500 and path != "/healthz":
                broken.append(f"{column} {path}")
            if "text/html" in headers and LIVE.search(body):
                live.append(f"{column} {path}")
            for cell in spreadsheet_cells(headers, body):
                cells += 1
                if is_formula(cell):
                    formulas.append(f"{column} {path}: {cell[:30]}")
    yield Figure(
        attack="Markup in a stored text runs in somebody's browser",
        tried=f"{planted} columns planted ({refused} refuse such text by constraint), {pages:,} pages",
        found=f"{len(live)} pages with live markup, {len(broken)} broken",
        held=not live and not broken,
        details=(*live, *broken),
    )
    yield Figure(
        attack="A formula in a stored text is live in an exported file",
        tried=f"{cells:,} cells of CSV and XLSX",
        found=f"{len(formulas)} live",
        held=not formulas and cells > 0,
        details=tuple(formulas),
    )


def plant() -> tuple[int, int]:
    """Write the payload into every text column that the house does not itself parse; count those written and refused."""
    planted = refused = 0
    with as_role("superuser"):
        ask("SELECT set_config('session_replication_role', 'replica', false)")
        for model in apps.get_models():
            if model._meta.app_label not in {"sites", "registry", "feedback", "interventions"}:
                continue
            for field in model._meta.concrete_fields:
                if (
                    not isinstance(field, models.CharField | models.TextField)
                    or field.choices
                    or MACHINE_READ.search(field.column)
                ):
                    continue
                longest = field.max_length or 400
                words = f"{FORMULA}{SCRIPT}"[:longest]
                try:
                    with transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(
                            f'UPDATE "{model._meta.db_table}" SET "{field.column}" = left(%s || "{field.column}", %s)',
                            [words, longest],
                        )
                        planted += 1
                except Error:
                    refused += 1
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE registry_case SET answers[array_position(v.columns, 'evidence_note')] = %s"
                " FROM registry_dictionaryversion v WHERE v.id = registry_case.version_id",
                [FORMULA + SCRIPT],
            )
    return planted + 1, refused


def spreadsheet_cells(headers: str, body: bytes) -> Iterator[str]:
    """Yield every cell of a CSV or XLSX answer, as a spreadsheet would take it."""
    if "text/csv" in headers:
        for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))):
            yield from row
    elif "spreadsheetml" in headers:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/"):
                    text = archive.read(name).decode()
                    yield from ("=" + found for found in re.findall(r"<f>(.*?)</f>", text))
                    yield from re.findall(r"<t[^>]*>(.*?)</t>", text)


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would compute a cell: a number may begin with a sign, nothing else may."""
    text = cell.lstrip("\ufeff ")
    return text.startswith(FIRST_OF_A_FORMULA) and not re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", text, re.IGNORECASE)
