"""Saves what a level says, after a look at whether it makes sense: errors and warnings in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from tenants.models import Tenant
from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Account, Policy, Server
from traffic_guard.services.policies import checking, resolving
from traffic_guard.services.policies.checking import Invalid

Level = Tenant | Account | Server

__all__ = ["Invalid", "Level", "Saved", "of_level", "save"]
# what a level says nothing of
BLANK: Mapping[str, Any] = {"stop_mode": "", "dry_run": ""}


@dataclass(frozen=True, slots=True)
class Saved:
    """A policy as it is now. `warnings` are sentences: it was saved all the same."""

    policy: Policy
    changed: list[str]
    warnings: list[str]


def of_level(level: Level) -> Policy:
    """Return what a level says; a row that is not stored where it says nothing."""
    keys = _keys(level)
    found: Policy | None = Policy.objects.filter(**keys).first()
    return found if found is not None else Policy(tenant_id=_tenant_id(level), **keys)


def save(level: Level, actor: Actor, *, now: datetime | None = None, **values: Any) -> Saved:
    """Change what the tenant, an account or a server says; None: as the level above says.

    `values` by the names of Policy's fields; what is not named stays. Needs the tenant's open
    scope, in a transaction.

    Raises:
        Invalid: its `errors` say by field, in the active language, what makes no sense.
    """
    unknown = set(values) - set(resolving.NAMES)
    if unknown:
        raise TypeError(f"a policy has no {', '.join(sorted(unknown))}")
    # two forms at once: the second one compares with what the first one saved
    _hold(level)
    policy = of_level(level)
    wanted = {name: _stored(name, value) for name, value in values.items()}
    if errors := checking.errors(wanted):
        raise Invalid(errors)
    changes = {
        name: [getattr(policy, name), value]
        for name, value in wanted.items()
        if getattr(policy, name) != value
    }
    for name, (_was, value) in changes.items():
        setattr(policy, name, value)
    servers = _servers_of(level)
    effective = _after(policy, servers)
    if errors := checking.errors_together(servers, effective, set(changes)):
        raise Invalid(errors)
    if changes:
        policy.save()
        audit.record("traffic_policy.changed", actor=actor, target=level, **changes)
    warnings = checking.warnings(servers, effective, now or timezone.now())
    return Saved(policy, sorted(changes), warnings)


def _hold(level: Level) -> None:
    rows = type(level).objects.select_for_update(of=("self",)).filter(pk=level.pk)
    list(rows.values_list("pk"))


def _stored(name: str, value: Any) -> Any:
    if value is None:
        return BLANK.get(name)
    return list(value) if isinstance(value, tuple) else value


def _keys(level: Level) -> dict[str, Any]:
    if isinstance(level, Server):
        return {"server_id": level.pk, "account_id": None}
    if isinstance(level, Account):
        return {"server_id": None, "account_id": level.pk}
    return {"server_id": None, "account_id": None}


def _tenant_id(level: Level) -> int:
    return level.pk if isinstance(level, Tenant) else level.tenant_id


def _servers_of(level: Level) -> list[Server]:
    """Return the servers that a level speaks for."""
    if isinstance(level, Server):
        return [level]
    servers = Server.objects.filter(hidden_at=None)
    return list(servers.filter(account=level) if isinstance(level, Account) else servers)


def _after(policy: Policy, servers: list[Server]) -> dict[int, resolving.Effective]:
    """Return what will hold for servers once this policy is stored."""
    rows = [row for row in Policy.objects.all() if row.pk != policy.pk]
    by_level = {(row.server_id, row.account_id): row for row in [*rows, policy]}
    return {
        server.pk: resolving.combined(
            by_level.get((server.pk, None)),
            by_level.get((None, server.account_id)),
            by_level.get((None, None)),
        )
        for server in servers
    }
