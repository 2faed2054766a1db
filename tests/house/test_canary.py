"""Tokens of every hospital are planted; nobody outside a hospital's reach ever receives one, in any answer."""

import base64
import gzip
import io
import re
import zipfile
from collections import Counter, deque
from urllib.parse import quote, urlsplit

import pytest
from django.utils import timezone

from feedback.models import UnblindingConsent
from tests.house import canaries
from tests.house.test_access_table import objects
from tests.house.universe import Universe, addresses
from tests.sites.acting import machine, person

# Who may receive the tokens of which hospitals. The centre knows hospitals and people by name, never their cases.
OWN = {
    "anonymous": (),
    "no_role": (),
    "abstractor_a": ("H04",),
    "site_lead_a": ("H04",),
    "abstractor_b": ("H07",),
    "surgeon_ab": ("H04", "H07"),
    "staff": (),
    "analyst": (),
    "lead": (),
}
CENTRE = {"staff", "analyst", "lead"}
# The centre keeps the data of all hospitals and reads their trail: there it sees them by name. Nowhere else.
NAMED = (
    "/periods/", "/people/", "/trail/", "/account/", "/agreements/", "/uploads/", "/scorecard/", "/learn/spread/", "/learn/help/",
    "/desk/", "/meetings/", "/community/",
)  # fmt: skip
KNOWN_TO_CENTRE = ("name", "person", "mail", "reason")
MOST_PER_ADDRESS = 6
MOST = 150
LINK = re.compile(r'(?:href|src|hx-get|action)="(/[^"#]*)')
NEVER = ("/static/", "/sign-out/")


@pytest.fixture(scope="module")
def universe(shared_world):
    made = Universe()
    _ = made.clients
    # Nobody consents to be named: a deck then is as blinded as everything else.
    with machine():
        UnblindingConsent.objects.filter(revoked_at__isnull=True).update(revoked_at=timezone.now(), revoked_by=person("sitelead"))
    canaries.plant()
    return made


def shape(path):
    """Return a path with what differs between objects taken out, so that each kind of page is seen a few times."""
    return re.sub(r"[0-9A-Z]{10}|\d+", "*", urlsplit(path).path) + "?" * ("?" in path)


def crawl(universe, column):
    """Yield (path, headers, body) of every page this person can reach: by address, and by link from page to page."""
    client, letters = universe.clients[column], objects()
    waiting = deque(["/"])
    for address in addresses():
        waiting.extend(universe.path(address, letter) for letter in sorted(letters[address.name]))
    seen, kinds = set(), Counter()
    while waiting and len(seen) < MOST:
        path = waiting.popleft()
        if path in seen or path.startswith(NEVER) or kinds[shape(path)] >= MOST_PER_ADDRESS:
            continue
        seen.add(path)
        kinds[shape(path)] += 1
        answer = client.get(path, headers={"HX-Request": "true"} if "panel" in path else {})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        yield path, answer.status_code, "\n".join(f"{name}: {value}" for name, value in answer.items()), body
        if "html" in answer.get("Content-Type", ""):
            waiting.extend(link.replace("&amp;", "&") for link in LINK.findall(body.decode()))


def forbidden(column, path):
    tokens = canaries.foreign(OWN[column])
    if column in CENTRE and path.startswith(NAMED):
        return tuple(token for token in tokens if not token.startswith(tuple(f"zq{kind}" for kind in KNOWN_TO_CENTRE)))
    return tokens


@pytest.mark.parametrize("column", OWN)
def test_no_answer_carries_a_token_of_a_hospital_out_of_reach(universe, column):
    leaks, own, n = [], set(), 0
    for path, status, headers, body in crawl(universe, column):
        assert status < 500 or path == "/healthz", (path, status)
        n += 1
        leaks += [(path, hit) for hit in canaries.found(forbidden(column, path), headers, body)]
        if OWN[column]:
            mine = tuple(canaries.token(hospital, kind) for hospital in OWN[column] for kind in canaries.KINDS)
            own |= canaries.found(mine, headers, body)
    assert leaks == []
    assert n >= 20
    if OWN[column]:
        # The scanner does see: the own hospital's name, cases and files were among the pages.
        assert {token[2:6] for token in own} >= {"name", "keyh"}


def wrapped(token):
    """Wrap a token in every way in which it could slip out."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/sharedStrings.xml", f"<si><t>{token}</t></si>")
    return {
        "plain": token.encode(),
        "upper": token.upper().encode(),
        "html": "".join(f"&#{ord(letter)};" for letter in token).encode(),
        "url": "".join(f"%{ord(letter):02x}" for letter in token).encode(),
        "quoted url": quote(f"/x?y={token}").encode(),
        "json": "".join(f"\\u{ord(letter):04x}" for letter in token).encode(),
        "base64": base64.b64encode(f"some words around {token} here".encode()),
        "gzip": gzip.compress(token.encode()),
        "xlsx": archive.getvalue(),
    }


@pytest.mark.parametrize("kind", wrapped("x"))
def test_the_scanner_finds_a_planted_leak_however_it_is_wrapped(kind):
    planted = canaries.token("H07", "key")
    assert canaries.found(canaries.foreign(("H04",)), "", b"<p>before " + wrapped(planted)[kind] + b" after</p>") == {
        planted
    }
    assert canaries.found(canaries.foreign(("H07",)), "", wrapped(planted)[kind]) == set()


def test_the_scanner_reads_headers():
    planted = canaries.token("H01", "file")
    headers = f'Content-Disposition: attachment; filename="{planted}.csv"'
    assert canaries.found(canaries.foreign(("H04",)), headers, b"") == {planted}


def test_a_view_that_forgets_its_filter_still_leaks_nothing(universe, monkeypatch):
    """The application's own filter taken away: row security is what remains, and it holds."""
    from django.db.models import Q

    from registry.selectors import cases

    monkeypatch.setattr(cases, "visible", lambda scope: Q())
    for column in ("abstractor_a", "surgeon_ab", "staff"):
        client = universe.clients[column]
        for path in ("/cases/?show=all", "/cases/?show=submitted", f"/cases/{universe.cases['C'].code}/"):
            answer = client.get(path)
            assert canaries.found(canaries.foreign(OWN[column]), "", answer.content) == set()


def test_a_leak_through_the_rows_would_be_caught(universe, monkeypatch):
    """With the net taken away as well, the crawl reports it: the test above has power."""
    from django.db.models import Q

    from registry.selectors import cases
    from tests.databases import as_role

    monkeypatch.setattr(cases, "visible", lambda scope: Q())
    with as_role("superuser"):
        answer = universe.clients["abstractor_a"].get("/cases/?show=all")
    assert canaries.found(canaries.foreign(("H04",)), "", answer.content)
