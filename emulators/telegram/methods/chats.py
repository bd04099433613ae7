"""Methods about chats and their members."""

import secrets
from typing import Any

from emulators.telegram.call import Call
from emulators.telegram.errors import bad
from emulators.telegram.members import member_json, set_status
from emulators.telegram.models import ADMINS, Chat, Message, Room
from emulators.wsgi import Json

ACCENT = {"accent_color_id": 0, "max_reaction_count": 11}
GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


def pins(call: Call, room: Room) -> list[Message]:
    """The pinned messages, newest last."""
    thread = call.state.threads.get(room.thread, {})
    return [message for message in thread.values() if message.pinned and not message.deleted]


def get_chat(call: Call) -> Json:
    """getChat."""
    room = call.room()
    if room.person is not None and room.person.id not in call.bot.people:
        raise bad("chat not found")
    if room.chat is not None and room.type != "channel":
        call.require_reach(room)
    info: Json = {**room.json(), **ACCENT, "accepted_gift_types": GIFTS}
    pinned = pins(call, room)
    if pinned:
        info["pinned_message"] = pinned[-1].data
    if room.chat is not None and room.chat.invite_links and call.is_admin(room):
        info["invite_link"] = room.chat.invite_links[-1]["invite_link"]
    return info


def group(call: Call, private_text: str) -> Chat:
    """The group or channel of the call, which the bot must be able to reach."""
    room = call.room()
    if room.chat is None:
        raise bad(private_text)
    call.require_reach(room)
    return room.chat


def get_member(call: Call) -> Json:
    """getChatMember: about others only for administrators."""
    room = call.room()
    user_id = call.params.integer("user_id")
    if user_id <= 0:
        raise bad("invalid user_id specified")
    user = find_user(call, user_id)
    if room.chat is None:
        if user_id not in (room.id, call.bot.id):
            raise bad("user not found")
        return {"user": user, "status": "member"}
    call.require_reach(room)
    if user_id != call.bot.id and not call.is_admin(room):
        if room.type == "channel":
            raise bad("member list is inaccessible")
        raise bad("CHAT_ADMIN_REQUIRED")
    if user is None:
        raise bad("user not found")
    return member_json(room.chat, user, room.chat.members.get(user_id, "left"))


def find_user(call: Call, user_id: int) -> Json | None:
    """A person or bot by id."""
    someone = call.state.people.get(user_id) or call.state.bots.get(user_id)
    return someone.user() if someone else None


def get_administrators(call: Call) -> list[Json]:
    """getChatAdministrators: without other bots."""
    chat = group(call, "there are no administrators in the private chat")
    return [
        member_json(chat, user, status)
        for user_id, status in chat.members.items()
        if status in ADMINS
        and (user := find_user(call, user_id)) is not None
        and (not user["is_bot"] or user_id == call.bot.id)
    ]


def get_count(call: Call) -> int:
    """getChatMemberCount."""
    room = call.room()
    if room.chat is None:
        return 2
    call.require_reach(room)
    return sum(room.chat.has(user_id) for user_id in room.chat.members)


def create_link(call: Call) -> Json:
    """createChatInviteLink."""
    room = call.room()
    chat = group(call, "can't invite members to a private chat")
    if not call.is_admin(room):
        raise bad("not enough rights to manage chat invite link")
    if len(call.params.text("name")) > 32:
        raise bad("invite link name is too long")
    limit = call.params.integer("member_limit")
    if limit and not 1 <= limit <= 99999:
        raise bad("member limit must be between 1 and 99999")
    link: Json = {
        "invite_link": f"https://t.me/+{secrets.token_urlsafe(12)}",
        "creator": call.bot.user(),
        "creates_join_request": call.params.flag("creates_join_request"),
        "is_primary": False,
        "is_revoked": False,
    }
    for name in ("name", "expire_date", "member_limit"):
        if call.params.has(name):
            link[name] = call.params.text(name) if name == "name" else call.params.integer(name)
    chat.invite_links.append(link)
    call.state.keep_chat(chat)
    return link


def may_pin(call: Call, room: Room) -> None:
    """Raises ApiError unless the bot may pin here."""
    call.require_reach(room)
    if room.chat is not None and not call.is_admin(room):
        raise bad("not enough rights to manage pinned messages in the chat")


def pin(call: Call) -> bool:
    """pinChatMessage."""
    room = call.room()
    may_pin(call, room)
    message = call.message(room, "message to pin not found")
    message.pinned = True
    call.state.keep_message(room.thread, message)
    call.state.announce("pinned", room, message)
    return True


def unpin(call: Call) -> bool:
    """unpinChatMessage: the given one, else the newest."""
    room = call.room()
    may_pin(call, room)
    if call.params.has("message_id"):
        chosen = [call.message(room, "message to unpin not found")]
    else:
        chosen = pins(call, room)[-1:]
    for message in chosen:
        message.pinned = False
        call.state.keep_message(room.thread, message)
        call.state.announce("pinned", room, message)
    return True


def leave(call: Call) -> bool:
    """leaveChat."""
    chat = group(call, "can't leave a private chat")
    set_status(call.state, chat, call.bot.id, "left", by=call.bot.user())
    return True


METHODS: dict[str, Any] = {
    "getchat": get_chat,
    "getchatmember": get_member,
    "getchatadministrators": get_administrators,
    "getchatmembercount": get_count,
    "createchatinvitelink": create_link,
    "pinchatmessage": pin,
    "unpinchatmessage": unpin,
    "leavechat": leave,
}
