"""Settings. What differs between places comes from the environment; insecure values are refused in production."""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

ENVIRONMENT = env.str("SERVICELOOP_ENV", "development")
if ENVIRONMENT not in {"development", "production"}:
    raise ImproperlyConfigured("SERVICELOOP_ENV must be 'development' or 'production'.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False  # a traceback never reaches a user, not even in development: it goes to the log

DEVELOPMENT_SECRET = "development-only-secret-key-that-production-refuses-to-start-with"
SECRET_KEY = env.str("SECRET_KEY", "" if PRODUCTION else DEVELOPMENT_SECRET)
SECRET_KEY_FALLBACKS = env.list(
    "SECRET_KEY_FALLBACKS", default=[]
)  # older ones: what they sealed stays readable
if PRODUCTION and (len(SECRET_KEY) < 50 or SECRET_KEY == DEVELOPMENT_SECRET):
    raise ImproperlyConfigured("Set SECRET_KEY to at least 50 random characters.")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of this installation.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "people",
    "history",
    "reminders",
    "incidents",
    "capa",
    "complaints",
    "metrics",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.PreferencesMiddleware",
    "history.middleware.RequestContextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shell",
            ],
            "libraries": {"ui": "config.ui"},
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "config.ui"],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets of our own come from templates/

# Database and broker -------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://postgres@localhost/serviceloop")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": env.bool("DISABLE_SERVER_SIDE_CURSORS", False),
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds
if PRODUCTION and "DATABASE_URL" not in env.ENVIRON:
    raise ImproperlyConfigured("Set DATABASE_URL to the PostgreSQL database.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
if PRODUCTION and "REDIS_URL" not in env.ENVIRON:
    raise ImproperlyConfigured("Set REDIS_URL to the broker (Redis or Valkey).")

# Throttling counters live in the database, so that signing in needs no broker (losing Redis costs delay, never service).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},  # a flood may not push the counters out
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = {
    "sweep-deadlines": {"task": "reminders.tasks.sweep", "schedule": 60.0},
    "audit-announcements": {"task": "reminders.tasks.audit", "schedule": 300.0},
    "deliver-mail": {
        "task": "reminders.tasks.deliver_mail",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "deliver-messages": {
        "task": "reminders.tasks.deliver_messages",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "write-digests": {"task": "reminders.tasks.write_digests", "schedule": crontab(minute="*/5")},
    "discard-old-deliveries": {
        "task": "reminders.tasks.discard_old_deliveries",
        "schedule": crontab(hour=3, minute=45),
    },
    "seal-history": {"task": "history.tasks.seal_yesterday", "schedule": crontab(minute=15)},
    "discard-abandoned-uploads": {
        "task": "incidents.tasks.discard_abandoned_uploads",
        "schedule": crontab(minute=40),
    },
    "discard-unsent-files-of-customers": {
        "task": "complaints.tasks.discard_unsent_files",
        "schedule": crontab(minute=50),
    },
    "find-recurrences": {"task": "capa.tasks.find_recurrences", "schedule": 60.0},
    "open-ended-observations": {"task": "capa.tasks.open_ended_observations", "schedule": 300.0},
    "poll-mailboxes": {
        "task": "complaints.tasks.poll_mailboxes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "apply-retention": {
        "task": "complaints.tasks.apply_retention",
        "schedule": crontab(hour=18, minute=20),  # in UTC: the small hours in China
    },
    "look-at-incidents": {
        "task": "complaints.tasks.look_at_incidents",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "invite-customers": {
        "task": "complaints.tasks.invite_customers",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "make-monthly-reports": {
        "task": "metrics.tasks.make_monthly_reports",
        "schedule": crontab(hour="0,1,2,3", minute=35),  # in UTC: in the morning in China
    },
    "make-scorecards": {
        "task": "metrics.tasks.make_scorecards",
        "schedule": crontab(hour="0,1,2,3", minute=45),  # in UTC: in the morning in China
    },
    "thank-for-reports": {
        "task": "metrics.tasks.thank_for_reports",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "roll-up-figures": {
        "task": "metrics.tasks.roll_up",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "resume-interrupted-jobs": {"task": "incidents.tasks.resume_interrupted_jobs", "schedule": 60.0},
    "discard-old-job-files": {
        "task": "incidents.tasks.discard_old_job_files",
        "schedule": crontab(hour=3, minute=25),
    },
    "look-for-warnings": {
        "task": "metrics.tasks.look_for_warnings",
        "schedule": crontab(hour=18, minute=50),  # in UTC: the small hours in China
    },
    "clear-sessions": {"task": "people.tasks.clear_sessions", "schedule": crontab(hour=3, minute=5)},
}

# People and signing in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "mywork"
ACCOUNT_ADAPTER = "people.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "people.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "signature": "5/5m/user",  # wrong passwords under a signature: see people/proving.py
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_TOTP_ISSUER = "ServiceLoop"
MFA_TOTP_TOLERANCE = 1  # one step of 30 s either way: clocks of phones differ
MFA_FORMS = {
    "authenticate": "people.second_step.AuthenticateForm",
    "reauthenticate": "people.second_step.ReauthenticateForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are entered by administrators, nobody verifies them
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.str("OIDC_NAME", "SSO"),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": env.str("OIDC_SERVER_URL")},
            }
        ]
        if env.str("OIDC_CLIENT_ID", "")
        else [],
    }
}

# Languages and time --------------------------------------------------------------------------------------------------
LANGUAGES = [
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("en", _("English")),
]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", "zh-hans")
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")
FORMAT_MODULE_PATH = ["config.formats"]

# Files ---------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "var" / "static")
MEDIA_ROOT = env.path(
    "MEDIA_ROOT", default=BASE_DIR / "var" / "media"
)  # outside the web root: no MEDIA_URL on purpose
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "incidents.files.incoming.SizeGuard",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 100 * 1024 * 1024)  # one file
UPLOAD_MAX_FILES = env.int("UPLOAD_MAX_FILES", 20)  # one incident report
RETENTION_MONTHS = env.int(
    "RETENTION_MONTHS", 36
)  # personal data of ended complaints, where no company set its own
UPLOAD_QUOTA_PER_DAY = env.int("UPLOAD_QUOTA_PER_DAY", 1024 * 1024 * 1024)  # one person
UPLOAD_QUOTA_PER_FORM = env.int("UPLOAD_QUOTA_PER_FORM", 300 * 1024 * 1024)  # one form of a customer

# PDF -----------------------------------------------------------------------------------------------------------------
CHROMIUM = env.str("CHROMIUM", "")  # the program that prints papers; empty: whatever is found on the path
CHROMIUM_SANDBOX = env.bool("CHROMIUM_SANDBOX", True)  # its own; never for root, who may not use it

# Mail ----------------------------------------------------------------------------------------------------------------
# Without EMAIL_URL mails are put into files in development; in production they wait for a server on this machine.
EMAIL_CONFIG = (
    env.email_url("EMAIL_URL", default="smtp://localhost:25")
    if PRODUCTION or "EMAIL_URL" in env.ENVIRON
    else {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(BASE_DIR / "var" / "mail"),
    }
)
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20  # seconds that a mail server may be silent
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "ServiceLoop <serviceloop@localhost>")
FOLLOW_UP_TRIES = env.int(
    "FOLLOW_UP_TRIES", 3
)  # calls to a customer who can't be reached, before it is enough
COMPLAINT_ROUNDS_BELOW = env.int("COMPLAINT_ROUNDS_BELOW", 2)  # answers before those above answer themselves
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # with which Prometheus may ask for /metrics/; empty: nobody may
MESSAGES_PER_HOUR = env.int("MESSAGES_PER_HOUR", 20)  # to one person or endpoint; what is more becomes one
ENDPOINTS_MAY_BE_LOCAL = env.bool(
    "ENDPOINTS_MAY_BE_LOCAL", not PRODUCTION
)  # webhooks into private networks, and http

# Security ------------------------------------------------------------------------------------------------------------
SECURE = env.bool("SECURE", PRODUCTION)  # served over HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if SECURE else "language"
LANGUAGE_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(
    env.bool("BEHIND_PROXY", False)
)  # else throttling would take all for one client
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        # signing in elsewhere begins with a form that redirects there
        "form-action": [SELF, *filter(None, [env.str("OIDC_SERVER_URL", "")])],
        "frame-ancestors": [NONE],
    }
}

# API -----------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.authentication.TokenAuthentication",
        "config.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.authentication.SignedIn"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", "600/min")},
    "DEFAULT_PARSER_CLASSES": ["config.api.bodies.ObjectParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.authentication.OnlyOneFormat",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.errors.answer",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ServiceLoop",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["config.api.authentication.SignedIn"],
    "PATH_CONVERTER_OVERRIDES": {"number": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}-[0-9]{1,9}$"}},
    "ENUM_NAME_OVERRIDES": {
        "StageEnum": "incidents.stages.Stage",
        "VerdictEnum": "capa.models.Verification.Verdict",
        "EvidenceKindEnum": "incidents.models.Evidence.Kind",
        "AttributionKindEnum": "incidents.stages.Attributable",
        "MeasureKindEnum": "capa.models.Measure.Kind",
        "ImprovementKindEnum": "capa.models.Improvement.Kind",
        "EntryKindEnum": "capa.models.LedgerEntry.Kind",
        "CauseStatusEnum": "capa.models.Cause.Status",
        "PlanStatusEnum": "capa.models.Plan.Status",
        "MeasureStatusEnum": "capa.models.Measure.Status",
        "RoleEnum": "people.models.Role",
        "ChannelEnum": "incidents.stages.Channel",
        "ComplaintChannelEnum": "complaints.states.Channel",
        "GradeEnum": "complaints.states.Grade",
        "PriorityEnum": "complaints.states.Priority",
        "StateEnum": "complaints.states.State",
        "MessageKindEnum": "complaints.models.Message.Kind",
        "CompensationKindEnum": "complaints.models.Compensation.Kind",
        "ReplyStatusEnum": "complaints.models.Reply.Status",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"secrets": {"()": "config.logs.SecretAddresses"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]},
    },
    "loggers": {
        # at the source, too: whatever handler somebody adds
        name: {"filters": ["secrets"]}
        for name in ("django.request", "django.security.csrf")
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
}

# The shared password of the demo accounts; empty outside the demo, where those accounts don't exist.
DEMO_PASSWORD = "" if PRODUCTION else env.str("SERVICELOOP_DEMO_PASSWORD", "")

SILENCED_SYSTEM_CHECKS: list[str] = []
