"""The settings of the payer's portal: its own apps, accounts, database and URL map, and nothing of the registry."""

import os
from datetime import timedelta
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = os.environ.get("CAIRN_DEBUG", "0") == "1"
DEMO = os.environ.get("CAIRN_DEMO", "0") == "1"
SECRET_KEY = os.environ["CAIRN_PORTAL_SECRET_KEY"]
ALLOWED_HOSTS = os.environ.get("CAIRN_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
HTTPS = os.environ.get("CAIRN_HTTPS", "0") == "1"

INSTALLED_APPS = [
    "feedback.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "feedback.portal.middleware.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "feedback.portal.middleware.Ends",
]
ROOT_URLCONF = "feedback.portal.urls"
WSGI_APPLICATION = "config.portal_wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "portal"],
        "APP_DIRS": False,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("CAIRN_DB_HOST", ""),
        "PORT": os.environ.get("CAIRN_DB_PORT", ""),
        "NAME": os.environ.get("CAIRN_PORTAL_DB_NAME", "cairn_portal"),
        "USER": os.environ.get("CAIRN_PORTAL_DB_USER", "cairn_portal"),
        "PASSWORD": os.environ.get("CAIRN_PORTAL_DB_PASSWORD", ""),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "application_name": "cairn-portal",
            **(
                {"options": "-c role=cairn_portal_owner"}
                if os.environ.get("CAIRN_PORTAL_DB_USER") == "cairn_portal_migrator"
                else {}
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "portal.PayerAccount"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "releases"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_NAME = "cairn_portal_session"
SESSION_COOKIE_AGE = 12 * 60 * 60
IDLE = timedelta(minutes=int(os.environ.get("CAIRN_IDLE_MINUTES", "15")))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "cairn_portal_csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("CAIRN_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or os.environ.get("CAIRN_PLAIN_STATIC") == "1"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("CAIRN_LOG_LEVEL", "INFO")},
}
