"""Production refuses to start with demo keys, with emulators, or with DEBUG.

Management commands run the checks by themselves; the web, workers and beat ask `refuse_unsafe`.
"""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register, run_checks

from tenants.checks import START
from traffic_guard.services.guarding import own

# gunicorn's status for "could not boot": its main process then ends, too, and forks no other one
UNSAFE = 3


def refuse_unsafe() -> None:
    """End this process, with a sentence for each reason, where the settings are unsafe.

    Raises:
        SystemExit: they are.
    """
    problems = [one for one in run_checks(tags=[START]) if one.is_serious()]
    for one in problems:
        sys.stderr.write(f"Botharbor does not start: {one.msg} ({one.id})\n")
    if problems:
        sys.stderr.flush()
        sys.exit(UNSAFE)


@register(START)
def production_is_safe(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Name each variable that makes a production start unsafe (config.E000 to E005)."""
    del app_configs, kwargs
    if settings.ENVIRONMENT not in {"demo", "production"}:
        return [Error("ENVIRONMENT must be 'demo' or 'production'.", id="config.E000")]
    if not settings.PRODUCTION:
        return []
    demo_values = {
        "SECRET_KEY": settings.SECRET_KEY == settings.DEMO_SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": settings.DEMO_FIELD_KEY in settings.FIELD_ENCRYPTION_KEY,
        "BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY == settings.DEMO_BLIND_INDEX_KEY,
    }
    problems: list[CheckMessage] = [
        Error(f"{name} still has the demo's value: set it to a fresh one.", id="config.E001")
        for name, is_demo in demo_values.items()
        if is_demo
    ]
    if settings.EMULATORS:
        problems.append(Error("EMULATORS must be 0 in production.", id="config.E002"))
    if settings.DEBUG:
        problems.append(Error("DEBUG must be off in production.", id="config.E003"))
    if not settings.PUBLIC_URL.startswith("https://"):
        problems.append(
            Error("PUBLIC_URL must be our https:// address in production.", id="config.E004")
        )
    if not settings.REDIS_URL:
        problems.append(Error("REDIS_URL must be set in production.", id="config.E005"))
    return problems


@register(deploy=True)
def own_machine_is_known(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn where nothing keeps the traffic guard from stopping our own machine (config.W001)."""
    del app_configs, kwargs
    if own.is_anything_known():
        return []
    return [
        checks.Warning(
            "No address of the machine that this runs on is known, so the traffic guard could "
            "stop it where it is a tenant's cloud server.",
            hint="Name its public addresses in OWN_ADDRESSES; a container cannot find them.",
            id="config.W001",
        )
    ]
