"""The roof as an app: it holds the management commands, and loading it gives shared tasks their broker."""

from django.apps import AppConfig

from config.celery import app as celery_app

__all__ = ["ConfigApp", "celery_app"]


class ConfigApp(AppConfig):
    """The roof."""

    name = "config"
    label = "config"
