"""The base of every row that belongs to a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn, Self, TypeVar, cast

from django.db import models
from django.db.models import sql
from django_scopes import get_scope
from django_scopes.manager import DisabledQuerySet

from tenants import scoping
from tenants.scoping import ScopeError

M = TypeVar("M", bound=models.Model, covariant=True)


class TenantQuery(sql.Query):
    """The SQL behind a queryset; compiles only in the scope it was built in.

    Whatever Django does with a queryset (iterate, count, use it as a subquery, unite it with
    others) ends here; only UPDATE and DELETE change the class before they compile.
    """

    # no scope at all, not even the empty one: a queryset made without the manager runs nowhere
    built_in = "made without a manager"

    def check_scope(self) -> None:
        """Raise ScopeError outside the scope that was open when the queryset was built."""
        if self.built_in != scoping.row_security_setting():
            name = getattr(self.model, "__name__", "")
            raise ScopeError(f"This {name} queryset was built in another tenant's scope.")

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        """Return the compiler, if the scope is right."""
        self.check_scope()
        return super().get_compiler(*args, **kwargs)


class TenantQuerySet(models.QuerySet[M]):
    """A queryset that runs only in the scope it was built in and writes only its rows."""

    query: TenantQuery

    def __init__(self, model: Any = None, query: Any = None, **options: Any) -> None:
        super().__init__(model, query or TenantQuery(model), **options)

    def _merge_sanity_check(self, other: Any) -> None:
        # `|`, `&` and `^` take over the other side's conditions without compiling it
        if getattr(other.query, "built_in", None) != self.query.built_in:
            raise ScopeError("These querysets were built in different scopes.")
        super()._merge_sanity_check(other)  # type: ignore[misc]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete, in the scope the queryset was built in."""
        self.query.check_scope()
        return super().delete()

    def update(self, **kwargs: Any) -> int:
        """Update, in the scope it was built in; a row never moves to another tenant."""
        self.query.check_scope()
        if {"tenant", "tenant_id"} & set(kwargs):
            raise ScopeError("A row never moves to another tenant.")
        return super().update(**kwargs)

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG002 - Django's signature
        """Refuse: only PostgreSQL would keep hand-written SQL inside the scope.

        Raises:
            ScopeError: always. Where SQL must be written by hand, tenants.batch.run does it.
        """
        raise ScopeError(f"{self.model.__name__}.objects.raw() would leave the scope.")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Create many rows of the open scope's tenant.

        Raises:
            ScopeError: no scope is open, or a row belongs to another tenant.
        """
        rows = list(objs)
        for row in rows:
            guard_write(row)
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> int:
        """Update many rows of the open scope's tenant.

        Raises:
            ScopeError: no scope is open, or a row belongs to another tenant.
        """
        rows = list(objs)
        for row in rows:
            guard_write(row)
        return super().bulk_update(rows, *args, **kwargs)


class TenantManager(models.Manager[M]):
    """Builds querysets bound to the open scope; without one every call raises ScopeError."""

    _queryset_class: ClassVar[type[TenantQuerySet[Any]]] = TenantQuerySet

    def get_queryset(self) -> TenantQuerySet[M]:
        """Return the rows of the scope that is open now.

        This is django-scopes' ScopedManager in a form that type checkers can follow; its
        DisabledQuerySet (leaks closed by tenants.scoping.close_leaks) does the refusing.
        """
        state = get_scope()
        is_filtered = state.get("_enabled", True)
        if is_filtered and "tenant" not in state:
            refusing = DisabledQuerySet(self.model, using=self._db, missing_scopes={"tenant"})
            return cast("TenantQuerySet[M]", refusing)
        queryset: TenantQuerySet[M] = self._queryset_class(
            self.model, using=self._db, hints=getattr(self, "_hints", None)
        )
        queryset.query.built_in = str(state["tenant"]) if is_filtered else scoping.ANY
        # opened past tenants.scoping, for example by django_scopes.scope(tenant=None)
        queryset.query.check_scope()
        return queryset.filter(tenant_id=state["tenant"]) if is_filtered else queryset

    def all(self) -> TenantQuerySet[M]:
        """Return all rows of the open scope."""
        # Django's own returns the queryset without asking it, so a refusing one would pass; asking
        # any other makes a copy that has forgotten what was prefetched, and queries again
        rows = self.get_queryset()
        return rows.all() if isinstance(rows, DisabledQuerySet) else rows


def guard_write(row: Any) -> None:
    """Give a new row the open scope's tenant; refuse a row of any other.

    Raises:
        ScopeError: no scope is open, or the row or a row it points to is another tenant's.
    """
    tenant_id = scoping.current()
    if tenant_id is None:
        if scoping.is_unscoped() and row.tenant_id is not None:
            return
        raise ScopeError(f"Writing a {type(row).__name__} needs an open tenant scope.")
    if row.tenant_id is None:
        row.tenant_id = tenant_id
    if row.tenant_id != tenant_id:
        raise ScopeError(f"This {type(row).__name__} belongs to another tenant.")
    for name, related in row._state.fields_cache.items():
        if isinstance(related, TenantOwned) and related.tenant_id != tenant_id:
            raise ScopeError(f"{type(row).__name__}.{name} belongs to another tenant.")


class TenantOwned(models.Model):
    """A row of one tenant: seen and written only inside `tenants.scope(tenant)`."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        # Foreign keys, refresh_from_db and cascades go through the scoped manager too.
        base_manager_name = "objects"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Save, after the guard; every path of a single write ends here (also loaddata)."""
        guard_write(self)
        super().save_base(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, after the guard."""
        guard_write(self)
        return super().delete(*args, **kwargs)
