"""Who are we, and who may?"""

from django.apps import AppConfig


class SitesApp(AppConfig):
    """Hospitals, people, the one lock, the audit trail, the queue of jobs."""

    name = "sites"
    label = "sites"
    verbose_name = "Hospitals and people"
