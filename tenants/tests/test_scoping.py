"""The first wall: which calls see and write which rows.

The rows of the table in docs/architecture.md, "Isolation", are the parameters here: each is a call
that django-scopes 2.1.0 lets through, or is known to stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_scopes
import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db.models import Count, Exists, Subquery

from tenants import scoping
from tenants.models import ApiKey, Membership, Tenant, User
from tenants.scoping import ScopeError, scope, unscoped
from tenants.testing import make_api_key

pytestmark = pytest.mark.django_db


def row() -> Membership:
    """Return a row that was never saved."""
    return Membership(user_id=1, tenant_id=1)


async def walk(queryset: Any) -> list[Any]:
    return [one async for one in queryset]


every = Membership.objects
EVALUATED: dict[str, Callable[[], Any]] = {
    "all": lambda: every.all(),
    "filter": lambda: every.filter(pk=1),
    "get": lambda: every.get(pk=1),
    "count": lambda: every.count(),
    "first": lambda: every.first(),
    "last": lambda: every.last(),
    "latest": lambda: every.latest("pk"),
    "update": lambda: every.update(role="owner"),
    "delete": lambda: every.get_queryset().delete(),
    "iteration": lambda: list(every.get_queryset()),
    "len": lambda: len(every.get_queryset()),
    "bool": lambda: bool(every.get_queryset()),
    "slice": lambda: every.get_queryset()[:1],
    "iterator": lambda: list(every.iterator()),
    "values": lambda: list(every.values("pk")),
    "aggregate": lambda: every.aggregate(Count("pk")),
    "annotate": lambda: list(every.annotate(n=Count("pk"))),
    "raw": lambda: list(every.raw("SELECT * FROM tenants_membership")),
    "in_bulk": lambda: every.in_bulk(),
    "exists": lambda: every.exists(),
    "contains": lambda: every.contains(Membership(pk=1)),
    "explain": lambda: every.get_queryset().explain(),
    "exclude": lambda: list(every.exclude(pk=0)),
    "select_related": lambda: list(every.select_related("user")),
    "defer": lambda: list(every.defer("role")),
    "distinct": lambda: list(every.distinct()),
    "union": lambda: list(every.exclude(pk=0).union(every.exclude(pk=1))),
    "aexists": lambda: async_to_sync(every.exclude(pk=0).aexists)(),
    "acount": lambda: async_to_sync(every.exclude(pk=0).acount)(),
    "async for": lambda: async_to_sync(walk)(every.exclude(pk=0)),
    "aiterator": lambda: async_to_sync(walk)(every.exclude(pk=0).aiterator()),
    "subquery": lambda: list(Tenant.objects.filter(pk__in=every.exclude(pk=0))),
    "create": lambda: every.create(user_id=1, tenant_id=1),
    "bulk_create": lambda: every.bulk_create([row()]),
    "bulk_update": lambda: every.bulk_update([Membership(pk=1)], ["role"]),
    "get_or_create": lambda: every.get_or_create(user_id=1, tenant_id=1),
    "update_or_create": lambda: every.update_or_create(user_id=1, tenant_id=1),
    "save": lambda: row().save(),
    "instance.delete": lambda: Membership(pk=1, tenant_id=1).delete(),
    "refresh_from_db": lambda: Membership(pk=1).refresh_from_db(),
    "base manager": lambda: list(Membership._base_manager.all()),
    "reverse relation": lambda: list(User(pk=1).memberships.all()),
    "prefetch": lambda: list(User.objects.prefetch_related("memberships")),
    "cascade": lambda: User.objects.all().delete(),
}


@pytest.mark.parametrize("call", EVALUATED.values(), ids=EVALUATED)
def test_without_a_scope_every_call_raises(tenant: Tenant, call: Callable[[], Any]) -> None:
    with pytest.raises(ScopeError):
        call()


def test_without_a_scope_a_bare_subquery_finds_nothing(tenant: Tenant) -> None:
    # Exists() and Subquery() take the query out of the queryset and ask it nothing
    rows = Membership.objects.exclude(pk=0)
    assert not Tenant.objects.filter(Exists(rows)).exists()
    assert not Tenant.objects.filter(pk__in=Subquery(rows)).exists()


def test_none_needs_no_scope() -> None:
    assert not list(Membership.objects.none())


@pytest.fixture
def strange(charlie: User) -> Tenant:
    """Another tenant, with an API key."""
    strange = Tenant.objects.get(slug="strange")
    make_api_key(strange)
    return strange


def foreign_row(strange: Tenant) -> ApiKey:
    with scope(strange):
        return ApiKey.objects.get()


def test_a_scope_sees_its_own_rows_only(tenant: Tenant, strange: Tenant) -> None:
    with scope(tenant):
        assert not ApiKey.objects.exists()
        assert {one.tenant_id for one in Membership.objects.all()} == {tenant.pk}
    with scope(strange):
        assert ApiKey.objects.count() == 1


def test_foreign_rows_are_not_found(tenant: Tenant, strange: Tenant) -> None:
    foreign = foreign_row(strange)
    with scope(tenant):
        with pytest.raises(ApiKey.DoesNotExist):
            ApiKey.objects.get(pk=foreign.pk)
        with pytest.raises(ApiKey.DoesNotExist):
            foreign.refresh_from_db()
        assert ApiKey.objects.filter(pk=foreign.pk).update(name="mine") == 0
        assert ApiKey.objects.filter(pk=foreign.pk).delete()[0] == 0


WRITES: dict[str, Callable[[ApiKey], Any]] = {
    "save": lambda foreign: foreign.save(),
    "delete": lambda foreign: foreign.delete(),
    "create": lambda foreign: ApiKey.objects.create(name="x", tenant_id=foreign.tenant_id),
    "bulk_create": lambda foreign: ApiKey.objects.bulk_create([ApiKey(tenant=foreign.tenant)]),
    "bulk_update": lambda foreign: ApiKey.objects.bulk_update([foreign], ["name"]),
    "update tenant": lambda foreign: ApiKey.objects.update(tenant=foreign.tenant),
    "update tenant_id": lambda foreign: ApiKey.objects.update(tenant_id=foreign.tenant_id),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_foreign_rows_are_not_written(
    tenant: Tenant, strange: Tenant, write: Callable[[ApiKey], Any]
) -> None:
    foreign = foreign_row(strange)
    with scope(tenant), pytest.raises(ScopeError):
        write(foreign)


def test_a_new_row_gets_the_tenant_of_the_scope(tenant: Tenant, bob: User) -> None:
    with scope(tenant):
        key = ApiKey.objects.create(name="new", prefix="0123456789")
        (other,) = ApiKey.objects.bulk_create([ApiKey(name="bulk", prefix="9876543210")])
    assert (key.tenant_id, other.tenant_id) == (tenant.pk, tenant.pk)


def test_rows_do_not_point_into_another_tenant(tenant: Tenant, strange: Tenant) -> None:
    # the bottom layer has no such relation: take one of the middle layer by its name
    bots, chats = apps.get_model("bots.Bot"), apps.get_model("bots.Chat")
    foreign = bots(pk=1, tenant=strange)
    with scope(tenant), pytest.raises(ScopeError, match=r"Chat\.bot"):
        chats.objects.create(bot=foreign, telegram_id=1, kind="group")


def test_relations_are_followed_in_scope_only(tenant: Tenant) -> None:
    bots, chats = apps.get_model("bots.Bot"), apps.get_model("bots.Chat")
    with scope(tenant):
        bot = bots.objects.create(telegram_id=1, username="a", token="t", token_fingerprint=b"1")
        chat_id = chats.objects.create(bot=bot, telegram_id=1, kind="group").pk
        chat = chats.objects.get(pk=chat_id)
    with pytest.raises(ScopeError):
        _forward = chat.bot
    with pytest.raises(ScopeError):
        list(bot.chats.all())
    with scope(tenant):
        assert chat.bot == bot


@pytest.mark.parametrize("nothing", [None, "", Tenant(), True, [1, 2]])
def test_a_scope_of_nothing_is_refused(nothing: Any) -> None:
    with pytest.raises(TypeError), scope(nothing):
        pass


def test_the_library_alone_opens_nothing(tenant: Tenant) -> None:
    with django_scopes.scope(tenant=None), pytest.raises(ScopeError):
        Membership.objects.count()
    with django_scopes.scopes_disabled(), pytest.raises(ScopeError):
        Membership.objects.count()


def test_scopes_do_not_nest_across_tenants(tenant: Tenant, strange: Tenant) -> None:
    with scope(tenant):
        with pytest.raises(ScopeError), scope(strange):
            pass
        with pytest.raises(ScopeError), unscoped("a mistake"):
            pass
        with scope(tenant.pk):  # the same one is fine
            assert scoping.current() == tenant.pk
        assert scoping.current() == tenant.pk
    assert scoping.current() is None


def test_a_scope_ends_with_an_error(tenant: Tenant) -> None:
    with pytest.raises(RuntimeError), scope(tenant):
        raise RuntimeError
    assert scoping.current() is None
    with pytest.raises(ScopeError):
        Membership.objects.count()
