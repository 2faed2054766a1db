"""The site's own server entry with one more address, an empty view behind all of the middleware; only for the benchmark."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls
from config.wsgi import application


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with nothing."""
    return HttpResponse()


empty.gate = "public"
urls.urlpatterns.append(path("bench/empty", empty))

__all__ = ["application"]
