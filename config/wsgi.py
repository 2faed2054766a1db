"""The server entry of the collaborative's site."""

import os
from functools import lru_cache

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch, get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
KEPT = 1024


@lru_cache(maxsize=KEPT)
def _match(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


class Handler(WSGIHandler):
    """Django's handler that remembers which view an address leads to: the map never changes while a process lives.

    Several requests share what is remembered, so nobody may write into it; views are given copies of their arguments.
    """

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Find the view; an address that leads nowhere is looked up each time, and not remembered."""
        request.resolver_match = _match(request.path_info)
        return request.resolver_match


django.setup(set_prefix=False)
application = Handler()
