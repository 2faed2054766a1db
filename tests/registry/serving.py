"""The site on a port of this process, over the database the test stands in: for journeys in a little world."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing of each request."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve until the block ends; give the address."""
    site = StaticFilesHandler(get_wsgi_application())
    server = make_server("127.0.0.1", 0, _closing(site), server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _closing(site: Callable) -> Callable:
    """Give back each thread's database connections, so that the world can be removed."""

    def answer(environment: dict, start: Callable) -> Any:
        try:
            return site(environment, start)
        finally:
            connections.close_all()

    return answer
