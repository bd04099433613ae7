"""Chats, members, pins, command menus."""

from typing import Any

import pytest
import telegram
from telegram import BotCommand
from telegram.error import BadRequest, Forbidden

from emulators.telegram.world import (
    ALICE,
    CHANNEL_ID,
    DEMO_BOT_ID,
    GROUP_ID,
    LAYLA,
    LIN,
    SPARE_BOT_ID,
    SPARE_TOKEN,
    WANG,
)
from emulators.tests.conftest import Hub
from emulators.tests.test_send import refusal


def test_get_chat(chatting: Hub) -> None:
    group = chatting.run(lambda bot: bot.get_chat(GROUP_ID))
    assert (group.type, group.title, group.username) == (
        "supergroup",
        "Harbor Friends",
        "harbor_friends",
    )
    alice = chatting.run(lambda bot: bot.get_chat(ALICE))
    assert (alice.type, alice.first_name) == ("private", "Alice")
    unknown = lambda bot: bot.get_chat(WANG)  # noqa: E731
    assert refusal(chatting, BadRequest, unknown) == "Chat not found"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("creator", telegram.ChatMemberOwner),
        ("administrator", telegram.ChatMemberAdministrator),
        ("member", telegram.ChatMemberMember),
        ("restricted", telegram.ChatMemberRestricted),
        ("left", telegram.ChatMemberLeft),
        ("kicked", telegram.ChatMemberBanned),
    ],
)
def test_every_status_parses(hub: Hub, status: str, kind: type) -> None:
    hub.emulator.chats[CHANNEL_ID].members[LIN] = status
    member = hub.run(lambda bot: bot.get_chat_member("@harbor_news", LIN))
    assert isinstance(member, kind)
    assert member.user.first_name == "林怡君"


def member(user_id: int, chat_id: int = GROUP_ID) -> Any:
    return lambda bot: bot.get_chat_member(chat_id, user_id)


def test_members_are_for_administrators(hub: Hub) -> None:
    assert refusal(hub, BadRequest, member(424242)) == "User not found"
    hub.emulator.set_member(GROUP_ID, SPARE_BOT_ID, "join")
    assert hub.run(member(SPARE_BOT_ID), SPARE_TOKEN).status == "member"
    words = refusal(hub, BadRequest, member(LIN), SPARE_TOKEN)
    assert words.lower() == "chat_admin_required"
    hub.emulator.set_member(CHANNEL_ID, SPARE_BOT_ID, "join")
    words = refusal(hub, BadRequest, member(LIN, CHANNEL_ID), SPARE_TOKEN)
    assert words == "Member list is inaccessible"
    hub.emulator.set_member(GROUP_ID, SPARE_BOT_ID, "kick")
    assert "bot was kicked" in refusal(hub, Forbidden, member(LIN), SPARE_TOKEN)


def test_counts_and_administrators(hub: Hub) -> None:
    assert hub.run(lambda bot: bot.get_chat_member_count(GROUP_ID)) == 6
    admins = hub.run(lambda bot: bot.get_chat_administrators(GROUP_ID))
    assert {admin.user.id for admin in admins} == {ALICE, DEMO_BOT_ID}
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    words = refusal(hub, BadRequest, lambda bot: bot.get_chat_administrators(ALICE))
    assert "no administrators in the private chat" in words


def test_invite_links(hub: Hub) -> None:
    link = hub.run(lambda bot: bot.create_chat_invite_link(GROUP_ID, name="x", member_limit=5))
    assert link.invite_link.startswith("https://t.me/+")
    assert hub.run(lambda bot: bot.get_chat(GROUP_ID)).invite_link == link.invite_link
    long = lambda bot: bot.create_chat_invite_link(GROUP_ID, name="x" * 33)  # noqa: E731
    assert "too long" in refusal(hub, BadRequest, long)


def test_pins(hub: Hub) -> None:
    async def story(bot: telegram.Bot) -> None:
        first = await bot.send_message(GROUP_ID, "one")
        await bot.pin_chat_message(GROUP_ID, first.message_id)
        pinned = (await bot.get_chat(GROUP_ID)).pinned_message
        assert pinned is not None
        assert pinned.message_id == first.message_id
        await bot.unpin_chat_message(GROUP_ID)
        assert (await bot.get_chat(GROUP_ID)).pinned_message is None

    hub.run(story)
    missing = lambda bot: bot.pin_chat_message(GROUP_ID, 999)  # noqa: E731
    assert refusal(hub, BadRequest, missing) == "Message to pin not found"


def test_bot_joins_and_leaves(hub: Hub) -> None:
    chat = hub.emulator.add_chat("New", "supergroup", [ALICE, WANG], [DEMO_BOT_ID], "administrator")
    hub.run(lambda bot: bot.leave_chat(chat.id))
    updates = hub.run(lambda bot: bot.get_updates())
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [c.new_chat_member.status for c in changes] == ["administrator", "left"]
    assert changes[0].from_user.id == ALICE


def test_block_and_unblock_are_told(chatting: Hub) -> None:
    chatting.emulator.block(DEMO_BOT_ID, ALICE)
    chatting.emulator.block(DEMO_BOT_ID, ALICE)
    chatting.emulator.start(DEMO_BOT_ID, ALICE, "ref_1")
    updates = chatting.run(lambda bot: bot.get_updates())
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [c.new_chat_member.status for c in changes] == ["kicked", "member"]
    assert updates[-1].message is not None
    assert updates[-1].message.text == "/start ref_1"


def test_profile_photos(hub: Hub) -> None:
    assert hub.run(lambda bot: bot.get_user_profile_photos(ALICE)).total_count == 0


def test_command_precedence(hub: Hub) -> None:
    def put(word: str, **more: Any) -> None:
        hub.run(lambda bot: bot.set_my_commands([BotCommand(word, "Does it")], **more))

    def seen(chat_id: int, user_id: int, language: str) -> str:
        bot = hub.emulator.bots[DEMO_BOT_ID]
        room = hub.emulator.actors.room(bot, chat_id)
        return str(visible_commands(bot, room, user_id, language)[0]["command"])

    from emulators.telegram.methods.commands import visible_commands

    put("plain")
    put("chinese", language_code="zh")
    assert seen(WANG, WANG, "zh-hans") == "chinese"
    assert seen(ALICE, ALICE, "en") == "plain"
    put("private", scope=telegram.BotCommandScopeAllPrivateChats())
    assert seen(WANG, WANG, "zh-hans") == "private"
    put("groups", scope=telegram.BotCommandScopeAllGroupChats())
    put("admins", scope=telegram.BotCommandScopeAllChatAdministrators())
    assert seen(GROUP_ID, WANG, "en") == "groups"
    assert seen(GROUP_ID, ALICE, "en") == "admins"
    put("one", scope=telegram.BotCommandScopeChatMember(GROUP_ID, LAYLA))
    assert seen(GROUP_ID, LAYLA, "ar") == "one"
    hub.run(lambda bot: bot.delete_my_commands(telegram.BotCommandScopeAllPrivateChats()))
    assert seen(WANG, WANG, "zh-hans") == "chinese"
    (command,) = hub.run(lambda bot: bot.get_my_commands(language_code="zh"))
    assert command.command == "chinese"


@pytest.mark.parametrize(
    ("name", "text"), [("Upper", "x"), ("a" * 33, "x"), ("ok", ""), ("ok", "x" * 257)]
)
def test_bad_commands(hub: Hub, name: str, text: str) -> None:
    act = lambda bot: bot.set_my_commands([(name, text)])  # noqa: E731
    assert "bot_command" in refusal(hub, BadRequest, act).lower()


def test_names_and_menu_button(hub: Hub) -> None:
    async def story(bot: telegram.Bot) -> None:
        await bot.set_my_name("Harbor", language_code="zh")
        assert (await bot.get_my_name("zh")).name == "Harbor"
        assert (await bot.get_my_name()).name == "Harbor Demo Bot"
        await bot.set_my_description("We help")
        assert (await bot.get_my_description("zh")).description == "We help"
        await bot.set_my_short_description("Short")
        button = telegram.MenuButtonWebApp("Open", telegram.WebAppInfo("https://a.example/"))
        await bot.set_chat_menu_button(menu_button=button)
        assert await bot.get_chat_menu_button() == button
        assert await bot.close()
        assert await bot.log_out()

    hub.run(story)
    long = lambda bot: bot.set_my_name("x" * 65)  # noqa: E731
    assert "too long" in refusal(hub, BadRequest, long)
