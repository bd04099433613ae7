"""Which bot an update is for: found by its address, and silent while it is off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from bots import registry
from bots.models import Bot
from bots.testing import Someone, make_bot, outgoing
from bots.tests.toy import install
from tenants.models import Tenant
from tenants.scoping import scope


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    with install():
        yield


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant, products=("toy",))


def test_a_disabled_bot_and_a_suspended_tenant_answer_200_and_do_nothing(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/poke")
    with scope(bot.tenant):
        Bot.objects.filter(pk=bot.pk).update(state=Bot.State.DISABLED, version=2)
    assert ada.says("/twice").status == 200
    with scope(bot.tenant):
        Bot.objects.filter(pk=bot.pk).update(state=Bot.State.ENABLED, version=3)
    ada.says("/poke")
    Tenant.objects.filter(pk=bot.tenant_id).update(state=Tenant.State.SUSPENDED)
    assert ada.says("/twice").status == 200
    assert outgoing(bot) == []


def test_a_bot_answers_at_once_when_its_tenant_is_resumed(bot: Bot) -> None:
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert Someone(bot).says("/poke").call is None
    Tenant.objects.update(state=Tenant.State.ACTIVE)
    assert Someone(bot).says("/poke").text == "poked"


def test_an_unknown_address_is_looked_up_once_in_two_seconds(
    db: None, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.clear()
    assert registry.find("nobody") is None
    with django_assert_num_queries(0):
        assert registry.find("nobody") is None
    registry.forget("nobody")
    with django_assert_num_queries(1):
        registry.find("nobody")
    monkeypatch.setattr(registry, "UNKNOWN_CAPACITY", 3)
    for number in range(5):
        registry.find(f"nobody {number}")
    assert len(registry._unknown) == 3
    monkeypatch.setattr("bots.registry.time.monotonic", lambda: 1e12)
    with django_assert_num_queries(1):
        registry.find("nobody 4")


def test_a_bot_is_found_though_no_key_opens_its_token(bot: Bot) -> None:
    with scope(bot.tenant), connection.cursor() as cursor:
        cursor.execute("UPDATE bots_bot SET token = 'broken'")
    registry.clear()
    assert Someone(bot).says("/poke").text == "poked"
