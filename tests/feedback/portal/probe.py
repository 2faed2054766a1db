"""Runs inside a process of the portal: asks it everything, and writes what it found as JSON. Not a test itself."""

import hashlib
import json
import re
import sys
import time
from typing import Any

import django
import time_machine
from django.test import Client, override_settings
from django.urls import get_resolver

PASSWORD = "stones-on-the-path"
PAYER = "payer@insurer.example"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ELSEWHERE = (
    "/cases/", "/standing/", "/people/", "/trail/", "/api/", "/api/schema/", "/comparisons/", "/releases/", "/admin/", "/tests/", "/gallery/",
    "/account/", "/session/", "/sign-out/", "/healthz",
    "/cases", "/%63ases/", "/%2563ases/", "/./cases/", "/releases/../cases/", "/releases/%2e%2e/cases/",
    "/releases/%2e%2e%2fcases.json", "/releases/%00.json", "/releases/..%5c.json", "/sign-in", "/sign-in//", "/healthz/", "/static/../manage.py",
    "/releases/" + "0" * 64 + ".json", "/releases/x.json", "/releases/" + "0" * 64 + ".csv", "/.git/config", "/?next=/cases/",
)  # fmt: skip


def facts() -> dict:
    """Collect what the tests look at."""
    found = {
        "modules": sorted(sys.modules),
        "routes": [str(pattern.pattern) for pattern in get_resolver().url_patterns],
    }
    visitor, payer = Client(raise_request_exception=False), Client(raise_request_exception=False)
    found["second factor"] = _second_factor(payer)
    found["list"] = payer.get("/").content.decode()
    found["elsewhere"] = {
        path: {"visitor": visitor.get(path).status_code, "payer": payer.get(path).status_code} for path in ELSEWHERE
    }
    found["missing bodies"] = len({_masked(payer.get(path)) for path in ("/cases/", "/people/", "/releases/x.json")})
    hashes = [line.split(".json")[0] for line in found["list"].split("/releases/")[1:]]
    found["downloads"] = [_download(payer, visitor, sha256) for sha256 in dict.fromkeys(hashes)]
    own = ["/", "/sign-in/", f"/releases/{hashes[0]}.json"]
    found["methods"] = {path: {method: visitor.generic(method, path).status_code for method in METHODS} for path in own}
    found["signed methods"] = {
        path: {method: payer.generic(method, path).status_code for method in METHODS} for path in own
    }
    found["headers"] = [
        dict(answer.items()) for path in own for answer in (visitor.get(path), payer.get(path), payer.get("/nowhere/"))
    ]
    found["query"] = _masked(payer.get("/")) == _masked(payer.get("/?page=2&sort=x&hospital=1'--"))
    found["csrf"] = (
        Client(enforce_csrf_checks=True).post("/sign-in/", {"email": PAYER, "password": PASSWORD}).status_code
    )
    found["failures"] = _failures()
    found["signed out"] = [payer.post("/sign-in/", {"leave": "1"}).status_code, payer.get("/").status_code]
    found["ends"] = _ends()
    found["writes"] = _writes()
    return found


def _right_code(*, later: int = 0) -> str:
    """Make the code that the payer's app would show; no step that was used works again."""
    from feedback.portal import one_time, second_factor
    from feedback.portal.models import PayerApp

    app = PayerApp.objects.get(account__email=PAYER)
    step = max(int(time.time()) // one_time.STEP_SECONDS, app.latest_step + 1) + later
    return one_time.code(second_factor.secret_of(app), step)


def _step(client: Client, **typed: str) -> list:
    answer = client.post("/sign-in/", typed)
    return [answer.status_code, getattr(answer, "url", "")]


def _second_factor(payer: Client) -> dict:
    """Sign in the first time and again: what each step answers, what opens between them, what works twice."""
    password, thief = {"email": PAYER, "password": PASSWORD}, Client()
    said: dict[str, Any] = {"code before the password": _step(thief, code="000000")}
    said["password"] = _step(payer, **password)
    said["between"] = payer.get("/").status_code
    said["key is shown"] = '<code class="hash">' in payer.get("/sign-in/").content.decode()
    said["wrong code"] = _step(payer, code="000000")
    said["far code"] = _step(payer, code=_right_code(later=4))
    used = _right_code()
    first = payer.post("/sign-in/", {"code": used})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", first.content.decode())
    said |= {"first": first.status_code, "recovery codes": len(set(codes)), "signed in": payer.get("/").status_code}
    _step(thief, **password)
    said["key is hidden"] = '<code class="hash">' not in thief.get("/sign-in/").content.decode()
    said["same code again"] = _step(thief, code=used)
    said["recovery code"], said["stolen session"] = _step(thief, code=codes[0]), thief.get("/").status_code
    other = Client()
    _step(other, **password)
    said["recovery code again"] = _step(other, code=codes[0])
    said["start again"] = [*_step(other, again="1"), other.get("/sign-in/").content.decode().count('name="email"')]
    _step(other, **password)
    said["guesses"] = [_step(other, code=f"{guess:06d}")[0] for guess in range(6)]
    said["right code while braked"] = _step(other, code=_right_code())
    return said


def _ends() -> dict:
    """Use a session every fourteen minutes for twelve hours, and leave another alone for sixteen minutes."""
    from feedback.portal.models import PayerAccount

    busy, idle, start = Client(), Client(), time.time()
    for client in (busy, idle):
        client.force_login(PayerAccount.objects.get(email=PAYER))
        client.get("/")
    said = set()
    for minutes in range(14, 12 * 60, 14):
        with time_machine.travel(start + 60 * minutes, tick=False):
            said.add(busy.get("/").status_code)
    with time_machine.travel(start + 60 * 16, tick=False):
        left = idle.get("/").status_code
    with time_machine.travel(start + 60 * (12 * 60 + 1), tick=False):
        return {"in use": sorted(said), "after twelve hours": busy.get("/").status_code, "left alone": left}


def _masked(answer: Any) -> str:
    """Return a page without the form token, which is another one each time."""
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())


def _download(payer: Client, visitor: Client, sha256: str) -> dict:
    answer = payer.get(f"/releases/{sha256}.json")
    again = payer.get(f"/releases/{sha256}.json?x=1").content
    return {
        "named": sha256,
        "is": hashlib.sha256(answer.content).hexdigest(),
        "visitor": visitor.get(f"/releases/{sha256}.json").status_code,
        "same with a query": again == answer.content,
        "disposition": answer["Content-Disposition"],
        "body": json.loads(answer.content),
    }


def _failures() -> dict:
    """Guess until the brake holds; the words never differ, and another place is not braked."""
    words = set()
    for name in (*["payer@insurer.example"] * 6, "nobody@insurer.example"):
        answer = Client().post("/sign-in/", {"email": name, "password": "wrong"}, REMOTE_ADDR="10.9.9.9")
        words.add((answer.status_code, "do not go together" in answer.content.decode()))
    right = {"email": PAYER, "password": PASSWORD}
    return {
        "words": sorted(words),
        "braked": Client().post("/sign-in/", right, REMOTE_ADDR="10.9.9.9").status_code,
        "elsewhere": Client().post("/sign-in/", right, REMOTE_ADDR="10.9.9.8").status_code,
    }


def _writes() -> dict:
    """Try to change an artefact with the portal's own log-in."""
    from django.db import Error, connection, transaction

    said = {}
    for sql in (
        "INSERT INTO portal_artefact (sha256, title, period, body, released_at) VALUES (repeat('a', 64), 'x', 'x', 'x', now())",
        "UPDATE portal_artefact SET title = 'x'",
        "DELETE FROM portal_artefact",
        "TRUNCATE portal_artefact",
        "CREATE TABLE planted (x int)",
        "SET ROLE cairn_portal_owner",
        "SELECT 1 FROM pg_stat_user_tables WHERE relname LIKE 'registry%'",
    ):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
                said[sql] = f"allowed, {cursor.rowcount} rows"
        except Error as error:
            said[sql] = str(error).splitlines()[0]
    return said


if __name__ == "__main__":
    django.setup()
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        print("FACTS" + json.dumps(facts(), default=str))
