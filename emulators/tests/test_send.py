"""Sending through the real library."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import telegram
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter

from emulators.telegram.world import (
    ALICE,
    CHANNEL_ID,
    DEMO_BOT_ID,
    DEMO_TOKEN,
    GROUP_ID,
    LAYLA,
    SPARE_BOT_ID,
    SPARE_TOKEN,
    WANG,
)
from emulators.tests.conftest import Hub

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x20" + b"\x00" * 40


def refusal(hub: Hub, kind: type[Exception], act: Any, token: str = DEMO_TOKEN) -> str:
    with pytest.raises(kind) as caught:
        hub.run(act, token)
    assert type(caught.value) is kind
    return str(caught.value)


def send(text: str, chat_id: Any = ALICE, **more: Any) -> Any:
    return lambda bot: bot.send_message(chat_id, text, **more)


def test_get_me_parses(hub: Hub) -> None:
    me = hub.run(lambda bot: bot.get_me())
    assert (me.id, me.is_bot, me.username) == (DEMO_BOT_ID, True, "harbor_demo_bot")


def test_text_with_html_keyboard_and_reply(chatting: Hub) -> None:
    keyboard = Keyboard([[Button("Go", callback_data="x" * 64), Button("Web", url="https://a.b")]])
    first = chatting.run(send("<b>Hi</b> 🦊 @alice", parse_mode="HTML", reply_markup=keyboard))
    assert first.text == "Hi 🦊 @alice"
    assert [(e.type, e.offset, e.length) for e in first.entities] == [
        ("bold", 0, 2),
        ("mention", 6, 6),
    ]
    assert first.reply_markup == keyboard
    second = chatting.run(send("again", reply_to_message_id=first.message_id))
    assert second.reply_to_message is not None
    assert second.reply_to_message.message_id == first.message_id
    assert second.message_id == first.message_id + 1
    assert [m["text"] for m in chatting.emulator.sent(ALICE)] == ["Hi 🦊 @alice", "again"]


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("", {}, "Message text is empty"),
        ("  \n ", {}, "Message text is empty"),
        ("<b> </b>", {"parse_mode": "HTML"}, "Message text is empty"),
        ("x" * 4097, {}, "Message is too long"),
        ("<b>x", {"parse_mode": "HTML"}, "Can't find end tag corresponding to start tag"),
        ("<h1>x</h1>", {"parse_mode": "HTML"}, 'Unsupported start tag "h1" at byte offset 0'),
        ("ab.", {"parse_mode": "MarkdownV2"}, "Character '.' is reserved"),
        ("ab", {"parse_mode": "BBCode"}, "Unsupported parse_mode"),
        ("ab", {"reply_to_message_id": 99}, "Message to be replied not found"),
        ("ab", {"reply_markup": Keyboard([[Button("a", callback_data="é" * 33)]])}, "data_invalid"),
        ("ab", {"reply_markup": Keyboard([[Button("a", url="http://web/x")]])}, "Wrong HTTP URL"),
        ("ab", {"reply_markup": Keyboard([[Button("a", callback_data="b")] * 9])}, "too long"),
        ("ab", {"reply_markup": Keyboard([[Button("a", callback_data="b")]] * 101)}, "too long"),
        ("ab", {"reply_markup": Keyboard([[Button("a")]])}, "Text buttons are unallowed"),
    ],
)
def test_bad_texts(chatting: Hub, text: str, more: dict[str, Any], words: str) -> None:
    assert words.lower() in refusal(chatting, BadRequest, send(text, **more)).lower()
    assert chatting.emulator.sent(ALICE) == []


def test_other_keyboards_are_shown_beside_the_message(chatting: Hub) -> None:
    keyboard = telegram.ReplyKeyboardMarkup([["Yes", "No"]])
    message = chatting.run(send("Sure?", reply_markup=keyboard))
    assert message.reply_markup is None
    event = chatting.emulator.state.events.after(0)[-1]
    assert event["kind"] == "keyboard"
    assert event["markup"]["keyboard"] == [[{"text": "Yes"}, {"text": "No"}]]


def test_bots_cannot_write_to_bots(chatting: Hub) -> None:
    assert "messages to bots" in refusal(chatting, Forbidden, send("x", SPARE_BOT_ID))


def test_length_counts_after_parsing(chatting: Hub) -> None:
    message = chatting.run(send("<b>" + "x" * 4096 + "</b>", parse_mode="HTML"))
    assert message.text is not None
    assert len(message.text) == 4096


def test_unreachable_people(hub: Hub) -> None:
    emulator = hub.emulator
    assert refusal(hub, BadRequest, send("x", 12345)) == "Chat not found"
    assert refusal(hub, BadRequest, send("x", LAYLA), SPARE_TOKEN) == "Chat not found"
    assert "can't initiate conversation" in refusal(hub, Forbidden, send("x", LAYLA))
    emulator.start(DEMO_BOT_ID, LAYLA)
    hub.run(send("x", LAYLA))
    emulator.block(DEMO_BOT_ID, LAYLA)
    assert "bot was blocked by the user" in refusal(hub, Forbidden, send("x", LAYLA))
    emulator.say(DEMO_BOT_ID, LAYLA, "back")
    hub.run(send("x", LAYLA))
    emulator.people[LAYLA].deactivated = True
    assert "user is deactivated" in refusal(hub, Forbidden, send("x", LAYLA))


def test_unreachable_chats(hub: Hub) -> None:
    emulator = hub.emulator
    hub.run(send("by name", "@harbor_friends"))
    emulator.set_member(GROUP_ID, DEMO_BOT_ID, "kick")
    words = "bot was kicked from the supergroup chat"
    assert words in refusal(hub, Forbidden, send("x", GROUP_ID))
    emulator.set_member(GROUP_ID, DEMO_BOT_ID, "left")
    words = "bot is not a member of the supergroup chat"
    assert words in refusal(hub, Forbidden, send("x", GROUP_ID))
    emulator.set_member(CHANNEL_ID, DEMO_BOT_ID, "demote")
    words = "administrator rights in the channel chat"
    assert words in refusal(hub, BadRequest, send("x", CHANNEL_ID))
    emulator.set_member(GROUP_ID, DEMO_BOT_ID, "restrict")
    assert "not enough rights" in refusal(hub, BadRequest, send("x", GROUP_ID)).lower()


def test_channel_posts_have_no_author(hub: Hub) -> None:
    post = hub.run(send("news", CHANNEL_ID))
    assert post.from_user is None
    assert post.sender_chat is not None
    assert post.sender_chat.id == CHANNEL_ID


def test_migrated_group(hub: Hub) -> None:
    chat = hub.emulator.add_chat("Old", "group", [ALICE], [DEMO_BOT_ID])
    new_id = hub.emulator.migrate(chat.id)
    with pytest.raises(ChatMigrated) as caught:
        hub.run(send("x", chat.id))
    assert caught.value.new_chat_id == new_id
    assert hub.run(send("x", new_id)).chat.type == "supergroup"
    assert hub.last_kinds() == ["my_chat_member", "message", "message", "message"]


def test_tokens(hub: Hub) -> None:
    get_me = lambda bot: bot.get_me()  # noqa: E731
    assert "Unauthorized" in refusal(hub, InvalidToken, get_me, "123:unknown")
    assert "invalid token specified" in refusal(hub, InvalidToken, get_me, "0123:abc")
    new = hub.emulator.revoke(DEMO_BOT_ID)
    assert "Unauthorized" in refusal(hub, InvalidToken, get_me)
    assert hub.run(get_me, new).id == DEMO_BOT_ID
    nonsense = lambda bot: bot.do_api_request("noSuchThing")  # noqa: E731
    assert "does not exist" in refusal(hub, InvalidToken, nonsense, new)


def test_photo_document_copy_forward(chatting: Hub) -> None:
    async def story(bot: telegram.Bot) -> None:
        photo = await bot.send_photo(ALICE, PNG, caption="<i>look</i>", parse_mode="HTML")
        assert (photo.photo[-1].width, photo.photo[-1].height) == (16, 32)
        assert photo.caption == "look"
        again = await bot.send_photo(ALICE, photo.photo[-1].file_id)
        assert again.photo == photo.photo
        by_url = await bot.send_photo(ALICE, "https://example.com/a.png")
        assert by_url.photo
        paper = await bot.send_document(ALICE, b"id,name\n", filename="list.csv")
        assert paper.document is not None
        file = await bot.get_file(paper.document.file_id)
        assert bytes(await file.download_as_bytearray()) == b"id,name\n"
        copied = await bot.copy_message(ALICE, ALICE, photo.message_id, caption="new")
        forwarded = await bot.forward_message(ALICE, ALICE, paper.message_id)
        assert isinstance(forwarded.forward_origin, telegram.MessageOriginUser)
        assert forwarded.message_id == copied.message_id + 1

    chatting.emulator.enforce_limits(enforced=False)
    chatting.run(story)
    shown = chatting.emulator.messages(DEMO_BOT_ID, ALICE)
    assert [m.get("caption") for m in shown if "photo" in m] == ["look", None, None, "new"]
    assert shown[1]["photo_url"].startswith("/telegram/control/files/")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda bot: bot.send_photo(ALICE, b"not a picture"), "image_process_failed"),
        (lambda bot: bot.send_photo(ALICE, "AgACunknown"), "Wrong file identifier"),
        (lambda bot: bot.send_photo(ALICE, PNG, caption="x" * 1025), "caption is too long"),
        (lambda bot: bot.copy_message(ALICE, ALICE, 99), "Message to copy not found"),
        (lambda bot: bot.forward_message(ALICE, ALICE, 99), "Message to forward not found"),
        (lambda bot: bot.get_file("nothing"), "Wrong file_id"),
        (lambda bot: bot.send_chat_action(ALICE, "dancing"), "Wrong parameter action"),
    ],
)
def test_bad_media(chatting: Hub, act: Any, words: str) -> None:
    assert words.lower() in refusal(chatting, BadRequest, act).lower()


def test_files_belong_to_one_bot(chatting: Hub) -> None:
    chatting.emulator.start(SPARE_BOT_ID, ALICE)
    photo = chatting.run(lambda bot: bot.send_photo(ALICE, PNG)).photo[-1]
    words = refusal(
        chatting, BadRequest, lambda bot: bot.send_photo(ALICE, photo.file_id), SPARE_TOKEN
    )
    assert "wrong file identifier" in words.lower()


def test_chat_limit_and_recovery(chatting: Hub) -> None:
    for _ in range(5):
        chatting.run(send("burst"))
    with pytest.raises(RetryAfter) as caught:
        chatting.run(send("too much"))
    assert caught.value.retry_after == timedelta(seconds=1)
    chatting.clock.advance(1)
    chatting.run(send("fine"))
    refusal(chatting, RetryAfter, send("again too much"))
    chatting.emulator.enforce_limits(enforced=False)
    chatting.run(send("unlimited"))


def test_group_limit(hub: Hub) -> None:
    for _ in range(20):
        hub.run(send("x", GROUP_ID))
        hub.clock.advance(1)
    with pytest.raises(RetryAfter) as caught:
        hub.run(send("x", GROUP_ID))
    assert caught.value.retry_after == timedelta(seconds=40)
    hub.clock.advance(40)
    hub.run(send("x", GROUP_ID))


def test_bot_limit_with_parallel_senders(hub: Hub) -> None:
    people = [hub.emulator.add_person(f"P{number}").id for number in range(40)]
    for person in people:
        hub.emulator.start(DEMO_BOT_ID, person)

    async def burst(bot: telegram.Bot) -> list[Any]:
        sends = [bot.send_message(person, "x") for person in people]
        return await asyncio.gather(*sends, return_exceptions=True)

    results = hub.run(burst)
    assert sum(isinstance(result, RetryAfter) for result in results) == 10
    assert sum(isinstance(result, telegram.Message) for result in results) == 30
    assert len({m["chat"]["id"] for p in people for m in hub.emulator.sent(p)}) == 30
    numbers = [m["message_id"] for p in people for m in hub.emulator.sent(p)]
    assert len(set(numbers)) == 30


def test_two_bots_have_two_private_chats(chatting: Hub) -> None:
    chatting.emulator.start(SPARE_BOT_ID, ALICE)
    chatting.run(send("from demo"))
    chatting.run(send("from spare"), SPARE_TOKEN)
    assert [m["text"] for m in chatting.emulator.sent(ALICE, DEMO_BOT_ID)] == ["from demo"]
    assert [m["text"] for m in chatting.emulator.messages(SPARE_BOT_ID, ALICE)] == [
        "/start",
        "from spare",
    ]
    assert refusal(chatting, BadRequest, send("x", WANG), SPARE_TOKEN) == "Chat not found"
