"""How the API says no: the same body for every refusal."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from sites.refusals import NotAllowed, NotFound, Refusal


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn refusals into JSON; leave the rest to the framework."""
    if isinstance(error, NotFound):
        return Response({"reasons": list(error.reasons)}, status=404)
    if isinstance(error, NotAllowed):
        return Response({"reasons": list(error.reasons)}, status=403)
    if isinstance(error, Refusal):
        return Response({"reasons": list(error.reasons)}, status=409)
    return exception_handler(error, context)
