"""Changing and removing messages, answering presses."""

from typing import Any

import pytest
import telegram
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram.error import BadRequest

from emulators.telegram.world import ALICE, DEMO_BOT_ID, GROUP_ID, WANG
from emulators.tests.conftest import Hub
from emulators.tests.test_send import PNG, refusal

KEYS = Keyboard([[Button("a", callback_data="a")]])


def test_edits(chatting: Hub) -> None:
    async def story(bot: telegram.Bot) -> None:
        message = await bot.send_message(ALICE, "one", reply_markup=KEYS)
        edited = await bot.edit_message_text("two", ALICE, message.message_id)
        assert isinstance(edited, telegram.Message)
        assert (edited.text, edited.reply_markup) == ("two", None)
        assert edited.edit_date is not None
        marked = await bot.edit_message_reply_markup(ALICE, message.message_id, reply_markup=KEYS)
        assert isinstance(marked, telegram.Message)
        assert marked.reply_markup == KEYS
        photo = await bot.send_photo(ALICE, PNG, caption="old")
        captioned = await bot.edit_message_caption(ALICE, photo.message_id, caption="new")
        assert isinstance(captioned, telegram.Message)
        assert captioned.caption == "new"
        media = telegram.InputMediaPhoto(PNG + b"2", caption="third")
        changed = await bot.edit_message_media(media, ALICE, photo.message_id)
        assert isinstance(changed, telegram.Message)
        assert changed.photo[-1].file_id != photo.photo[-1].file_id

    chatting.run(story)
    kinds = [event["kind"] for event in chatting.emulator.state.events.after(0)]
    assert kinds == ["message", "message", "edited", "edited", "message", "edited", "edited"]


def edit(number: int, text: str = "x", chat_id: int = ALICE, **more: Any) -> Any:
    return lambda bot: bot.edit_message_text(text, chat_id, number, **more)


def test_refused_edits(chatting: Hub) -> None:
    number = chatting.run(
        lambda bot: bot.send_message(ALICE, "<b>x</b>", parse_mode="HTML", reply_markup=KEYS)
    ).message_id
    same = edit(number, "<b>x</b>", parse_mode="HTML", reply_markup=KEYS)
    assert "Message is not modified" in refusal(chatting, BadRequest, same)
    chatting.run(edit(number, "x", reply_markup=KEYS))
    assert refusal(chatting, BadRequest, edit(99)) == "Message to edit not found"
    assert refusal(chatting, BadRequest, edit(1)) == "Message can't be edited"
    assert "identifier is not specified" in refusal(chatting, BadRequest, edit(0))
    caption = lambda bot: bot.edit_message_caption(ALICE, number, caption="c")  # noqa: E731
    assert "no caption in the message" in refusal(chatting, BadRequest, caption)
    photo = chatting.run(lambda bot: bot.send_photo(ALICE, PNG)).message_id
    assert "no text in the message" in refusal(chatting, BadRequest, edit(photo))
    force = lambda bot: bot.edit_message_reply_markup(  # noqa: E731
        ALICE, number, api_kwargs={"reply_markup": {"force_reply": True}}
    )
    assert refusal(chatting, BadRequest, force) == "Inline keyboard expected"


def test_delete(chatting: Hub) -> None:
    number = chatting.run(lambda bot: bot.send_message(ALICE, "x")).message_id
    assert chatting.run(lambda bot: bot.delete_message(ALICE, number))
    delete = lambda bot: bot.delete_message(ALICE, number)  # noqa: E731
    assert refusal(chatting, BadRequest, delete) == "Message to delete not found"
    assert refusal(chatting, BadRequest, edit(number)) == "Message to edit not found"
    assert chatting.emulator.sent(ALICE) == []
    old = chatting.run(lambda bot: bot.send_message(ALICE, "x")).message_id
    chatting.clock.advance(48 * 3600)
    words = refusal(chatting, BadRequest, lambda bot: bot.delete_message(ALICE, old))
    assert words == "Message can't be deleted for everyone"
    fresh = chatting.run(lambda bot: bot.send_message(ALICE, "x")).message_id
    assert chatting.run(lambda bot: bot.delete_messages(ALICE, [old, fresh, 999]))
    assert [m["message_id"] for m in chatting.emulator.sent(ALICE)] == [old]


def test_administrator_deletes_others(hub: Hub) -> None:
    said = hub.emulator.say(DEMO_BOT_ID, WANG, "spam", chat_id=GROUP_ID)
    assert hub.run(lambda bot: bot.delete_message(GROUP_ID, said["message_id"]))


def press(hub: Hub, data: str = "go") -> str:
    number = hub.run(lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYS)).message_id
    return hub.emulator.press(DEMO_BOT_ID, ALICE, number, data)


def test_answer_once(chatting: Hub) -> None:
    query = press(chatting)
    answer = lambda bot: bot.answer_callback_query(query, "Done", show_alert=True)  # noqa: E731
    assert chatting.run(answer)
    (toast,) = chatting.emulator.toasts(DEMO_BOT_ID)
    assert (toast["user_id"], toast["text"], toast["alert"]) == (ALICE, "Done", True)
    assert "Query is too old" in refusal(chatting, BadRequest, answer)
    other = press(chatting)
    late = lambda bot: bot.answer_callback_query(other)  # noqa: E731
    chatting.clock.advance(61)
    assert "Query is too old" in refusal(chatting, BadRequest, late)
    unknown = lambda bot: bot.answer_callback_query("77")  # noqa: E731
    assert "query id is invalid" in refusal(chatting, BadRequest, unknown)


def test_toast_length(chatting: Hub) -> None:
    query = press(chatting)
    long = lambda bot: bot.answer_callback_query(query, "x" * 201)  # noqa: E731
    assert "message_too_long" in refusal(chatting, BadRequest, long).lower()


def test_press_update_parses_also_for_a_deleted_message(chatting: Hub) -> None:
    async def story(bot: telegram.Bot) -> list[telegram.CallbackQuery]:
        message = await bot.send_message(ALICE, "x", reply_markup=KEYS)
        chatting.emulator.press(DEMO_BOT_ID, ALICE, message.message_id, "a")
        await bot.delete_message(ALICE, message.message_id)
        chatting.emulator.press(DEMO_BOT_ID, ALICE, message.message_id, "a")
        updates = await bot.get_updates()
        return [update.callback_query for update in updates if update.callback_query]

    first, second = chatting.run(story)
    assert first.message is not None
    assert first.message.is_accessible
    assert second.message is not None
    assert second.message.date.timestamp() == 0
    assert first.chat_instance == second.chat_instance


@pytest.mark.parametrize("count", [0, 101])
def test_batch_sizes(chatting: Hub, count: int) -> None:
    act = lambda bot: bot.delete_messages(ALICE, list(range(count)))  # noqa: E731
    with pytest.raises(BadRequest):
        chatting.run(act)
