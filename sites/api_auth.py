"""How the API knows who asks: the token that the middleware found, or nobody."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from sites.models import ApiToken, Person


class HospitalToken(BaseAuthentication):
    """``Authorization: Bearer …``: a token of one person for one hospital."""

    def authenticate(self, request: Any) -> tuple[Person, ApiToken] | None:
        """Return the person and the token, or refuse."""
        token = getattr(request._request, "token", None)
        if token is None:
            raise AuthenticationFailed("Send a working token: Authorization: Bearer …")
        request.authority = request._request.authority
        return token.person, token

    def authenticate_header(self, request: Any) -> str:
        """Name the scheme, so that a refusal is 401."""
        return "Bearer"
