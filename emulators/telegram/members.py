"""Membership: how a member looks and what a change of status tells whom."""

from typing import Any

from emulators.telegram.models import ADMINS, Bot, Chat, Room
from emulators.telegram.state import State
from emulators.wsgi import Json

GROUP_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_react_to_messages",
    "can_edit_tag",
)
STATUSES = {
    "join": "member",
    "leave": "left",
    "promote": "administrator",
    "demote": "member",
    "kick": "kicked",
    "ban": "kicked",
    "restrict": "restricted",
}


def member_json(chat: Chat, user: Json, status: str) -> Json:
    """A ChatMember."""
    member: dict[str, Any] = {"user": user, "status": status}
    if status == "creator":
        member["is_anonymous"] = False
    elif status == "administrator":
        member.update(can_be_edited=False, is_anonymous=False)
        member.update(dict.fromkeys(GROUP_RIGHTS, True))
        member["can_promote_members"] = False
        if chat.type == "channel":
            member.update(dict.fromkeys(CHANNEL_RIGHTS, True))
    elif status == "restricted":
        member.update(is_member=True, until_date=0, **dict.fromkeys(PERMISSIONS, False))
    elif status == "kicked":
        member["until_date"] = 0
    return member


def bots_of(state: State, chat: Chat) -> list[Bot]:
    """The bots that are in the chat now."""
    return [bot for bot in state.bots.values() if chat.has(bot.id)]


def set_status(state: State, chat: Chat, user_id: int, status: str, by: Json) -> None:
    """Change a member's status: service message, my_chat_member and chat_member updates."""
    status = STATUSES.get(status, status)
    before = chat.members.get(user_id, "left")
    was_in = chat.has(user_id)
    subject = state.bots.get(user_id) or state.people[user_id]
    chat.members[user_id] = status
    state.keep_chat(chat)
    if before == status:
        return
    user = subject.user()
    change: Json = {
        "chat": chat.json(),
        "from": by,
        "date": int(state.clock.time()),
        "old_chat_member": member_json(chat, user, before),
        "new_chat_member": member_json(chat, user, status),
    }
    if isinstance(subject, Bot):
        state.push(subject, "my_chat_member", change, chat.id)
    for bot in bots_of(state, chat):
        if bot.id != user_id and chat.members[bot.id] in ADMINS:
            state.push(bot, "chat_member", change, user_id)
    if chat.type != "channel" and was_in != chat.has(user_id):
        announce_member(state, chat, user, by)


def announce_member(state: State, chat: Chat, user: Json, by: Json) -> None:
    """The service message of a join or a leave, which every bot of the group sees."""
    if chat.has(user["id"]):
        content: Json = {"new_chat_members": [user], "new_chat_member": user}
    else:
        content = {"left_chat_member": user}
    viewers = bots_of(state, chat)
    anyone = viewers[0] if viewers else next(iter(state.bots.values()))
    message = state.post(Room(anyone, chat=chat), by, content)
    for bot in viewers:
        state.push(bot, "message", message.data, chat.id)
