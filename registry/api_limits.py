"""What the API bears: how much in one message, how many messages a minute, and how a token is shown in the OpenAPI document."""

import json
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.throttling import SimpleRateThrottle

MOST_BYTES = 5 * 1024 * 1024


class TooLarge(APIException):
    """The message is larger than one message may be."""

    status_code = 413
    default_detail = f"One message may have {MOST_BYTES // (1024 * 1024)} MB; send several."


class BoundedJSON(JSONParser):
    """JSON of bounded size, counted while reading because headers can lie."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None) -> Any:
        """Read and decode at most MOST_BYTES."""
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is no JSON in UTF-8.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


class PerToken(SimpleRateThrottle):
    """So many messages a minute for each token; others are not slowed by it."""

    scope = "token"
    rate = "120/min"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Count by token."""
        return None if request.auth is None else f"throttle_token_{request.auth.pk}"


class HospitalTokenScheme(OpenApiAuthenticationExtension):
    """Describe the token for the OpenAPI document."""

    target_class = "sites.api_auth.HospitalToken"
    name = "hospitalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Name the scheme: a bearer token of one person for one hospital."""
        return {"type": "http", "scheme": "bearer", "description": "A token of your hospital, made under Account."}
