"""Start-up checks of the encryption keys; run them with `check --database default`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from tenants.encryption import DecryptionError, ring
from tenants.models.canary import CANARY, EncryptionCanary

# What every process asks before it starts; needs neither a database nor a broker.
START = "start"


@register(Tags.security, START)
def check_encryption_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report missing or malformed keys (tenants.E002)."""
    del app_configs, kwargs
    try:
        ring()
    except ImproperlyConfigured as error:
        return [
            Error(
                str(error),
                hint="Make one: python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'",
                id="tenants.E002",
            )
        ]
    return []


@register(Tags.database)
def check_encryption_canary(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report keys that do not open the canary row of a database (tenants.E001)."""
    del app_configs, kwargs
    return [message for alias in databases or () for message in _check_canary(alias)]


def _check_canary(alias: str) -> list[CheckMessage]:
    if not EncryptionCanary.has_table(alias):
        return []
    values = EncryptionCanary.objects.using(alias).values_list("value", flat=True)
    try:
        if all(value == CANARY for value in values):
            return []
    except ImproperlyConfigured:  # tenants.E002 says it
        return []
    except DecryptionError:
        pass
    return [
        Error(
            f"FIELD_ENCRYPTION_KEYS does not open what is stored in database '{alias}'.",
            hint="Put back the keys this database was filled under. New keys go in front of the "
            "old ones; an old key leaves only after `manage.py rotate_encryption_keys`.",
            id="tenants.E001",
        )
    ]
