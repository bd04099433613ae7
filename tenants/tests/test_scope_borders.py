"""Where a scope ends: other scopes, threads, tasks, the admin."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.db.models import Count, Exists, OuterRef
from django.db.transaction import atomic
from django.test import Client
from django.urls import reverse

from tenants import scoping
from tenants.models import Membership, Tenant, TenantOwned, User
from tenants.scoping import ScopeError, scope, unscoped
from tenants.testing import make_api_key, make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db

# Tables that belong to no tenant. A new model must be put here on purpose, or be TenantOwned.
GLOBAL = {"tenants.Tenant", "tenants.User", "tenants.Heartbeat", "tenants.Lease"}
GLOBAL |= {"tenants.EncryptionCanary", "tenants.AccountMail"}
# what OVH shows to everybody
GLOBAL |= {f"ovh_sniper.{name}" for name in ("Poller", "Configuration", "StockInterval")}
GLOBAL |= {f"ovh_sniper.{name}" for name in ("GhostStock", "StoredCatalogue", "StoredPlan")}
GLOBAL |= {
    f"ovh_sniper.{name}" for name in ("CatalogueChange", "Unwatched", "Announced", "VpsPlan")
}
# what the units of clouds are in bytes
GLOBAL |= {"traffic_guard.MeasureUnit"}
OURS = {"tenants", "bots", "ovh_sniper", "traffic_guard", "energy", "shop", "lottery"}


async def walk(queryset: Any) -> list[Any]:
    return [one async for one in queryset]


@pytest.fixture
def strange(charlie: User) -> Tenant:
    """Another tenant, with an API key."""
    strange = Tenant.objects.get(slug="strange")
    make_api_key(strange)
    return strange


LATER: dict[str, Callable[[Any], Any]] = {
    "iteration": list,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "iterator": lambda rows: list(rows.iterator()),
    "aiterator": lambda rows: async_to_sync(walk)(rows.aiterator()),
    "async for": lambda rows: async_to_sync(walk)(rows),
    "aggregate": lambda rows: rows.aggregate(Count("pk")),
    "update": lambda rows: rows.update(role="viewer"),
    "delete": lambda rows: rows.delete(),
    "explain": lambda rows: rows.explain(),
    "subquery": lambda rows: list(Tenant.objects.filter(pk__in=rows.values("tenant"))),
    "Exists": lambda rows: list(Tenant.objects.filter(Exists(rows.filter(tenant=OuterRef("pk"))))),
    "filtered on": lambda rows: list(rows.filter(role="owner")),
    "values": lambda rows: list(rows.values_list("pk")),
}


@pytest.mark.parametrize("run", LATER.values(), ids=LATER)
def test_a_queryset_runs_only_where_it_was_built(
    tenant: Tenant, strange: Tenant, run: Callable[[Any], Any]
) -> None:
    with scope(tenant):
        built = Membership.objects.all()
    with pytest.raises(ScopeError):
        run(built)
    with scope(strange), pytest.raises(ScopeError):
        run(built)
    with unscoped("even here"), pytest.raises(ScopeError):
        run(built)


def test_querysets_of_two_scopes_do_not_mix(tenant: Tenant, strange: Tenant) -> None:
    with scope(tenant):
        first = Membership.objects.all()
    with scope(strange):
        second = Membership.objects.all()
        with pytest.raises(ScopeError):
            list(first | second)
        with pytest.raises(ScopeError):
            list(second | first)
        with pytest.raises(ScopeError):
            list(second & first)
        with pytest.raises(ScopeError):
            list(second.union(first))
        assert len(second | Membership.objects.filter(role="viewer")) == 1


def test_unscoped_sees_all_and_writes_what_names_its_tenant(
    tenant: Tenant, strange: Tenant
) -> None:
    user = make_user()
    with unscoped("a test"):
        assert Membership.objects.count() == 2
        Membership.objects.create(user=user, tenant=strange)
        with pytest.raises(ScopeError):
            Membership.objects.create(user=user)
    with pytest.raises(ValueError, match="reason"), unscoped(" "):
        pass


def test_threads_start_without_a_scope(tenant: Tenant) -> None:
    def ask() -> Any:
        with pytest.raises(ScopeError):
            Membership.objects.count()
        return scoping.current()

    with scope(tenant), ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() is None
        assert scoping.current() == tenant.pk


def test_coroutines_keep_their_own_scope(tenant: Tenant, strange: Tenant) -> None:
    async def inside(one: Tenant) -> int | None:
        with scope(one, transaction=False):
            await sync_to_async(len)([])
            return scoping.current()

    async def both() -> list[int | None]:
        return [await inside(tenant), await inside(strange), scoping.current()]

    assert async_to_sync(both)() == [tenant.pk, strange.pk, None]


def test_a_task_in_a_worker_starts_without_a_scope(tenant: Tenant) -> None:
    # an eager task inherits the caller's scope, which would hide this; a worker has a fresh context
    def task(tenant_id: int) -> int:
        with pytest.raises(ScopeError):
            Membership.objects.count()
        with scope(tenant_id):
            return Membership.objects.count()

    with scope(tenant):
        assert contextvars.Context().run(task, tenant.pk) == 1


def test_a_scope_is_a_transaction(tenant: Tenant) -> None:
    user = make_user()

    def fail() -> None:
        Membership.objects.create(user=user)
        raise RuntimeError

    with pytest.raises(RuntimeError), scope(tenant):
        fail()
    with scope(tenant):
        assert not Membership.objects.filter(user=user).exists()


def test_operators_see_all_tenants_in_the_admin_and_nowhere_else(
    tenant: Tenant, strange: Tenant
) -> None:
    operator = make_user(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(operator)
    guarded = [model for model in admin.site._registry if issubclass(model, TenantOwned)]
    assert guarded
    for model in guarded:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(reverse(f"admin:{label}_changelist")).status_code == 200, label
    assert client.get(f"/t/{tenant.slug}/members/").status_code == 404


def test_a_member_who_is_no_operator_gets_no_admin(alice: User, tenant: Tenant) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/operator/").status_code == 302
    assert scoping.current() is None


def test_savepoints_inside_a_scope(tenant: Tenant) -> None:
    user = make_user()

    def fail() -> None:
        Membership.objects.create(user=user)
        raise RuntimeError

    with scope(tenant):
        with pytest.raises(RuntimeError), atomic():
            fail()
        assert not Membership.objects.filter(user=user).exists()


def test_every_table_is_a_tenants_or_global_on_purpose() -> None:
    ours: list[type[models.Model]] = [
        model for model in apps.get_models() if model._meta.app_label in OURS
    ]
    strays = {model._meta.label for model in ours if not issubclass(model, TenantOwned)}
    assert strays <= GLOBAL
    for model in ours:
        if issubclass(model, TenantOwned):
            assert model._meta.base_manager_name == "objects", model._meta.label
            assert isinstance(model._base_manager, type(model._default_manager)), model
            assert not model._meta.get_field("tenant").null


def test_roles_are_ordered(tenant: Tenant) -> None:
    make_member(tenant, "viewer")
    owner, viewer = Membership(role="owner"), Membership(role="viewer")
    assert owner.may("viewer")
    assert owner.may("owner")
    assert viewer.may("viewer")
    assert not viewer.may("operator")
    assert make_tenant().state == Tenant.State.ACTIVE
