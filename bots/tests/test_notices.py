"""How staff hear of things: who is told, and how a storm becomes one notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots import events
from bots.models import Channel, Notice
from bots.services import notices
from bots.tests.channels import add, hook, rows, tell
from bots.tests.receivers import Receiver, receiving
from tenants.models import Tenant
from tenants.scoping import ScopeError, scope

Kind = Channel.Kind


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other(db: None) -> Tenant:
    return Tenant.objects.create(slug="other", name="Other")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


# --- Who is told


def test_without_a_scope_nothing_is_written(tenant: Tenant) -> None:
    with pytest.raises(ScopeError):
        notices.notify("bot.broken", "t", "x")


def test_without_channels_nothing_is_written(tenant: Tenant) -> None:
    assert tell(tenant) == 0
    assert rows(tenant) == []


def test_channels_get_the_events_they_chose(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "all@example.com")
    add(tenant, Kind.EMAIL, "one@example.com", events=["bot.broken"])
    add(tenant, Kind.EMAIL, "two@example.com", events=["update.parked"])
    add(tenant, Kind.EMAIL, "off@example.com", is_active=False)
    assert tell(tenant) == 2
    notices.deliver_due(timezone.now())
    assert sorted(m.to[0] for m in mail.outbox) == ["all@example.com", "one@example.com"]


def test_another_tenant_is_told_nothing(tenant: Tenant, other: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    add(other, Kind.EMAIL, "b@example.com")
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert [m.to for m in mail.outbox] == [["a@example.com"]]
    assert rows(other) == []


def test_a_rolled_back_transaction_tells_nothing(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    with scope(tenant):
        notices.notify("bot.broken", "t", "x")
        transaction.set_rollback(True)
    assert rows(tenant) == []


def test_lazy_texts_are_said_in_the_tenants_language(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    tenant.language = "zh-hans"
    tenant.save()
    with scope(tenant):
        notices.notify("bot.broken", _("January"), format_lazy("{a}!", a=_("Monday")))
    assert (rows(tenant)[0].title, rows(tenant)[0].text) == ("一月", "星期一!")


def test_every_kind_has_a_title() -> None:
    kinds = events.registered()
    assert {"bot.broken", "update.parked", "giveaway.drawn"} <= set(kinds)
    assert all(len(kind) <= 40 and events.title(kind) != kind for kind in kinds)
    assert events.title("nobody.knows") == "nobody.knows"


# --- Storms


def test_a_storm_is_one_notice_and_a_count(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    notices.deliver_due(now)
    for _number in range(40):
        tell(tenant)
    notices.deliver_due(now + timedelta(minutes=1))
    assert receiver.events() == ["News"]
    notices.deliver_due(now + timedelta(minutes=6))
    assert receiver.events() == ["News"] * 2
    assert "40 times" in receiver.posts[1][0]["text"]
    assert receiver.posts[1][0]["data"]["count"] == 40


def test_what_waits_is_counted_at_once(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert "2 times" in receiver.posts[0][0]["text"]


def test_other_titles_and_other_channels_are_not_collapsed(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver, "/a")
    hook(tenant, receiver, "/b")
    tell(tenant, "One")
    tell(tenant, "Two")
    notices.deliver_due(timezone.now())
    assert receiver.events("/a") == receiver.events("/b") == ["One", "Two"]


def test_after_the_storm_the_next_goes_out_at_once(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    notices.deliver_due(timezone.now())
    with scope(tenant):
        Notice.objects.update(due_at=timezone.now() - timedelta(minutes=6))
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert len(receiver.posts) == 2
