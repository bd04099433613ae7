"""One known value under the encryption keys: tells at start-up whether they are the right ones."""

from __future__ import annotations

from typing import Any

from django.db import connections, models

from tenants.fields import EncryptedTextField

CANARY = "Botharbor's canary"


class EncryptionCanary(models.Model):
    """The only row is written at the first migrate; global, not a tenant's."""

    value = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def has_table(cls, using: str) -> bool:
        """Tell whether the database has been migrated this far."""
        return cls._meta.db_table in connections[using].introspection.table_names()


def write_canary(using: str = "default", **kwargs: Any) -> None:
    """Write the canary if there is none yet; for post_migrate. It is never overwritten."""
    del kwargs
    if EncryptionCanary.has_table(using):
        rows = EncryptionCanary.objects.using(using)
        # pk only: reading the value here would raise where the check can explain
        if not rows.filter(pk=1).exists():
            rows.get_or_create(pk=1, defaults={"value": CANARY})
