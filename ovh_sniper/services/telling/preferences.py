"""A tenant's settings of this product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ovh_sniper.models import Preferences
from tenants.services import changing
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
    return changing.change(of(tenant_id), "ovh_settings.changed", wanted, actor=actor)
