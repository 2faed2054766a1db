"""The server entry of the payer's portal, a process of its own."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "config.portal_settings"
application = get_wsgi_application()
