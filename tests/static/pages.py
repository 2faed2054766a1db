"""Pages drawn without a database, and a small server for them under the real policy; no test stands here."""

import mimetypes
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.template import Context, Engine, engines
from django.template.loader import render_to_string
from django.test import RequestFactory

STATIC = Path(__file__).resolve().parents[2] / "static"
POLICY = (
    "default-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data: blob:"
)


def a_frame(**changed: Any) -> SimpleNamespace:
    """Give the frame of a site lead, with whatever the test changes."""
    items = tuple(
        SimpleNamespace(label=label, url=f"/{label.lower()}/", count=count, current=label == "Standing")
        for label, count in (("Home", 3), ("Cases", 14), ("Standing", 0), ("Learn", 0), ("Meetings", 0))
    )
    usual: dict[str, Any] = {
        "signed_in": True,
        "groups": (SimpleNamespace(heading="", items=items),),
        "hospital": "Harbor General",
        "role": "Site lead",
        "period": "Jan – Dec 2025",
        "person": "Ruth Osei",
        "banners": (),
        "demo": True,
        "home_url": "/",
        "search_url": "/search/",
    }
    return SimpleNamespace(**(usual | changed))


def draw(words: str, /, **context: Any) -> str:
    """Draw a piece of template, as the project's engine would."""
    engine: Engine = engines["django"].engine
    return engine.from_string(words).render(Context(context)).strip()


def page(template: str, *, path: str = "/", **context: Any) -> str:
    """Draw a whole page for a request, signed in unless a frame is given."""
    request = RequestFactory().get(path)
    return render_to_string(template, {"frame": a_frame()} | context, request)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(pages: dict[str, str]) -> Iterator[str]:
    """Serve pages by path, and the static files, and give the address."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            start("200 OK", [("Content-Type", kind)])
            return [file.read_bytes()]
        body = pages.get(path)
        start(
            "200 OK" if body else "404 Not Found", [("Content-Type", "text/html"), ("Content-Security-Policy", POLICY)]
        )
        return [(body or "").encode()]

    with make_server("127.0.0.1", 0, answer, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
