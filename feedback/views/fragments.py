"""Rendered pages and parts that hang on immutable rows alone, kept in this process's memory: never shared, never on disk.

Row security is asked first, in every request, which standing the person has; only then its part is looked up here.
The key names the stored standing, so an own-hospital set can never get another set's part (rule B12).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string

KEPT = 512
TOKEN = "the-token-of-this-request"  # stands in a kept page where each answer gets a fresh token
Part = TypeVar("Part")
_parts: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


def kept(key: Hashable, *, make: Callable[[], Part]) -> Part:
    """Return the part of this key, made once; the ones not asked for longest are forgotten."""
    with _lock:
        if key in _parts:
            _parts.move_to_end(key)
            return _parts[key]
    part = make()
    with _lock:
        _parts[key] = part
        while len(_parts) > KEPT:
            _parts.popitem(last=False)
    return part


def page(request: HttpRequest, template: str, *, key: Hashable, make: Callable[[], dict[str, Any]]) -> HttpResponse:
    """Answer with a page that its key, its address, its reader and the frame around it determine.

    Only the form token is put in anew. A page with a message on it, or asked for with a query, is drawn for once.
    """
    if request.GET or len(get_messages(request)):
        return render(request, template, make())
    who = (request.user.pk, request.user.email)
    body = kept(
        (template, request.path, who, request.frame, key),
        make=lambda: render_to_string(template, make() | {"csrf_token": TOKEN}, request=request).encode(),
    )
    return HttpResponse(body.replace(TOKEN.encode(), get_token(request).encode()))


def forget() -> None:
    """Forget every part."""
    with _lock:
        _parts.clear()
