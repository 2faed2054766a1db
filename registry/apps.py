"""What happened to the patients, and can we believe it?"""

from django.apps import AppConfig


class RegistryApp(AppConfig):
    """Dictionaries, cases, uploads, periods, snapshots."""

    name = "registry"
    label = "registry"
    verbose_name = "Registry"
