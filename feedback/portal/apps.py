"""The payer's portal: the only domain app of its process."""

from django.apps import AppConfig


class PortalApp(AppConfig):
    """Accounts of payers and the artefacts released to them."""

    name = "feedback.portal"
    label = "portal"
    verbose_name = "Payer portal"
