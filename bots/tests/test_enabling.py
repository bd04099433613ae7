"""Switching bots on and off, changing and removing them, against the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots import products
from bots.gateways.telegram import connect
from bots.models import Bot, Person
from bots.registry import find
from bots.services import connecting, hooks, obstacles, trial
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, SPARE_TOKEN
from tenants.ids import digest
from tenants.models import AuditEvent, Membership, Tenant
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


def test_enabling_registers_a_webhook_that_is_ours_alone(
    online: Bot, telegram: TelegramEmulator, acme: Tenant
) -> None:
    bot, params = stored(online), last_call(telegram, "setWebhook")
    assert (bot.state, bot.state_reason) == ("enabled", "")
    assert hooks.is_registered(bot)
    assert params["url"].startswith("https://botharbor.test/api/webhook/")
    assert DEMO_TOKEN not in params["url"]
    assert digest(hook_token(telegram)) == bytes(bot.hook_digest or b"")
    assert digest(params["secret_token"]) == bytes(bot.secret_digest or b"")
    asked_for = telegram.bots[DEMO_BOT_ID].allowed_updates
    assert set(asked_for or []) == set(products.allowed_updates(("lottery",)))
    found = find(hook_token(telegram))
    assert found is not None
    assert found.answers
    assert found.secret_is(params["secret_token"])
    assert audited(acme) == ["bot.connected", "bot.enabled"]


def test_enabling_again_keeps_the_address_before_for_ten_minutes(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    first, first_secret = hook_token(telegram), last_call(telegram, "setWebhook")["secret_token"]
    connecting.enable(online, actor=actor)
    second = hook_token(telegram)
    assert first != second
    found = find(first)
    assert found is not None
    assert found.secret_is(first_secret)
    assert find(second) is not None
    until = stored(online).previous_until
    assert until is not None
    assert timedelta(minutes=9) < until - timezone.now() <= timedelta(minutes=10)


def test_each_registration_makes_web_processes_notice(online: Bot, actor: Actor) -> None:
    before = stored(online).version
    connecting.enable(online, actor=actor)
    assert stored(online).version > before


def test_commands_are_set_by_language_and_place(online: Bot, telegram: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN)

    def menu(place: str, language: str) -> dict[str, str]:
        where = {"scope": {"type": place}, "language_code": language}
        return {row["command"]: row["description"] for row in bot.call("getMyCommands", where)}

    private = menu("all_private_chats", "en")
    assert {"start", "help", "language", "privacy"} <= set(private)
    assert private["help"] == "What this bot can do"
    assert set(menu("all_private_chats", "zh")) == set(private)
    assert "language" not in menu("all_group_chats", "")


def test_a_bot_without_menus_is_online_all_the_same(
    connected: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    telegram.fault("status", method="setMyCommands", status=500)
    connecting.enable(connected, actor=actor)
    assert stored(connected).state == "enabled"
    assert stored(connected).health["menu"] is False


def test_without_a_public_address_updates_are_polled(
    online: Bot, telegram: TelegramEmulator, actor: Actor, settings: Any
) -> None:
    settings.PUBLIC_URL = ""
    connecting.enable(online, actor=actor)
    bot = stored(online)
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    assert bot.hook_digest is None
    assert (bot.state, hooks.is_registered(bot)) == ("enabled", True)


def test_polling_is_chosen_per_bot(online: Bot, telegram: TelegramEmulator, actor: Actor) -> None:
    connecting.change(online, actor=actor, delivery="polling")
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    connecting.change(online, actor=actor, delivery="webhook")
    assert telegram.bots[DEMO_BOT_ID].webhook is not None


def test_a_refused_webhook_leaves_the_reason_in_words(
    connected: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    telegram.fault(
        "status",
        method="setWebhook",
        status=400,
        description="Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    )
    with pytest.raises(obstacles.RefusedByTelegram, match="HTTPS URL"):
        connecting.enable(connected, actor=actor)
    bot = stored(connected)
    assert bot.state == "broken"
    assert "HTTPS URL" in bot.state_reason


def test_a_webhook_that_may_have_been_set_keeps_the_bot_answering(
    connected: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    telegram.fault("lost_answer", method="setWebhook")
    with pytest.raises(obstacles.TelegramAway):
        connecting.enable(connected, actor=actor)
    bot = stored(connected)
    assert bot.state == "enabled"
    assert not hooks.is_registered(bot)
    found = find(hook_token(telegram))
    assert found is not None
    assert found.answers


def test_a_crash_before_the_answer_is_mended_by_enabling_again(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    in_use = hook_token(telegram)
    # what a `kill -9` after the first commit leaves behind, twice
    hooks._prepare(online, hook_token="never-told-1", secret="s")
    hooks._prepare(online, hook_token="never-told-2", secret="s")
    assert find(in_use) is not None
    connecting.enable(online, actor=actor)
    assert find(hook_token(telegram)) is not None
    assert hooks.is_registered(stored(online))


def test_disabling_removes_the_webhook(
    online: Bot, telegram: TelegramEmulator, actor: Actor, acme: Tenant
) -> None:
    connecting.disable(online, actor=actor)
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    assert stored(online).state == "disabled"
    assert not hooks.is_registered(stored(online))
    assert audited(acme)[-1] == "bot.disabled"


@pytest.mark.parametrize("status", [401, 500])
def test_disabling_works_while_telegram_does_not(
    online: Bot, telegram: TelegramEmulator, actor: Actor, status: int
) -> None:
    token = hook_token(telegram)
    telegram.fault("status", method="deleteWebhook", status=status)
    connecting.disable(online, actor=actor)
    found = find(token)
    assert found is not None
    assert not found.answers


# --- Changing


def test_products_change_the_menu(online: Bot, telegram: TelegramEmulator, actor: Actor) -> None:
    before = len(telegram.calls(method="setWebhook"))
    connecting.change(online, actor=actor, slugs=[])
    assert stored(online).products == []
    menu = connect(DEMO_TOKEN).call("getMyCommands", {"scope": {"type": "all_private_chats"}})
    assert {row["command"] for row in menu} == {"start", "help", "language", "privacy", "cancel"}
    assert len(telegram.calls(method="setWebhook")) == before


def test_changing_nothing_is_no_event(online: Bot, actor: Actor, acme: Tenant) -> None:
    connecting.change(online, actor=actor, slugs=["lottery"], language=online.language)
    assert audited(acme) == ["bot.connected", "bot.enabled"]


def test_a_replaced_token_keeps_people_and_chats(
    online: Bot, telegram: TelegramEmulator, actor: Actor, acme: Tenant
) -> None:
    with scope(acme):
        Person.objects.create(bot=online, telegram_id=ALICE, seen_at=timezone.now())
    fresh = telegram.revoke(DEMO_BOT_ID)
    connecting.replace_token(online, fresh, actor=actor)
    bot = stored(online)
    assert (bot.token, bot.state) == (fresh, "enabled")
    assert hooks.is_registered(bot)
    with scope(acme):
        assert Person.objects.filter(bot=bot).count() == 1
        detail = AuditEvent.objects.get(action="bot.token_replaced").detail
    assert fresh not in str(detail)


def test_another_bots_token_is_refused(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    with pytest.raises(obstacles.OtherBot):
        connecting.replace_token(online, SPARE_TOKEN, actor=actor)
    assert stored(online).token == DEMO_TOKEN


def test_a_broken_bot_comes_back_with_its_new_token(
    online: Bot, telegram: TelegramEmulator, actor: Actor
) -> None:
    fresh = telegram.revoke(DEMO_BOT_ID)
    with pytest.raises(obstacles.TokenRefused):
        connecting.enable(online, actor=actor)
    assert stored(online).state == "broken"
    connecting.replace_token(online, fresh, actor=actor)
    assert (stored(online).state, stored(online).state_reason) == ("enabled", "")


def test_a_deleted_bot_is_gone_here_and_there(
    online: Bot, telegram: TelegramEmulator, actor: Actor, acme: Tenant, rival: Tenant
) -> None:
    with scope(acme):
        Person.objects.create(bot=online, telegram_id=ALICE, seen_at=timezone.now())
    connecting.delete_bot(online, actor=actor)
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    with scope(acme, transaction=False):
        assert not Bot.objects.exists()
        assert not Person.objects.exists()
    assert audited(acme)[-1] == "bot.deleted"
    assert connecting.inspect(rival, DEMO_TOKEN).identity.id == DEMO_BOT_ID


# --- Test message


def test_a_test_message_reaches_somebody_who_started_the_bot(
    online: Bot, telegram: TelegramEmulator, acme: Tenant
) -> None:
    telegram.start(DEMO_BOT_ID, ALICE)
    with scope(acme):
        with pytest.raises(obstacles.NotReachable):
            trial.send_test_message(online, ALICE)
        Person.objects.create(
            bot=online, telegram_id=ALICE, seen_at=timezone.now(), has_started=True
        )
        trial.send_test_message(online, ALICE)
    assert "test message" in telegram.sent(ALICE)[-1]["text"]


def test_a_member_without_a_linked_account_has_no_chat(online: Bot, acme: Tenant) -> None:
    with scope(acme, transaction=False):
        member = Membership.objects.get(role="owner")
        assert trial.chat_of(online, member) is None
