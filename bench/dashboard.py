"""Counts signed-in dashboard pages per second beside an empty view of the same server; a measurement, not a test.

Run from the project folder: ``python -m bench.dashboard [SECONDS]`` (8 for each address when left out). It serves the tests' universe with
the commands of `make demo`, and asks over four kept-open connections, first empty views, then pages, then both again in the other order.
Beside the wall it counts what the server's and PostgreSQL's processes computed, which a busy machine does not blur.
"""

import http.client
import os
import re
import statistics
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field, replace

import psutil

from config.embedded import ports, services
from config.embedded.supervisor import Supervisor
from tests import plugin

CONNECTIONS = 4
ADDRESS = re.compile(r'href="(/standing/[a-z0-9-]+/[a-z0-9-]+/)"', re.IGNORECASE)


@dataclass
class Count:
    """Seconds that each answer took, and over how long."""

    taken: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    computed: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.taken) / self.elapsed

    @property
    def each(self) -> float:
        """Processor seconds for one answer."""
        return self.computed / len(self.taken)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.taken, n=20)[-1]


def main(seconds: float) -> None:
    """Serve, sign in, count, print."""
    with plugin.started():
        os.environ.update(plugin.variables())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from tests import databases

        with databases.cloned(databases.universe()) as world:
            supervisor = Supervisor(
                servers=world.servers(),
                addresses=services.Addresses(web=ports.any_free(), portal=ports.any_free()),
                say=print,
                registry=world.registry,
                portal=world.portal,
                overrides={"CAIRN_PLAIN_STATIC": "1"},
            )
            try:
                _measure(supervisor, seconds=seconds)
            finally:
                supervisor.stop()


def _measure(supervisor: Supervisor, *, seconds: float) -> None:
    bare_port = ports.any_free()
    site = replace(services.WEB, command=(*services.GUNICORN, "bench.served:application"))
    bare = replace(
        services.WEB,
        name="bare",
        command=(*services.GUNICORN, "--bind", f"127.0.0.1:{bare_port}", "bench.bare:application"),
    )
    supervisor.start((site, bare))
    web = supervisor.addresses.web
    supervisor.wait_ready([f"http://127.0.0.1:{web}/bench/empty", f"http://127.0.0.1:{bare_port}/bench/empty"])
    cookie = _sign_in(web)
    overview = _get(http.client.HTTPConnection("127.0.0.1", web), "/standing/", cookie)
    measures = ADDRESS.findall(overview.decode())
    targets = {
        "empty view, bare Django": (bare_port, "/bench/empty", ""),
        "empty view, our middleware": (web, "/bench/empty", cookie),
        "dashboard": (web, "/standing/", cookie),
        **({"one measure": (web, measures[0], cookie)} if measures else {}),
    }
    counts = {name: Count() for name in targets}
    for name in [*targets, *reversed(targets)]:
        before = _computed(supervisor)
        _count(counts[name], *targets[name], seconds=seconds / 2)
        counts[name].computed += _computed(supervisor) - before
    bare_one, ours = list(counts.values())[:2]
    print(
        f"{CONNECTIONS} connections, {seconds:.0f} s each; the ratios are to the empty view of bare Django, and of ours"
    )
    for name, count in counts.items():
        print(
            f"{name:>28}: {count.per_second:7,.0f} requests/s ({count.per_second / bare_one.per_second:4.2f}, "
            f"{count.per_second / ours.per_second:4.2f})   p50 {1000 * statistics.median(count.taken):5.1f} ms   "
            f"p95 {1000 * count.p95:5.1f} ms   computed {1000 * count.each:5.2f} ms ({bare_one.each / count.each:4.2f}, "
            f"{ours.each / count.each:4.2f})"
        )


def _computed(supervisor: Supervisor) -> float:
    """Return the processor seconds so far of the servers' processes and of PostgreSQL's for this database."""
    whole = [psutil.Process(child.process.pid) for _, child in supervisor.running.values()]
    trees = [*whole, *(one for parent in whole for one in parent.children(recursive=True))]
    backends = [one for one in psutil.process_iter() if f" {supervisor.registry} " in " ".join(_said(one))]
    return sum(sum(one.cpu_times()[:2]) for one in {one.pid: one for one in [*trees, *backends]}.values())


def _said(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _sign_in(port: int) -> str:
    """Sign in as a site lead through the form, and return the cookies."""
    from tests import collaborative

    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/sign-in/")
    answer = connection.getresponse()
    page, token = answer.read().decode(), answer.getheader("Set-Cookie").partition(";")[0]
    hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {
        "email": collaborative.address("sitelead"),
        "password": collaborative.PASSWORD,
        "csrfmiddlewaretoken": hidden,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": token}
    connection.request("POST", "/sign-in/", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise RuntimeError(f"signing in answered {answer.status}")
    return "; ".join(value.partition(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie")


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return body


def _count(count: Count, port: int, path: str, cookie: str, *, seconds: float) -> None:
    """Ask again and again over kept-open connections for so many seconds."""
    until = time.perf_counter() + seconds
    taken: list[list[float]] = [[] for _ in range(CONNECTIONS)]

    def ask(mine: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        _get(connection, path, cookie)
        while (begin := time.perf_counter()) < until:
            _get(connection, path, cookie)
            mine.append(time.perf_counter() - begin)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count.taken += [one for mine in taken for one in mine]
    count.elapsed += seconds


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
