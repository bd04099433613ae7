"""A table with encrypted columns for tests, outside the project's own models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from cryptography.fernet import Fernet
from django.apps.registry import Apps
from django.db import connection, models

from tenants.fields import EncryptedJSONField, EncryptedTextField

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
OLD, NEW, STRANGE = (Fernet.generate_key().decode() for _ in range(3))


class Secret(models.Model):
    """A row with a plain, two secret text columns and a secret JSON column."""

    name = models.CharField(max_length=40)
    token = EncryptedTextField(max_length=46)
    note = EncryptedTextField(null=True, blank=True)
    extra = EncryptedJSONField(null=True, blank=True)

    objects: ClassVar[models.Manager[Secret]] = models.Manager()

    class Meta:
        app_label = "tenants"
        apps = Apps()  # no migration, and no test that walks the models sees it
        constraints = [models.CheckConstraint(condition=~models.Q(name="bad"), name="not_bad")]

    def __str__(self) -> str:
        return self.name


def make(**values: Any) -> Secret:
    """Store a row."""
    return Secret.objects.create(**{"name": "one", "token": TOKEN, **values})


def field_of(name: str) -> Any:
    """Return a field of the model."""
    return Secret._meta.get_field(name)


@contextmanager
def secret_table() -> Iterator[None]:
    """Create the table, also inside a transaction (where SQLite's schema editor refuses)."""
    sql, _params = connection.schema_editor().table_sql(Secret)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    try:
        yield
    finally:
        if not connection.in_atomic_block:  # else the test's rollback takes it away
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE tenants_secret")


def raw(pk: int, column: str = "token") -> str | None:
    """Return what the database holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM tenants_secret WHERE id = %s", [pk])
        value: str | None = cursor.fetchone()[0]
    return value


def set_raw(pk: int, value: str, column: str = "token") -> None:
    """Write to the column past the field."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE tenants_secret SET {column} = %s WHERE id = %s", [value, pk])


def opens(token: str | None, key: str) -> bool:
    """Tell whether this one key opens a token, by the cryptography library alone."""
    try:
        Fernet(key).decrypt((token or "").encode())
    except Exception:  # noqa: BLE001 - any failure means no
        return False
    return True
