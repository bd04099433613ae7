"""Every setting of Botharbor, from the environment; `.env` fills what the environment leaves open.

Nothing exists only in production: the same file runs the demo, the tests and production, and
`config/checks.py` refuses to start production with demo keys, emulators or DEBUG.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE

from config.admin_theme import UNFOLD  # noqa: F401 - a setting
from config.env import database, loopback_only, redis_for_celery, under_gunicorn
from config.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# never overrides what the environment names
env.read_env(env.str("DOTENV", default=str(BASE_DIR / ".env")))

ENVIRONMENT = env.str("ENVIRONMENT", default="demo")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
# gunicorn, Celery and the commands write here; a fresh checkout has no such folder
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- Keys. The demo's defaults are known to everybody: checks.py refuses them in production.
DEMO_SECRET_KEY = "demo-only-secret-key-that-everybody-can-read-in-the-source"
DEMO_FIELD_KEY = "ZGVtby1vbmx5LWZpZWxkLWtleS1mb3ItZXZlcnlib2Q="
DEMO_BLIND_INDEX_KEY = "demo-only-blind-index-key-that-everybody-can-read"
SECRET_KEY = env.str("SECRET_KEY", default=DEMO_SECRET_KEY)
FIELD_ENCRYPTION_KEY = env.list("FIELD_ENCRYPTION_KEYS", default=[DEMO_FIELD_KEY])
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default=DEMO_BLIND_INDEX_KEY)

# --- Where we are
PORT = env.int("PORT", default=8000)
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=["127.0.0.1", "localhost", "[::1]", *filter(None, [urlsplit(PUBLIC_URL).hostname])],
)
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []
)
# elsewhere the demo's passwords are random, and its mails and stand-ins are not shown
LOOPBACK_ONLY = loopback_only(PUBLIC_URL, ALLOWED_HOSTS, env.str("WEB_BIND", default=""))

# --- Outside services. Unset means the real one.
EMULATORS = env.bool("EMULATORS", default=False)
TELEGRAM_API_URL = env.str("TELEGRAM_API_URL", default="https://api.telegram.org").rstrip("/")
FEISHU_API_URL = env.str("FEISHU_API_URL", default="https://open.feishu.cn").rstrip("/")
# `{host}` in it stands for eu, ca and us
OVH_API_URL = env.str("OVH_API_URL", default="").rstrip("/")
# seconds: however short an interval tenants choose, no armed plan is looked at more often
OVH_MIN_INTERVAL = env.float("OVH_MIN_INTERVAL", default=2.0)
OVH_HISTORY_DAYS = env.int("OVH_HISTORY_DAYS", default=400)
# `{site}` in the first three stands for cn, intl and eu, `{region}` in the others for a region
HUAWEI_IAM_URL = env.str("HUAWEI_IAM_URL", default="").rstrip("/")
HUAWEI_CONFIG_URL = env.str("HUAWEI_CONFIG_URL", default="").rstrip("/")
HUAWEI_BSS_URL = env.str("HUAWEI_BSS_URL", default="").rstrip("/")
HUAWEI_ECS_URL = env.str("HUAWEI_ECS_URL", default="").rstrip("/")
HUAWEI_VPC_URL = env.str("HUAWEI_VPC_URL", default="").rstrip("/")
HUAWEI_CES_URL = env.str("HUAWEI_CES_URL", default="").rstrip("/")
# the small cloud of the demo, offered only where this is set
TIDEWATER_API_URL = env.str("TIDEWATER_API_URL", default="").rstrip("/")
# to each API of a cloud, over all tenants and processes; Huawei Cloud allows an address 10
TRAFFIC_CALLS_PER_SECOND = env.float("TRAFFIC_CALLS_PER_SECOND", default=5.0)
# every reading is kept for so many days, then one an hour, then one a day, then none
TRAFFIC_RAW_DAYS = env.int("TRAFFIC_RAW_DAYS", default=7)
TRAFFIC_HOURLY_DAYS = env.int("TRAFFIC_HOURLY_DAYS", default=60)
TRAFFIC_HISTORY_DAYS = env.int("TRAFFIC_HISTORY_DAYS", default=400)
# addresses of the machines that this runs on: the guard never stops those
OWN_ADDRESSES = env.list("OWN_ADDRESSES", default=[])
SIMULATOR_URL = env.str("SIMULATOR_URL", default="")
# the bot that the emulator knows from the start; `load_demo` connects it
DEMO_BOT_TOKEN = env.str("DEMO_BOT_TOKEN", default="7100000001:AAHarborDemoBotTokenForEmulators001")

# --- Applications
INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "tenants",
    "bots",
    "ovh_sniper",
    "traffic_guard",
    "energy",
    "shop",
    "lottery",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.apps.OperatorAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_celery_beat",
]
MIDDLEWARE = [
    # First: a webhook pays for no session, no log-in, no CSRF (DESIGN D16).
    "bots.middleware.WebhookFirst",
    "tenants.repeating.RepeatLost",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.TenantMiddleware",
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
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "tenants.context.portal",
            ],
        },
    }
]

# --- Stores
DATABASES = {
    "default": database(
        env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'botharbor.sqlite3'}"),
        # the web's threads are few and stay: a pool would only cost them CPU at each request
        pool_size=env.int("DATABASE_POOL_SIZE", default=0 if under_gunicorn() else 12),
    )
}
# off behind a proxy that hands out connections by transaction
DATABASE_PREPARE = env.bool("DATABASE_PREPARE", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- Celery: a broker message is only a hint, the truth is rows (DESIGN D6)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or redis_for_celery(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "queue_order_strategy": "round_robin",
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
TENANT_SHARDS = 4
CELERY_TASK_DEFAULT_QUEUE = "default"
# Messages have a queue of their own: draws and recounts must not delay a reply. So have the stock
# pollers, which run for minutes: a worker for them alone keeps them from other tasks' threads.
CELERY_TASK_ROUTES = {
    "bots.tasks.deliver": {"queue": "outgoing"},
    "bots.tasks.sweep_outbox": {"queue": "outgoing"},
    "ovh_sniper.tasks.stock.poll": {"queue": "stock"},
    "ovh_sniper.tasks.stock.wake": {"queue": "stock"},
}
CELERY_WORKER_QUEUES = [
    "default",
    "outgoing",
    "stock",
    *(f"tenants-{shard}" for shard in range(TENANT_SHARDS)),
]
# Wake the sender after each commit; tests run it themselves.
NUDGE_SENDERS = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# --- Accounts
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tenants:choose"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Botharbor] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PUBLIC_URL.startswith("https://") else "http"
ACCOUNT_ADAPTER = "tenants.adapters.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
# How many proxies stand before us: an https address of ours means at least one.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int(
    "TRUSTED_PROXIES", default=1 if PUBLIC_URL.startswith("https://") else 0
)
MFA_ADAPTER = "tenants.adapters.MFAAdapter"
MFA_TOTP_ISSUER = "Botharbor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# --- Mail. Without EMAIL_URL the demo keeps every mail as a file that the portal can show.
if "EMAIL_URL" in env:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Botharbor <noreply@botharbor.invalid>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10

# --- Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
# The demo serves straight from the source folders: no collectstatic before the first page.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

# --- Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'", NONCE],
        "img-src": ["'self'", "data:", "blob:"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
    }
}
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION or HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "tenants.views.errors.csrf_failure"
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api_auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api_auth.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.api_parsing.JSONParser"],
    "EXCEPTION_HANDLER": "tenants.api_auth.exception_handler",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
}
# of each key, and of each address without a key that works; 0: no limits
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=3000)
API_REFUSALS_PER_MINUTE = env.int("API_REFUSALS_PER_MINUTE", default=300)
SPECTACULAR_SETTINGS = {
    "TITLE": "Botharbor API",
    "DESCRIPTION": (
        "Bots, giveaways, OVH stock and cloud traffic of one tenant. "
        "Authorization: Bearer bh_live_…. Each answer tells in RateLimit-Limit, -Remaining and "
        "-Reset (seconds) how often this key may still call; 429 and 503 tell in Retry-After when."
    ),
    "VERSION": "1.0.0",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.api_schema.add_refusals",
    ],
    # two products have fields of this name
    "ENUM_NAME_OVERRIDES": {
        "OvhRightEnum": "ovh_sniper.serializers.accounts.RIGHTS",
        "CloudRightsEnum": "traffic_guard.models.accounts.Account.Rights",
    },
}

# --- Logs: one line an event on stdout; tokens are struck out wherever they appear
LOGGING = logging_settings(env.str("LOG_LEVEL", default="INFO"))
