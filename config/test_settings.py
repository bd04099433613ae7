"""The settings under which tests run: fast hashing, tasks in the caller, an in-process Redis."""

import atexit
import gc
import os
import shutil
import tempfile

# All that is imported and collected stays to the end: looking through it again and again for
# garbage is a tenth of the time that the tests take.
gc.set_threshold(20_000, 20, 100)

# Tests must not read a developer's keys or stores; only what the test runner names counts.
os.environ["DOTENV"] = os.devnull
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="botharbor-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
# Each new HTTP client reads all authorities that the machine trusts, which takes it 20 ms. No test
# speaks TLS to the world, so here nobody is trusted.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.environ["DATA_DIR"]
for _name in ("DATABASE_URL", "REDIS_URL"):
    if not os.environ.get(_name):
        os.environ.pop(_name, None)

# Each of the parallel runners has its own database in the shared test Redis.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rstrip('/').removesuffix('/0')}/{_worker}"

from config.settings import *  # noqa: E402,F403

ENVIRONMENT = "demo"
PRODUCTION = False
DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
NUDGE_SENDERS = False
# no test waits for its turn at a cloud that is an emulator
TRAFFIC_CALLS_PER_SECOND = 10_000.0
PUBLIC_URL = "https://botharbor.test"
# the demo is tested as it is on one's own machine, whatever the address in links
LOOPBACK_ONLY = True
ALLOWED_HOSTS = ["*"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
