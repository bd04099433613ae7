"""Production refuses to start with demo keys, with emulators, or with DEBUG."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def production_is_safe(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Name each variable that makes a production start unsafe (config.E001 to E006)."""
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
