"""SQL in every parameter that any page reads: nothing breaks, nothing waits, nothing foreign comes back."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.attack.figure import Figure
from tests.house import canaries
from tests.house.test_access_table import objects
from tests.house.test_canary import forbidden
from tests.house.universe import Universe, addresses

HOUSE = Path(__file__).resolve().parents[2]
READ = re.compile(r"""(?:GET|POST)(?:\.get(?:list)?\(|\[)\s*["'](\w+)["']|^    (\w+) = forms\.\w+Field""", re.MULTILINE)
SQL = (
    "'",
    "1' OR '1'='1",
    "1) OR 1=1--",
    "'; SELECT set_config('cairn.centre','1',false); --",
    "' UNION SELECT answers::text FROM registry_case--",
    "1; SELECT pg_sleep(9)--",
    "' || (SELECT pg_sleep(9)) || '",
    "id)); DROP TABLE sites_person; --",
    "hospital_id__gt",
    "-id,(SELECT 1)",
    "$$;SELECT cairn_bind('x','y');$$",
    "\\'; SELECT 1; --",
)
PEOPLE = ("anonymous", "abstractor_a", "surgeon_ab", "staff")
SLOW_SECONDS = 8.0


def parameters() -> list[str]:
    """Return every name that some view or form reads from a request, from the sources."""
    names = set()
    for room in ("sites", "registry", "feedback", "interventions", "config"):
        for path in (HOUSE / room).rglob("*.py"):
            if "views" in path.parts or path.stem.startswith(("forms", "rule_form", "home", "middleware")):
                names |= {name for pair in READ.findall(path.read_text()) for name in pair if name}
    return sorted(names)


def attack(universe: Universe) -> Iterator[Figure]:
    """Give every parameter of every address two of the payloads by GET and one of them by POST, all parameters at once, as four people."""
    names, letters = parameters(), objects()
    pairs, requests, wrong = 0, 0, []
    for column in PEOPLE:
        client = universe.clients[column]
        for address in addresses():
            for letter in sorted(letters[address.name] & {"-", "1", "A"}):
                path = universe.path(address, letter)
                for turn in range(0, len(SQL), 6):
                    sent = {name: SQL[(turn + place) % len(SQL)] for place, name in enumerate(names)}
                    began = time.monotonic()
                    answers = [client.get(path, sent)]
                    if turn == 0:
                        answers.append(_post(client, path, sent))
                    slow = time.monotonic() - began > SLOW_SECONDS
                    requests, pairs = requests + len(answers), pairs + len(answers) * len(names)
                    wrong += [f"{column} {path}: slow"] * slow
                    for answer in answers:
                        if answer.status_code >= 500 and path != "/healthz":
                            wrong.append(f"{column} {path}: {answer.status_code}")
                        body = getattr(answer, "body", None) or (b"" if answer.streaming else answer.content)
                        hits = canaries.found(forbidden(column, path), "", body)
                        wrong += [f"{column} {path}: {hit}" for hit in hits]
    yield Figure(
        attack="SQL in a parameter changes what a query does",
        tried=f"{pairs:,} payloads in {len(names)} parameters, {requests:,} requests as {len(PEOPLE)} people",
        found=f"{len(wrong)} errors, delays or foreign rows",
        held=not wrong and pairs >= 10_000,
        details=tuple(wrong),
    )


def _post(client: Client, path: str, sent: dict[str, str]) -> HttpResponse:
    with transaction.atomic():
        answer = client.post(path, urlencode(sent), content_type="application/x-www-form-urlencoded")
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer
