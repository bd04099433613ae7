"""Changes of a row that people may ask about later: only what differs is saved, and noted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from tenants.services import audit
from tenants.services.audit import Actor


def change(row: Model, action: str, wanted: Mapping[str, Any], *, actor: Actor) -> list[str]:
    """Change fields of a row, note an audit event with both values; return what changed, sorted.

    Other columns are left to whoever writes them at this moment. Needs the tenant's open scope, in
    a transaction.
    """
    changes = {
        name: [_kept(getattr(row, name)), _kept(value)]
        for name, value in wanted.items()
        if getattr(row, name) != value
    }
    if not changes:
        return []
    for name in changes:
        setattr(row, name, wanted[name])
    row.save(update_fields=list(changes))
    audit.record(action, actor=actor, target=row, **changes)
    return sorted(changes)


def _kept(value: Any) -> Any:
    """Return a value as the audit keeps it."""
    return str(value) if isinstance(value, Model | date | Decimal) else value
