"""Which tenant's rows the running code may touch; without a scope: none.

Two walls stand behind one context manager. `scope(tenant)` filters every query through
django-scopes and, on PostgreSQL, names the tenant to row-level security (tenants/rls.py; the
setting travels with the next statement, see tenants/postgresql). This module also closes what
django-scopes 2.1.0 leaves open: calls that ignore a missing scope are made to raise, and a
queryset built in one scope refuses to run in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import django_scopes
from django.db import models
from django.db import transaction as db
from django_scopes.exceptions import ScopeError
from django_scopes.manager import DisabledQuerySet

__all__ = ["ANY", "ScopeError", "close_leaks", "current", "scope", "unscoped"]

# What row-level security sees: a tenant's id, "" (no rows at all) or "*" (all rows).
ANY = "*"
_setting: ContextVar[str] = ContextVar("tenant_setting", default="")


def current() -> int | None:
    """Return the id of the tenant whose scope is open, None outside a scope."""
    value = _setting.get()
    return int(value) if value and value != ANY else None


def is_unscoped() -> bool:
    """Tell whether `unscoped()` is open, which lets code see every tenant's rows."""
    return _setting.get() == ANY


def row_security_setting() -> str:
    """Return what the database's `app.tenant` must hold for the running code."""
    return _setting.get()


def _id_of(tenant: Any) -> int:
    """Return a tenant's id; any other row's id would open a stranger's scope."""
    if isinstance(tenant, models.Model) and tenant._meta.label == "tenants.Tenant":
        tenant = tenant.pk
    if not isinstance(tenant, int) or isinstance(tenant, bool):
        raise TypeError(f"scope() needs a saved tenant or its id, got {tenant!r}.")
    return tenant


def require(tenant_id: int) -> None:
    """Refuse a raw statement that would write for another tenant than the open scope's.

    PostgreSQL refuses it by itself (tenants/rls.py); SQLite has no such wall.

    Raises:
        ScopeError: no scope, or another tenant's, is open.
    """
    if current() != tenant_id:
        raise ScopeError(f"Writing for tenant {tenant_id} needs its scope.")


@contextmanager
def scope(tenant: models.Model | int, *, transaction: bool = True) -> Iterator[None]:
    """Open one tenant's scope and, unless told otherwise, a database transaction.

    Pages that only read pass `transaction=False`: on SQLite a transaction takes the write lock.

    Raises:
        TypeError: the tenant is None (a failed look-up must not open everything) or no tenant.
        ScopeError: another tenant's scope is open already.
    """
    tenant_id = _id_of(tenant)
    outer = current()
    if outer is not None and outer != tenant_id:
        raise ScopeError(f"The scope of tenant {outer} is open; tenant {tenant_id} must wait.")
    token = _setting.set(str(tenant_id))
    try:
        with (
            django_scopes.scope(tenant=tenant_id),
            db.atomic() if transaction else nullcontext(),
        ):
            yield
    finally:
        _setting.reset(token)


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Let code see every tenant's rows; for look-ups by secret, fan-out and operators only.

    Raises:
        ValueError: no reason given. The reason is for the reader of the code.
        ScopeError: a tenant's scope is open; code inside it has no business outside.
    """
    if not reason.strip():
        raise ValueError("unscoped() needs a reason.")
    if current() is not None:
        raise ScopeError("A tenant's scope is open: leave it before looking at all tenants.")
    token = _setting.set(ANY)
    try:
        with django_scopes.scopes_disabled():
            yield
    finally:
        _setting.reset(token)


# Calls that run over all tenants without a scope in django-scopes 2.1.0.
LEAKS = (
    "exists",
    "explain",
    "aiterator",
    "__aiter__",
    "resolve_expression",
    "_fetch_all",
    "create",
    "bulk_create",
    "bulk_update",
    "in_bulk",
)


def close_leaks() -> None:
    """Make every leaking call of a scopeless queryset raise ScopeError; run once at start-up."""

    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.error(*args, **kwargs)

    for name in LEAKS:
        setattr(DisabledQuerySet, name, refuse)
    open_init = DisabledQuerySet.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        open_init(self, *args, **kwargs)
        # Exists(), Subquery() and union() take only the query and ask the queryset nothing
        self.query.set_empty()

    DisabledQuerySet.__init__ = init
