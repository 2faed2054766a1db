"""The site's own server entry with one more address, an empty view behind all of the middleware; only for the benchmark."""

from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, path

from config.wsgi import application


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    return HttpResponse()


empty.gate = "public"
get_resolver().url_patterns.append(path("bench/empty", empty))

__all__ = ["application"]
