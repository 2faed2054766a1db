"""Every address × person × own, foreign or missing object × method, against the table approved by hand."""

from collections.abc import Iterator

from django.test import Client
from django.utils import timezone

from sites.access.gates import CODE_AT
from tests.attack.figure import Figure
from tests.house.test_access_table import CHANGING, COLUMNS, METHODS, approved, ask, expected, objects
from tests.house.universe import Universe, addresses


def attack(universe: Universe) -> Iterator[Figure]:
    """Ask everything as everybody."""
    table, letters, requests, wrong, apart = approved(), objects(), 0, [], []
    for column in COLUMNS:
        for address in addresses():
            _code_shown_now(universe.clients[column])
            absent: dict[tuple, set[bytes]] = {}
            for letter in sorted(letters[address.name]):
                path = universe.path(address, letter)
                for method in METHODS:
                    answer = ask(universe.clients[column], method, path)
                    requests += 1
                    want = expected(table, address.name, letter, method, column)
                    if answer.status_code != want:
                        wrong.append(
                            f"{column} {method} {address.name} {letter}: {answer.status_code}, approved {want}"
                        )
                    if answer.status_code == 404 and letter in "ABC0":
                        said = CHANGING.sub(b"", answer.body).replace(path.encode(), b"")
                        absent.setdefault((method, frozenset(answer.headers)), set()).add(said)
            apart += [f"{column} {method} {address.name}" for (method, _), said in absent.items() if len(said) > 1]
    tried = f"{requests:,} requests: {len(addresses())} addresses, {len(COLUMNS)} people, {len(METHODS)} methods"
    yield Figure(
        attack="Somebody asks for what the approved table does not give",
        tried=tried,
        found=f"{len(wrong)} answers differ from it",
        held=not wrong and requests >= 20_000,
        details=tuple(wrong),
    )
    yield Figure(
        attack="Somebody tells a foreign object from a missing one",
        tried="the same requests: bodies and names of headers of every 404",
        found=f"{len(apart)} told apart",
        held=not apart,
        details=tuple(apart),
    )


def _code_shown_now(client: Client) -> None:
    """Keep the code of somebody signed in fresh: the attack may take longer than a code counts."""
    held = client.session
    if CODE_AT in held:
        held[CODE_AT] = timezone.now().isoformat()
        held.save()
