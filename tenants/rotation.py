"""Re-encrypts stored values under the first key, while the product runs.

Raw columns are read and written, never model instances, so that no other column can be overwritten.
Each batch is a transaction and needs no memory of the last run: a killed run is simply started
again, and passes over what is under the first key already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from tenants.encryption import KeyRing, ring
from tenants.fields import Ciphertext, EncryptedTextField
from tenants.scoping import unscoped

Model = type[models.Model]

# A row that changes this often between our look and our write is left to the next run.
TRIES = 5


@dataclass
class Count:
    """What became of the values of one model."""

    current: int = 0
    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)


def encrypted_fields(model: Model) -> list[EncryptedTextField[Any, Any]]:
    """Return the encrypted fields whose columns are in the model's own table."""
    return [f for f in model._meta.local_concrete_fields if isinstance(f, EncryptedTextField)]


def encrypted_models() -> list[Model]:
    """Return every model with encrypted columns."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy and encrypted_fields(model)
    ]


def rotate(
    model: Model, *, batch: int = 500, dry_run: bool = False, using: str = "default"
) -> Count:
    """Bring every encrypted value of a model, of all tenants, under the first key.

    `batch` rows are locked (on PostgreSQL) and committed at a time. With `dry_run` nothing is
    written and `renewed` counts what would be.

    Raises:
        ImproperlyConfigured: the keys are malformed.
    """
    walk = _Walk(model, ring(), using, dry_run=dry_run)
    last = None
    while (last := walk.batch(after=last, size=batch)) is not None:
        pass
    return walk.count


class _Walk:
    def __init__(self, model: Model, keys: KeyRing, using: str, *, dry_run: bool) -> None:
        self.model = model
        self.keys = keys
        self.using = using
        self.dry_run = dry_run
        self.fields = encrypted_fields(model)
        self.count = Count()

    def _rows(self) -> models.QuerySet[Any]:
        # Not a manager: those may hide rows. The cast takes the column past the field's decryption.
        raw = {f"raw_{f.name}": Cast(f.name, models.TextField()) for f in self.fields}
        rows: models.QuerySet[Any] = models.QuerySet(self.model, using=self.using).annotate(**raw)
        return rows

    def batch(self, *, after: Any, size: int) -> Any:
        """Handle the rows behind `after`; return the last one's primary key, None at the end."""
        with unscoped("encryption keys are one for all tenants"):
            if self.dry_run:
                return self._batch(self._rows(), after, size)
            with transaction.atomic(using=self.using):
                return self._batch(self._rows().select_for_update(), after, size)

    def _batch(self, rows: models.QuerySet[Any], after: Any, size: int) -> Any:
        if after is not None:
            rows = rows.filter(pk__gt=after)
        columns = [f"raw_{f.name}" for f in self.fields]
        pk = None
        for pk, *tokens in list(rows.order_by("pk").values_list("pk", *columns)[:size]):
            for encrypted, token in zip(self.fields, tokens, strict=True):
                self._value(encrypted, pk, token)
        return pk

    def _value(self, encrypted: EncryptedTextField[Any, Any], pk: Any, token: str | None) -> None:
        for seen in self._looks(encrypted, pk, token):
            if seen is None:  # empty, or the row is gone
                return
            if self.keys.is_current(seen):
                self.count.current += 1
                return
            renewed = self.keys.renew(seen)
            if renewed is None:
                self.count.unreadable.append(f"{encrypted.where} of row {pk}")
                return
            if self.dry_run or self._swap(encrypted, pk, seen, renewed):
                self.count.renewed += 1
                return
        self.count.busy.append(f"{encrypted.where} of row {pk}")

    def _looks(
        self, encrypted: EncryptedTextField[Any, Any], pk: Any, token: str | None
    ) -> Iterator[str | None]:
        """Yield what the column holds: as the batch saw it, then freshly read each time."""
        yield token
        for _again in range(TRIES - 1):
            rows = self._rows().filter(pk=pk)
            yield rows.values_list(f"raw_{encrypted.name}", flat=True).first()

    def _swap(self, encrypted: EncryptedTextField[Any, Any], pk: Any, old: str, new: str) -> bool:
        """Write the new token if the column still holds the old one, and tell whether it did."""
        rows = self._rows().filter(pk=pk, **{f"raw_{encrypted.name}": old})
        return rows.update(**{encrypted.name: Ciphertext(new)}) == 1
