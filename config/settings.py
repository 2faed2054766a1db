"""The settings of the collaborative's site and its workers: one file, every secret from the environment, every default safe."""

import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    """Read one environment variable; without a default it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (see .env.example).")
    return value


def env_flag(name: str, *, default: bool = False) -> bool:
    """Read one yes/no environment variable."""
    return env(name, "1" if default else "0") in {"1", "true", "yes", "on"}


DEBUG = env_flag("CAIRN_DEBUG")
DEMO = env_flag("CAIRN_DEMO")
SECRET_KEY = env("CAIRN_SECRET_KEY", "" if not DEBUG else "debug-only-secret")
# What row security believes is signed with a key made from this one; ``manage.py migrate`` puts it into the database.
SCOPE_KEY = env("CAIRN_SCOPE_KEY", "") or SECRET_KEY
# The coordinating centre signs in with a second factor. It can be off only where nothing is real.
SECOND_FACTOR = env_flag("CAIRN_SECOND_FACTOR", default=True)
SECOND_FACTOR_KEY = env("CAIRN_SECOND_FACTOR_KEY", SECRET_KEY)
if not SECOND_FACTOR and not (DEMO or DEBUG):
    raise ImproperlyConfigured("CAIRN_SECOND_FACTOR may be off only with CAIRN_DEMO or CAIRN_DEBUG.")
ALLOWED_HOSTS = env("CAIRN_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
DATA_DIR = Path(env("CAIRN_DATA_DIR", str(BASE_DIR / ".cairn")))
SNAPSHOT_DIR = DATA_DIR / "snapshots"
HTTPS = env_flag("CAIRN_HTTPS")

INSTALLED_APPS = [
    "sites",
    "registry",
    "feedback",
    "interventions",
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]

MIDDLEWARE = [
    "config.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.SignedIn",
    "config.middleware.BindScope",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.DefaultDeny",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "config.frame.frame",
            ],
            "libraries": {"components": "config.components"},
            "builtins": ["config.components"],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    # The second finds the script of the API's description in its package.
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                ),
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "config.database",
        "HOST": env("CAIRN_DB_HOST", ""),
        "PORT": env("CAIRN_DB_PORT", ""),
        "NAME": env("CAIRN_DB_NAME", "cairn"),
        "USER": env("CAIRN_DB_USER", "cairn_web"),
        "PASSWORD": env("CAIRN_DB_PASSWORD", ""),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "cairn",
            # Migrations log in as their own role and act as the owner of the tables.
            **({"options": "-c role=cairn_owner"} if env("CAIRN_DB_USER", "") == "cairn_migrator" else {}),
        },
    },
}
if env("CAIRN_PORTAL_DB_USER", ""):
    # Only the worker is given this connection: it inserts released artefacts and can do nothing else there.
    DATABASES["portal"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": env("CAIRN_DB_HOST", ""),
        "PORT": env("CAIRN_DB_PORT", ""),
        "NAME": env("CAIRN_PORTAL_DB_NAME", "cairn_portal"),
        "USER": env("CAIRN_PORTAL_DB_USER"),
        "PASSWORD": env("CAIRN_PORTAL_DB_PASSWORD", ""),
        "OPTIONS": {"application_name": "cairn-release"},
    }
DATABASE_ROUTERS = ["config.database.router.RegistryOnly"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "sites.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
ANONYMOUS_USER_NAME = None
LOGIN_URL = "sites:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sites:sign-in"

SESSION_ENGINE = "sites.access.sessions"
SESSION_COOKIE_NAME = "cairn_session"
# A session ends after this long at most, and sooner when nobody uses it.
SESSION_COOKIE_AGE = 12 * 60 * 60
IDLE = timedelta(minutes=int(env("CAIRN_IDLE_MINUTES", "15")))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "cairn_csrf"
CSRF_USE_SESSIONS = False
CSRF_FAILURE_VIEW = "config.home.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# How many proxies of our own stand in front; the brake on guessing counts by the address that the outermost saw.
TRUSTED_PROXIES = int(env("CAIRN_TRUSTED_PROXIES", "0"))
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("CAIRN_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or env_flag("CAIRN_PLAIN_STATIC")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CAIRN_CACHE_URL = env("CAIRN_CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CAIRN_CACHE_URL}
    if CAIRN_CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Pages of the registry that show what upper floors know: addresses by name, fetched by the page itself.
ELEMENT_PANELS = ("feedback:elements-panel",)

# Mail says that something waits, and where: never what. Without a mail server it is written to files of the data folder.
SITE_URL = env("CAIRN_SITE_URL", "http://localhost:8000").rstrip("/")
EMAIL_HOST = env("CAIRN_EMAIL_HOST", "")
EMAIL_PORT = int(env("CAIRN_EMAIL_PORT", "25"))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("CAIRN_EMAIL_FROM", "cairn@localhost")

CELERY_BROKER_URL = env("CAIRN_BROKER_URL", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# One hostile file must not take the machine with it: what one job may hold in memory, and how long it may run.
CELERY_TASK_TIME_LIMIT = 60 * 60
WORKER_MEMORY = int(env("CAIRN_WORKER_MEMORY_MB", "3072")) * 1024 * 1024
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "sites.sweep", "schedule": 10.0},
    "heartbeat": {"task": "sites.heartbeat", "schedule": 10.0},
    "open-waiting-queries": {"task": "registry.open_waiting_queries", "schedule": 3600.0},
    "impact": {"task": "interventions.look_at_impact", "schedule": 600.0},
    "spread": {"task": "interventions.look_at_spread", "schedule": 600.0},
    "quality": {"task": "registry.look_at_quality", "schedule": 600.0},
    "scores": {"task": "interventions.look_at_scores", "schedule": 3600.0},
    "notices": {"task": "interventions.look_at_notices", "schedule": 600.0},
    "seal": {"task": "sites.seal", "schedule": 2.0, "options": {"expires": 2}},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["sites.api_auth.HospitalToken"],
    "DEFAULT_PERMISSION_CLASSES": ["sites.access.gates.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api_errors.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cairn registry API",
    "DESCRIPTION": "Take cases into a registry, one at a time or in batches, with the same checks as the form and the file upload.",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["sites.access.gates.SignedIn"],
    "SERVE_AUTHENTICATION": ["rest_framework.authentication.SessionAuthentication"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("CAIRN_LOG_LEVEL", "INFO")},
}
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",
    # TLS is a matter of the proxy in front; CAIRN_HTTPS=1 turns on secure cookies.
    "security.W004",
    "security.W008",
]
