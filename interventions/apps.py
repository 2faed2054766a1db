"""Who does it better, what do they do, did it spread, did it help?"""

from django.apps import AppConfig


class InterventionsApp(AppConfig):
    """The learning loop."""

    name = "interventions"
    label = "interventions"
    verbose_name = "Learning"
