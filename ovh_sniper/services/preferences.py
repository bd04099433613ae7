"""A tenant's settings of this product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bots.models import Chat
from ovh_sniper.models import Preferences
from tenants.services import audit
from tenants.services.audit import Actor

# an hour, in seconds: whoever wants to hear later than that needs no watching
SLOWEST = 3600


def of(tenant_id: int) -> Preferences:
    """Return the tenant's settings, made with the defaults where there are none yet."""
    found = Preferences.objects.select_related("chat__bot").defer("chat__bot__token").first()
    if found is None:
        found, _is_new = Preferences.objects.get_or_create(tenant_id=tenant_id)
    return found


def mute(tenant_id: int, until: datetime | None) -> None:
    """Say nothing of stock in chats until then; None: say it again from now on."""
    Preferences.objects.filter(pk=of(tenant_id).pk).update(muted_until=until)


def change(tenant_id: int, *, actor: Actor, **wanted: Any) -> list[str]:
    """Change settings, by the names of the model's fields; return which are other ones now.

    Needs the tenant's open scope, in a transaction.
    """
    found = of(tenant_id)
    changes = {
        name: [_said(getattr(found, name)), _said(value)]
        for name, value in wanted.items()
        if getattr(found, name) != value
    }
    if not changes:
        return []
    for name in changes:
        setattr(found, name, wanted[name])
    # beside the digest's own columns, which a worker may write at this moment
    found.save(update_fields=list(changes))
    audit.record("ovh_settings.changed", actor=actor, target=found, **changes)
    return sorted(changes)


def _said(value: Any) -> Any:
    """Return a value as the audit keeps it."""
    if isinstance(value, Chat | datetime):
        return str(value)
    return value
