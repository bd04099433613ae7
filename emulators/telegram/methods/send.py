"""Methods that put a message into a chat."""

from typing import Any

from emulators.telegram.call import Call
from emulators.telegram.errors import bad
from emulators.telegram.files import document_content, photo_content
from emulators.telegram.markup import read_markup
from emulators.telegram.models import Message, Room
from emulators.wsgi import Json

ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
CONTENT = ("text", "entities", "photo", "document", "caption", "caption_entities")


def post(call: Call, room: Room, content: Json) -> Message:
    """Write the bot's message with its keyboard, after every check has passed."""
    markup = read_markup(call.params)
    reply = call.reply(room)
    call.state.limits.check(room)
    if markup and "inline_keyboard" in markup:
        content = {**content, "reply_markup": markup}
    if call.params.flag("protect_content"):
        content = {**content, "has_protected_content": True}
    author = None if room.type == "channel" else call.bot.user()
    message = call.state.post(room, author, {**reply, **content}, bot_id=call.bot.id)
    if markup and "inline_keyboard" not in markup:
        show_keyboard(call, room, message, markup)
    return message


def show_keyboard(call: Call, room: Room, message: Message, markup: Json) -> None:
    """Reply keyboards are not part of the message, only what the person sees."""
    call.state.events.add(
        "keyboard", call.bot.id, room.id, message_id=message.data["message_id"], markup=markup
    )


def send_message(call: Call) -> Json:
    """sendMessage."""
    room = call.writable_room()
    text, entities = call.text()
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    return post(call, room, content).data


def send_photo(call: Call) -> Json:
    """sendPhoto by upload, file_id or URL."""
    room = call.writable_room()
    content = photo_content(call.state, call.bot, call.params, "photo")
    return post(call, room, {**content, **call.caption()}).data


def send_document(call: Call) -> Json:
    """sendDocument by upload, file_id or URL."""
    room = call.writable_room()
    content = document_content(call.state, call.bot, call.params, "document")
    return post(call, room, {**content, **call.caption()}).data


def source(call: Call, missing: str) -> Message:
    """The message that copy and forward start from."""
    room = call.room("from_chat_id")
    call.require_reach(room)
    return call.message(room, missing)


def copy_message(call: Call) -> Json:
    """copyMessage."""
    room = call.writable_room()
    original = source(call, "message to copy not found").data
    if "text" not in original and "photo" not in original and "document" not in original:
        raise bad("message can't be copied")
    content = {key: original[key] for key in CONTENT if key in original}
    if call.params.has("caption") and "text" not in content:
        content.pop("caption", None)
        content.pop("caption_entities", None)
        content.update(call.caption())
    return {"message_id": post(call, room, content).data["message_id"]}


def forward_message(call: Call) -> Json:
    """forwardMessage."""
    room = call.writable_room()
    original = source(call, "message to forward not found").data
    if original.get("has_protected_content"):
        raise bad("message can't be forwarded")
    content = {key: original[key] for key in CONTENT if key in original}
    content["forward_origin"] = origin(original)
    return post(call, room, content).data


def origin(original: Json) -> Json:
    """Where a forwarded message comes from."""
    date = original["date"]
    if "from" in original:
        return {"type": "user", "date": date, "sender_user": original["from"]}
    number = original["message_id"]
    return {"type": "channel", "date": date, "chat": original["chat"], "message_id": number}


def send_chat_action(call: Call) -> bool:
    """sendChatAction."""
    room = call.writable_room()
    if call.params.text("action").lower() not in ACTIONS:
        raise bad("wrong parameter action in request")
    call.state.events.add("typing", call.bot.id, room.id)
    return True


METHODS: dict[str, Any] = {
    "sendmessage": send_message,
    "sendphoto": send_photo,
    "senddocument": send_document,
    "copymessage": copy_message,
    "forwardmessage": forward_message,
    "sendchataction": send_chat_action,
}
