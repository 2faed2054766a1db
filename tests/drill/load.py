"""People who save drafts and queue jobs all the time, and remember what was acknowledged."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import Error, connection, transaction
from django.utils import timezone

from registry.models import Case
from sites import outbox
from tests.sites.acting import machine, signed_in

CSRF = "d" * 32
WRITERS = {"abstractor": "H04", "abstractor2": "H07"}


@dataclass
class Load:
    """Threads at work until told to stop; ``saved`` and ``queued`` hold what was acknowledged, ``refused`` what was not: by status, 0 for none."""

    port: int
    saved: dict[str, str] = field(default_factory=dict)
    queued: list[int] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Sign in and start."""
        for name, hospital in WRITERS.items():
            with machine():
                case = Case.objects.filter(hospital__code=hospital, status="DRAFT").order_by("id").first()
            cookie = signed_in(name).cookies["cairn_session"].value
            self._run(self._save, name, case.code, cookie)
        self._run(self._queue)

    def end(self) -> None:
        """Let everybody finish what they are at."""
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _run(self, work: Callable[..., None], *arguments: str) -> None:
        thread = threading.Thread(target=work, args=arguments)
        thread.start()
        self.threads.append(thread)

    def _save(self, name: str, code: str, cookie: str) -> None:
        """Save one value after another; what got no answer is sent again under the same number, as the form does."""
        known, n = None, 0
        headers = {
            "Cookie": f"cairn_session={cookie}; cairn_csrf={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        while not self.over.is_set():
            n += 1
            value = f"{name} {n}"
            sent = {
                "seq": f"drill-{name}-{n}",
                "base": 0,
                "changes": {"evidence_note": [known or "", value]},
                "reasons": [],
            }
            while not self.over.is_set():
                status = self._post(f"/cases/{code}/save/", json.dumps(sent), headers)
                if status == 200:
                    self.saved[sent["seq"]], known = value, value
                    break
                self.refused[status] += 1
                time.sleep(0.1)

    def _post(self, path: str, body: str, headers: dict[str, str]) -> int:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            asked.request("POST", path, body, headers)
            answer = asked.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        return answer.status

    def _queue(self) -> None:
        """Queue a job every tenth of a second; it counts once its transaction has committed."""
        n = 0
        while not self.over.is_set():
            n += 1
            try:
                with transaction.atomic():
                    outbox.after_commit("drill.count", at=timezone.now(), n=n)
                self.queued.append(n)
            except (Error, OSError):
                connection.close()
            time.sleep(0.1)
        connection.close()
