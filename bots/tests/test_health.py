"""Looking after bots, and the counts of their traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots.gateways.telegram import connect
from bots.models import Bot, DayCount, FailedUpdate, OutboxMessage, Person, Receipt
from bots.services import connecting, counts, health, hooks, reasons
from bots.testing import make_bot
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


def check(bot: Bot) -> Bot:
    with scope(bot.tenant_id, transaction=False):
        bot.refresh_from_db()
    health.check_health(bot, now=timezone.now())
    with scope(bot.tenant_id, transaction=False):
        fresh: Bot = Bot.objects.get(pk=bot.pk)
    return fresh


def test_a_bot_in_order_is_noted_as_such(online: Bot) -> None:
    bot = check(online)
    assert (bot.state, bot.state_reason) == ("enabled", "")
    assert bot.health["ours"]
    assert bot.health["host"] == "botharbor.test"
    assert bot.health["pending"] == 0
    assert bot.checked_at is not None
    assert "/api/webhook/" not in str(bot.health)


def test_failing_deliveries_are_shown(online: Bot, telegram: TelegramEmulator) -> None:
    hook = telegram.bots[DEMO_BOT_ID].webhook
    assert hook is not None
    hook.last_error_date = int(telegram.clock.time())
    hook.last_error_message = "Wrong response from the webhook: 500 Internal Server Error"
    bot = check(online)
    assert bot.health["is_failing"]
    assert "500" in bot.health["last_error"]


def test_a_revoked_token_needs_attention(online: Bot, telegram: TelegramEmulator) -> None:
    telegram.revoke(DEMO_BOT_ID)
    bot = check(online)
    assert (bot.state, bot.state_reason) == ("broken", reasons.REVOKED)


def test_a_stolen_webhook_is_shown_and_not_taken_back(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    connect(DEMO_TOKEN).set_webhook("https://thief.example/x", secret="s", allowed_updates=[])
    bot = check(check(online))
    assert bot.state == "broken"
    assert "thief.example" in reasons.shown(bot.state_reason)
    assert not bot.health["ours"]
    hook = telegram.bots[DEMO_BOT_ID].webhook
    assert hook is not None
    assert "thief" in hook.url
    connecting.enable(bot, actor=actor)
    assert check(bot).state == "enabled"


def test_a_lost_webhook_is_set_again(online: Bot, telegram: TelegramEmulator) -> None:
    connect(DEMO_TOKEN).delete_webhook()
    bot = check(online)
    assert telegram.bots[DEMO_BOT_ID].webhook is not None
    assert hooks.is_registered(bot)


def test_a_registration_cut_short_is_completed(online: Bot, telegram: TelegramEmulator) -> None:
    before = telegram.bots[DEMO_BOT_ID].webhook
    hooks._prepare(online, hook_token="never-told", secret="s")
    bot = check(online)
    after = telegram.bots[DEMO_BOT_ID].webhook
    assert before is not None
    assert after is not None
    assert before.url != after.url
    assert hooks.is_registered(bot)


def test_a_bot_that_polls_again_loses_its_webhook(
    online: Bot, telegram: TelegramEmulator, settings: Any
) -> None:
    settings.PUBLIC_URL = ""
    check(online)
    assert telegram.bots[DEMO_BOT_ID].webhook is None


def test_a_changed_public_address_is_registered(
    online: Bot, telegram: TelegramEmulator, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://new.botharbor.test"
    check(online)
    hook = telegram.bots[DEMO_BOT_ID].webhook
    assert hook is not None
    assert hook.url.startswith("https://new.botharbor.test/api/webhook/")


def test_missing_menus_are_set_again(
    connected: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    telegram.fault("status", method="setMyCommands", status=500)
    connecting.enable(connected, actor=actor)
    assert check(connected).health["menu"] is True


def test_telegram_away_changes_no_state(online: Bot, telegram: TelegramEmulator) -> None:
    telegram.fault("drop")
    bot = check(online)
    assert bot.state == "enabled"
    assert bot.health["problem"] == reasons.AWAY


def test_a_bot_switched_off_while_telegram_was_away_is_unregistered_later(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    telegram.fault("status", method="deleteWebhook", status=500)
    connecting.disable(online, actor=actor)
    assert telegram.bots[DEMO_BOT_ID].webhook is not None
    assert health.check_due(timezone.now()) == 1
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    assert health.check_due(timezone.now() + timedelta(days=1)) == 0


def test_each_bot_is_checked_in_its_turn(online: Bot) -> None:
    now = timezone.now()
    assert health.check_due(now) == 1
    assert health.check_due(now + timedelta(minutes=5)) == 0
    assert health.check_due(now + timedelta(minutes=31)) == 1


def test_a_bot_in_trouble_is_looked_at_more_often(online: Bot, telegram: TelegramEmulator) -> None:
    telegram.revoke(DEMO_BOT_ID)
    now = timezone.now()
    assert health.check_due(now) == 1
    assert health.check_due(now + timedelta(minutes=1)) == 0
    assert health.check_due(now + timedelta(minutes=3)) == 1


def test_messages_that_wait_show_as_lag(online: Bot, acme: Tenant) -> None:
    now = timezone.now()
    with scope(acme):
        OutboxMessage.objects.create(
            bot=online,
            chat_id=ALICE,
            method="sendMessage",
            params={},
            due_at=now - timedelta(minutes=2),
            created_at=now,
        )
    assert check(online).health["lag_seconds"] >= 120


@pytest.mark.parametrize("kept", [reasons.AWAY, reasons.STOLEN % {"detail": "a.example"}, ""])
def test_reasons_are_shown_in_words(kept: str) -> None:
    assert reasons.shown(kept) == kept


# --- Counts


def traffic(bot: Bot, at: datetime, first: int = 1) -> None:
    with scope(bot.tenant_id):
        for number in range(3):
            Receipt.objects.create(
                bot_id=bot.pk,
                update_id=first + number,
                received_at=at,
                answer="{}" if number else "",
            )
        for state in ("sent", "sent", "failed", "due"):
            OutboxMessage.objects.create(
                bot=bot,
                chat_id=ALICE,
                method="sendMessage",
                params={},
                state=state,
                due_at=at,
                created_at=at,
                sent_at=None if state == "due" else at,
            )
        FailedUpdate.objects.create(
            bot=bot,
            update_id=first,
            kind="message",
            update={},
            error="e",
            traceback="t",
            last_at=at,
        )
        person = Person.objects.create(bot=bot, telegram_id=first, seen_at=at)
        Person.objects.filter(pk=person.pk).update(created_at=at)


def counted(tenant: Tenant) -> list[tuple[Any, ...]]:
    with scope(tenant, transaction=False):
        return list(
            DayCount.objects.order_by("day").values_list(
                "day__day", "updates", "calls", "failures", "new_people"
            )
        )


def test_days_are_counted_apart_and_counting_twice_changes_nothing(acme: Tenant) -> None:
    bot = make_bot(acme)
    traffic(bot, NOW)
    traffic(bot, NOW - timedelta(days=1), first=10)
    traffic(bot, NOW - timedelta(days=2), first=20)
    for _again in range(2):
        assert counts.recount(NOW) == 2
        assert counted(acme) == [(20, 3, 4, 2, 1), (21, 3, 4, 2, 1)]


def test_tenants_are_counted_apart(acme: Tenant, rival: Tenant) -> None:
    traffic(make_bot(acme), NOW)
    assert counts.recount(NOW) == 1
    assert counted(rival) == []
