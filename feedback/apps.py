"""How do we compare, and how sure are we?"""

from django.apps import AppConfig


class FeedbackApp(AppConfig):
    """Measures, comparisons, standings, releases."""

    name = "feedback"
    label = "feedback"
    verbose_name = "Comparison and feedback"
