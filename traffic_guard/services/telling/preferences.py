"""A tenant's settings of this product."""

from __future__ import annotations

from typing import Any

from tenants.services import changing
from tenants.services.audit import Actor
from traffic_guard.models import Preferences


def of(tenant_id: int) -> Preferences:
    """Return the tenant's settings, made with the defaults where there are none yet."""
    found = Preferences.objects.select_related("chat__bot").defer("chat__bot__token").first()
    if found is None:
        found, _is_new = Preferences.objects.get_or_create(tenant_id=tenant_id)
    return found


def change(tenant_id: int, *, actor: Actor, **wanted: Any) -> list[str]:
    """Change settings, by the names of the model's fields; return which are other ones now.

    Needs the tenant's open scope, in a transaction.
    """
    return changing.change(of(tenant_id), "traffic_settings.changed", wanted, actor=actor)
