"""Production's settings with a toy product beside the others."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.toy"]  # noqa: F405
ALLOWED_HOSTS = ["*"]
