"""Methods that change or remove messages, and answers to button presses."""

from typing import Any

from emulators.forms import Form, flatten
from emulators.telegram.call import Call
from emulators.telegram.errors import bad
from emulators.telegram.files import document_content, photo_content
from emulators.telegram.markup import read_markup
from emulators.telegram.models import Message, Room
from emulators.telegram.params import Params
from emulators.wsgi import Json

ANSWER_WITHIN = 60.0  # seconds; not published, 10-60 are reported
DELETABLE_FOR = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly"
    " the same as a current content and reply markup of the message"
)
QUERY_OVER = "query is too old and response timeout expired or query ID is invalid"


def editable(call: Call) -> tuple[Room, Message]:
    """The bot's own message that is to be changed."""
    if call.params.has("inline_message_id") and not call.params.has("chat_id"):
        raise bad("MESSAGE_ID_INVALID")
    room = call.room()
    call.require_reach(room)
    message = call.message(room, "message to edit not found")
    own = message.bot_id == call.bot.id
    if not own and not (room.type == "channel" and call.is_admin(room)):
        raise bad("message can't be edited")
    return room, message


def change(call: Call, room: Room, message: Message, content: Json, drop: tuple[str, ...]) -> Json:
    """Replace the fields `drop` by `content` and the keyboard by the given one."""
    markup = read_markup(call.params, inline_only=True)
    kept = {key: v for key, v in message.data.items() if key not in (*drop, "reply_markup")}
    data = {**kept, **content}
    if markup:
        data["reply_markup"] = markup
    if data == message.data:
        raise bad(NOT_MODIFIED)
    call.state.limits.check(room, edit=True)
    data["edit_date"] = int(call.state.clock.time())
    message.data = data
    call.state.keep_message(room.thread, message)
    call.state.announce("edited", room, message)
    return data


def edit_text(call: Call) -> Json:
    """editMessageText."""
    room, message = editable(call)
    text, entities = call.text()
    if "text" not in message.data:
        raise bad("there is no text in the message to edit")
    content: Json = {"text": text, **({"entities": entities} if entities else {})}
    return change(call, room, message, content, ("text", "entities"))


def edit_caption(call: Call) -> Json:
    """editMessageCaption."""
    room, message = editable(call)
    if "text" in message.data:
        raise bad("there is no caption in the message to edit")
    return change(call, room, message, call.caption(), ("caption", "caption_entities"))


def edit_markup(call: Call) -> Json:
    """editMessageReplyMarkup."""
    room, message = editable(call)
    return change(call, room, message, {}, ())


def edit_media(call: Call) -> Json:
    """editMessageMedia with a photo or a document."""
    room, message = editable(call)
    media = call.params.json("media", "can't parse media JSON object")
    if not isinstance(media, dict) or media.get("type") not in ("photo", "document"):
        raise bad("can't parse InputMedia: media type is not supported here")
    inner = Params(Form(flatten(media), call.params.files))
    build = photo_content if media["type"] == "photo" else document_content
    content = build(call.state, call.bot, inner, "media")
    content |= Call(call.state, call.bot, inner, call.environ).caption()
    drop = ("text", "entities", "photo", "document", "caption", "caption_entities")
    return change(call, room, message, content, drop)


def remove(call: Call, room: Room, message: Message) -> None:
    """Hide a message."""
    message.deleted = True
    call.state.keep_message(room.thread, message)
    call.state.announce("deleted", room, message)


def may_delete(call: Call, room: Room, message: Message) -> bool:
    """Own messages and those of a private chat for 48 hours; everything as administrator."""
    if call.is_admin(room):
        return True
    young = call.state.clock.time() - message.data["date"] < DELETABLE_FOR
    return young and (message.bot_id == call.bot.id or room.type == "private")


def delete_message(call: Call) -> bool:
    """deleteMessage."""
    room = call.room()
    call.require_reach(room)
    message = call.message(room, "message to delete not found")
    if not may_delete(call, room, message):
        raise bad("message can't be deleted for everyone")
    remove(call, room, message)
    return True


def delete_messages(call: Call) -> bool:
    """deleteMessages: 1-100 ids, unknown ones are skipped."""
    room = call.room()
    call.require_reach(room)
    numbers = call.params.json("message_ids", "can't parse message_ids JSON object")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad("message identifiers must be an Array of 1-100 numbers")
    for number in numbers:
        message = call.state.message(room, int(number))
        if message is not None and may_delete(call, room, message):
            remove(call, room, message)
    return True


def answer_query(call: Call) -> bool:
    """answerCallbackQuery."""
    query = call.state.queries.get(call.params.text("callback_query_id"))
    now = call.state.clock.time()
    if query is None or query.bot_id != call.bot.id or query.answered:
        raise bad(QUERY_OVER)
    if now - query.at > ANSWER_WITHIN:
        raise bad(QUERY_OVER)
    text = call.params.text("text")
    if len(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    query.answered = True
    call.state.keep_query(query)
    call.state.events.add(
        "toast",
        call.bot.id,
        query.chat_id,
        user_id=query.user_id,
        text=text,
        alert=call.params.flag("show_alert"),
        callback_query_id=query.id,
        url=call.params.text("url"),
    )
    return True


METHODS: dict[str, Any] = {
    "editmessagetext": edit_text,
    "editmessagecaption": edit_caption,
    "editmessagereplymarkup": edit_markup,
    "editmessagemedia": edit_media,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "answercallbackquery": answer_query,
}
