"""Connecting bots, against the emulator."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from bots.gateways import library
from bots.gateways.telegram import connect
from bots.models import Bot
from bots.services import connecting, hooks, obstacles
from emulators.telegram.world import DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

SECRET_PART = DEMO_TOKEN.partition(":")[2]


def stored(bot: Bot) -> Bot:
    with scope(bot.tenant_id, transaction=False):
        fresh: Bot = Bot.objects.get(pk=bot.pk)
    return fresh


def last_call(telegram: TelegramEmulator, method: str) -> dict[str, Any]:
    params: dict[str, Any] = telegram.calls(method=method)[-1]["params"]
    return params


def hook_token(telegram: TelegramEmulator) -> str:
    return hooks.hook_token_of(last_call(telegram, "setWebhook")["url"])


def audited(tenant: Tenant) -> list[str]:
    with scope(tenant, transaction=False):
        return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_a_token_shows_its_bot_and_leaves_nothing(telegram: TelegramEmulator, acme: Tenant) -> None:
    found = connecting.inspect(acme, f"  {DEMO_TOKEN}\n")
    assert found.identity.name == "Harbor Demo Bot"
    assert found.link == "https://t.me/harbor_demo_bot"
    assert found.used_by == ""
    with scope(acme, transaction=False):
        assert not Bot.objects.exists()


def test_a_bot_of_another_program_says_so(telegram: TelegramEmulator, acme: Tenant) -> None:
    connect(DEMO_TOKEN).set_webhook(
        "https://elsewhere.example/hook", secret="s", allowed_updates=[]
    )
    assert connecting.inspect(acme, DEMO_TOKEN).used_by == "elsewhere.example"


def test_connecting_stores_the_bot_switched_off(connected: Bot, acme: Tenant) -> None:
    bot = stored(connected)
    assert (bot.telegram_id, bot.username, bot.state) == (
        DEMO_BOT_ID,
        "harbor_demo_bot",
        "disabled",
    )
    assert bot.token == DEMO_TOKEN
    assert audited(acme) == ["bot.connected"]
    with scope(acme), connection.cursor() as cursor:
        cursor.execute("SELECT token FROM bots_bot")
        assert SECRET_PART not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    "text", ["", "hello", "123:abc", "0123456:" + "a" * 35, "7100000001:" + "ä" * 35, "1" * 99]
)
def test_what_is_no_token_is_refused_without_a_call(
    telegram: TelegramEmulator, acme: Tenant, actor: Actor, text: str
) -> None:
    with pytest.raises(obstacles.NotAToken):
        connecting.connect_bot(acme, text, [], actor=actor)
    assert telegram.calls() == []


def test_an_unknown_token_is_refused(telegram: TelegramEmulator, acme: Tenant) -> None:
    with pytest.raises(obstacles.TokenRefused) as caught:
        connecting.inspect(acme, f"{DEMO_BOT_ID}:{'a' * 35}")
    assert "BotFather" in caught.value.message


def test_a_revoked_token_is_refused(telegram: TelegramEmulator, acme: Tenant) -> None:
    telegram.revoke(DEMO_BOT_ID)
    with pytest.raises(obstacles.TokenRefused):
        connecting.inspect(acme, DEMO_TOKEN)


def test_a_bot_is_connected_once_in_its_tenant(connected: Bot, acme: Tenant, actor: Actor) -> None:
    for ask in (
        lambda: connecting.inspect(acme, DEMO_TOKEN),
        lambda: connecting.connect_bot(acme, DEMO_TOKEN, [], actor=actor),
    ):
        with pytest.raises(obstacles.AlreadyConnected):
            ask()


def test_a_bot_of_another_tenant_is_refused_without_naming_it(
    connected: Bot, rival: Tenant, actor: Actor
) -> None:
    for ask in (
        lambda: connecting.inspect(rival, DEMO_TOKEN),
        lambda: connecting.connect_bot(rival, DEMO_TOKEN, [], actor=actor),
    ):
        with pytest.raises(obstacles.TakenElsewhere) as caught:
            ask()
        assert "acme" not in caught.value.message.lower()


def test_a_newer_token_of_another_tenants_bot_is_refused_too(
    connected: Bot, telegram: TelegramEmulator, rival: Tenant
) -> None:
    with pytest.raises(obstacles.TakenElsewhere):
        connecting.inspect(rival, telegram.revoke(DEMO_BOT_ID))


def test_an_unknown_product_is_refused(
    telegram: TelegramEmulator, acme: Tenant, actor: Actor
) -> None:
    with pytest.raises(obstacles.UnknownProduct):
        connecting.connect_bot(acme, DEMO_TOKEN, ["casino"], actor=actor)


@pytest.mark.parametrize("fault", ["drop", "status", "timeout"])
def test_telegram_that_fails_asks_to_try_again(
    telegram: TelegramEmulator, acme: Tenant, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(library, "READ", 0.1)
    telegram.fault(fault)
    with pytest.raises(obstacles.TelegramAway) as caught:
        connecting.inspect(acme, DEMO_TOKEN)
    assert caught.value.waiting_helps


def test_telegram_that_is_slow_is_waited_for(telegram: TelegramEmulator, acme: Tenant) -> None:
    telegram.fault("slow", seconds=0.3)
    assert connecting.inspect(acme, DEMO_TOKEN).identity.id == DEMO_BOT_ID


def test_telegram_that_cannot_be_reached(acme: Tenant, settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.TELEGRAM_API_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(obstacles.TelegramAway):
            connecting.inspect(acme, DEMO_TOKEN)


def test_telegram_that_wants_us_to_wait_says_how_long(
    telegram: TelegramEmulator, acme: Tenant
) -> None:
    telegram.fault("status", status=429, retry_after=7)
    with pytest.raises(obstacles.TelegramAway, match="8 seconds"):
        connecting.inspect(acme, DEMO_TOKEN)
