"""Session: somebody's signed-in browser, with the person beside it so that one statement reads both."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """What Django keeps of a session; the person is repeated from the signed data, which stays the authority.

    ``expire_date`` moves on while somebody uses the session, never past ``ends_at``.
    """

    person = models.ForeignKey("sites.Person", on_delete=models.CASCADE, null=True, related_name="+")
    ends_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
