"""The roof as an app: it holds the management commands and wires Celery when Django starts."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    """The roof."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Load the Celery application so that shared tasks find their broker."""
        from config import celery  # noqa: F401, PLC0415
