"""Suspends a tenant: its bots fall silent at once, nothing of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services import audit

if TYPE_CHECKING:
    from tenants.services.audit import Actor


def suspend(tenant: Tenant, *, actor: Actor) -> bool:
    """Suspend a tenant; return whether it was active.

    Each update reads the tenant's state in its own transaction (bots/services/receipts.py), so what
    comes in after this commit is answered 200 and does nothing.
    """
    return _move(tenant, Tenant.State.SUSPENDED, "tenant.suspended", actor)


def reactivate(tenant: Tenant, *, actor: Actor) -> bool:
    """Let a suspended tenant work again; return whether it was suspended."""
    return _move(tenant, Tenant.State.ACTIVE, "tenant.reactivated", actor)


def _move(tenant: Tenant, state: Tenant.State, action: str, actor: Actor) -> bool:
    with scope(tenant):
        moved = Tenant.objects.filter(pk=tenant.pk).exclude(state=state).update(state=state)
        if moved:
            audit.record(action, actor=actor, target=tenant)
    tenant.state = state
    return bool(moved)
