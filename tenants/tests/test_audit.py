"""The audit log: what a row says, and that nothing takes it back."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic
from django.test import Client, RequestFactory
from django.utils.translation import gettext_lazy

from tenants import append_only, audit_labels
from tenants.models import AppendOnly, AuditEvent, Tenant, User
from tenants.scoping import ScopeError, scope, unscoped
from tenants.services import audit
from tenants.services.audit import Actor
from tenants.testing import make_tenant, make_user, page_as

pytestmark = pytest.mark.django_db
BOT_TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture
def event(tenant: Tenant) -> AuditEvent:
    with scope(tenant):
        return audit.record("tenant.changed", actor=Actor.system(), target=tenant)


def test_an_event_names_who_did_what(tenant: Tenant, alice: User, rf: RequestFactory) -> None:
    request = rf.get("/", REMOTE_ADDR="192.0.2.7")
    request.user = alice
    with scope(tenant):
        event = audit.record(
            "tenant.changed", actor=Actor.from_request(request), target=tenant, name=["a", "b"]
        )
    assert (event.actor_kind, event.actor_name, event.user_id) == ("user", alice.email, alice.pk)
    assert event.ip == "192.0.2.7"
    assert (event.object_type, event.object_id) == ("tenants.tenant", tenant.public_id)
    assert event.detail == {"name": ["a", "b"]}
    assert event.tenant_id == tenant.pk


def test_an_operator_is_named_as_such(alice: User, rf: RequestFactory) -> None:
    request = rf.get("/operator/")
    request.user = alice
    with unscoped("as the middleware does"):
        assert Actor.from_request(request).kind == "operator"


def test_a_proxys_word_counts_only_where_there_is_one(rf: RequestFactory, settings: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5, 198.51.100.9")
    assert audit.client_ip(request) == "10.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert audit.client_ip(request) == "198.51.100.9"


def test_an_event_needs_a_scope(tenant: Tenant) -> None:
    with pytest.raises(ScopeError):
        audit.record("tenant.changed", actor=Actor.system())


SECRETS: list[dict[str, Any]] = [
    {"bot_token": "anything"},
    {"old": {"password": "anything"}},
    {"api_keys": ["anything"]},
    {"note": f"moved from {BOT_TOKEN}"},
    {"changes": [f"bh_live_0123456789_{'a' * 32}_abcdef"]},
    {"address": f"https://example.org/api/webhook/{'a' * 43}/"},
    {"secret": 123456},
]


@pytest.mark.parametrize("detail", SECRETS)
def test_secrets_are_replaced(tenant: Tenant, detail: dict[str, Any]) -> None:
    with scope(tenant):
        stored = str(audit.record("x.y", actor=Actor.system(), **detail).detail)
    assert "fingerprint" in stored
    for secret in ("anything", BOT_TOKEN, "aaaaaaaa", "123456"):
        assert secret not in stored


def test_fingerprints_tell_equal_secrets_apart_from_others() -> None:
    assert audit.fingerprint("one") == audit.fingerprint("one")
    assert audit.fingerprint("one") != audit.fingerprint("two")


def test_details_of_every_kind_are_stored(tenant: Tenant) -> None:
    with scope(tenant):
        event = audit.record(
            "x.y",
            actor=Actor.system(),
            on=True,
            nothing=None,
            count=3,
            amount=Decimal("1.20"),
            at=datetime.date(2026, 1, 2),
            word=gettext_lazy("Settings"),
        )
        event.refresh_from_db()
    assert event.detail == {
        "on": True,
        "nothing": None,
        "count": 3,
        "amount": "1.20",
        "at": "2026-01-02",
        "word": "Settings",
    }


def test_an_event_is_not_changed_through_the_orm(tenant: Tenant, event: AuditEvent) -> None:
    event.action = "nothing.happened"
    with scope(tenant):
        with pytest.raises(AppendOnly):
            event.save()
        with pytest.raises(AppendOnly):
            event.delete()
        with pytest.raises(AppendOnly):
            AuditEvent.objects.update(action="nothing.happened")
        with pytest.raises(AppendOnly):
            AuditEvent.objects.filter(pk=event.pk).delete()
        with pytest.raises(AppendOnly):
            AuditEvent.objects.bulk_update([event], ["action"])


def test_the_database_refuses_changes_too(tenant: Tenant, event: AuditEvent) -> None:
    on_postgresql = connection.vendor == "postgresql"
    statements = [f"UPDATE {append_only.TABLE} SET action = 'nothing.happened'"]
    if on_postgresql:
        statements.append(f"DELETE FROM {append_only.TABLE}")
    for statement in statements:
        with (
            scope(tenant),
            pytest.raises(DatabaseError, match=append_only.MESSAGE),
            atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with scope(tenant):
        assert AuditEvent.objects.get().action == "tenant.changed"


def test_events_outlive_users(tenant: Tenant, alice: User, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = alice
    with scope(tenant):
        audit.record("x.y", actor=Actor.from_request(request))
    pk = alice.pk
    with unscoped("a test"):
        alice.delete()
    with scope(tenant):
        event = AuditEvent.objects.get()
    assert (event.user_id, event.actor_name) == (pk, "alice@example.org")


def test_every_label_names_a_noun_and_a_verb() -> None:
    assert all(action.count(".") == 1 for action in audit_labels.all_labels())
    assert audit_labels.label("no.such") == "no.such"


# The page


def fill(tenant: Tenant, count: int) -> None:
    with scope(tenant):
        AuditEvent.objects.bulk_create(
            AuditEvent(actor_kind="system", action=f"x.{number}", object_name=f"no {number}")
            for number in range(count)
        )


def listed(user: User, **query: Any) -> list[str]:
    return [event.action for event in page_as(user, "/t/harbor/audit/", **query).context["page"]]


def test_the_newest_come_first_and_in_pages(alice: User, tenant: Tenant) -> None:
    fill(tenant, 60)
    assert listed(alice)[:2] == ["x.59", "x.58"]
    assert listed(alice, page=2)[-1] == "x.0"
    assert len(listed(alice)) == 50


def test_events_are_filtered(alice: User, tenant: Tenant) -> None:
    fill(tenant, 3)
    with scope(tenant):
        audit.record("api_key.revoked", actor=Actor("user", "alice@example.org"))
    assert listed(alice, q="no 1") == ["x.1"]
    assert listed(alice, q="ALICE@") == ["api_key.revoked"]
    assert listed(alice, q="API key revoked") == ["api_key.revoked"]
    assert listed(alice, kind="user") == ["api_key.revoked"]
    assert listed(alice, until="2020-01-01") == []
    assert len(listed(alice, since="2020-01-01", until="9999-12-31")) == 4
    assert len(listed(alice, since="nonsense", kind="nobody", page="x")) == 4


def test_days_are_the_tenants_own(alice: User, tenant: Tenant, settings: Any) -> None:
    evening = datetime.datetime(2026, 3, 1, 20, tzinfo=datetime.UTC)  # 4 in the morning in Taipei
    with scope(tenant):
        event = AuditEvent(actor_kind="system", action="x.late")
        event._meta.get_field("at").auto_now_add = False
        try:
            event.at = evening
            event.save()
        finally:
            event._meta.get_field("at").auto_now_add = True
    assert listed(alice, since="2026-03-02", until="2026-03-02") == ["x.late"]
    assert listed(alice, since="2026-03-01", until="2026-03-01") == []


def test_events_of_others_are_not_shown(alice: User, tenant: Tenant) -> None:
    other = make_tenant(owner=make_user())
    fill(other, 2)
    assert listed(alice) == []


def test_operators_of_the_platform_cannot_change_them(event: AuditEvent) -> None:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    url = f"/operator/tenants/auditevent/{event.pk}/"
    for path, data in (("change/", {"action": "x"}), ("delete/", {"post": "yes"})):
        assert client.post(url + path, data).status_code in {302, 403, 404}
    with unscoped("a test"):
        assert AuditEvent.objects.get().action == "tenant.changed"
