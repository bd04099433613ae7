"""What people do: write, press, block, join. Each act creates the updates Telegram would."""

import base64
import binascii
import re
import secrets
import zlib
from dataclasses import dataclass
from typing import TypeVar

from emulators.forms import Upload
from emulators.telegram.files import photo_sizes, store
from emulators.telegram.members import bots_of, set_status
from emulators.telegram.models import ADMINS, Bot, Chat, Message, Person, Query, Room
from emulators.telegram.state import State
from emulators.telegram.text import find_entities, trim
from emulators.wsgi import HttpError, Json

T = TypeVar("T")
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
SUPERGROUP_BASE = -1_000_000_000_000


@dataclass(slots=True)
class Actors:
    """Acts of the people in a state. Everything raises HttpError 400, 404 or 409."""

    state: State

    def bot(self, bot_id: int) -> Bot:
        """A bot by id."""
        return found(self.state.bots.get(bot_id), f"no bot {bot_id}")

    def person(self, user_id: int) -> Person:
        """A person by id."""
        return found(self.state.people.get(user_id), f"no person {user_id}")

    def chat(self, chat_id: int) -> Chat:
        """A chat by id."""
        return found(self.state.chats.get(chat_id), f"no chat {chat_id}")

    def room(self, bot: Bot, chat_id: int) -> Room:
        """A chat or the private chat with a person."""
        return found(self.state.room(bot, chat_id), f"no chat {chat_id}")

    # -- private chats --------------------------------------------------------------------

    def block(self, bot_id: int, user_id: int, *, blocked: bool) -> None:
        """Block or unblock a bot; the bot gets my_chat_member."""
        bot, person = self.bot(bot_id), self.person(user_id)
        before = bot.people.get(user_id)
        after = "blocked" if blocked else "started"
        bot.people[user_id] = after
        self.state.keep_bot(bot)
        if (before == "blocked") == blocked:
            return
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        change: Json = {
            "chat": Room(bot, person=person).json(),
            "from": person.user(),
            "date": int(self.state.clock.time()),
            "old_chat_member": private_member(bot, old),
            "new_chat_member": private_member(bot, new),
        }
        self.state.push(bot, "my_chat_member", change, user_id)

    def start(self, bot_id: int, user_id: int, payload: str = "") -> Message:
        """Open t.me/<bot>?start=<payload>: unblocks and sends /start."""
        if not PAYLOAD.fullmatch(payload):
            raise HttpError(400, "start payload: 1-64 characters of A-Za-z0-9_-")
        text = f"/start {payload}".strip()
        return self.say(bot_id, user_id, user_id, text)

    # -- messages -------------------------------------------------------------------------

    def say(
        self,
        bot_id: int,
        chat_id: int,
        from_id: int,
        text: str = "",
        photo: bytes | str = b"",
        reply_to: int = 0,
    ) -> Message:
        """A person writes; the bots that may see it get an update."""
        bot, person = self.bot(bot_id), self.person(from_id)
        room = self.room(bot, chat_id)
        if room.chat is None and chat_id != from_id:
            raise HttpError(400, "a private chat has the id of its person")
        if room.chat is not None:
            self._require_member(room.chat, from_id)
        elif bot.people.get(from_id) != "started":
            self.block(bot_id, from_id, blocked=False)
        content = self._content(bot, text, photo)
        original = self.state.message(room, reply_to) if reply_to else None
        if original is not None:
            content = {"reply_to_message": original.data, **content}
        author = None if room.type == "channel" else person.user()
        message = self.state.post(room, author, content)
        self._deliver(room, message, original)
        return message

    def _require_member(self, chat: Chat, user_id: int) -> None:
        status = chat.members.get(user_id, "left")
        if chat.migrated_to or not chat.has(user_id) or status == "restricted":
            raise HttpError(409, f"{user_id} cannot write in {chat.id}")
        if chat.type == "channel" and status not in ADMINS:
            raise HttpError(409, f"only administrators write in channel {chat.id}")

    def _content(self, bot: Bot, text: str, photo: bytes | str) -> Json:
        text, _ = trim(text, [])
        entities = find_entities(text)
        if not photo:
            if not text:
                raise HttpError(400, "text or photo is required")
            return {"text": text, **({"entities": entities} if entities else {})}
        try:
            data = base64.b64decode(photo, validate=True) if isinstance(photo, str) else photo
        except binascii.Error as error:
            raise HttpError(400, "photo must be base64") from error
        file = store(self.state, bot, "photo", Upload("photo.jpg", "image/jpeg", data))
        content: Json = {"photo": photo_sizes(file)}
        if text:
            content["caption"] = text
        if text and entities:
            content["caption_entities"] = entities
        return content

    def _deliver(self, room: Room, message: Message, original: Message | None) -> None:
        if room.chat is None:
            self.state.push(room.bot, "message", message.data, room.id)
            return
        kind = "channel_post" if room.type == "channel" else "message"
        for bot in bots_of(self.state, room.chat):
            if room.type == "channel" or sees(bot, room.chat, message, original):
                self.state.push(bot, kind, message.data, room.id)

    def press(self, bot_id: int, chat_id: int, from_id: int, message_id: int, data: str) -> str:
        """Press a button (or send its data with a modified client); the query's id."""
        bot, person = self.bot(bot_id), self.person(from_id)
        room = self.room(bot, chat_id)
        if room.chat is None and bot.people.get(from_id) != "started":
            raise HttpError(409, f"{from_id} has blocked or never started bot {bot_id}")
        if room.chat is not None and not room.chat.has(from_id) and room.type != "channel":
            raise HttpError(409, f"{from_id} is not in chat {chat_id}")
        known = self.state.threads.get(room.thread, {}).get(message_id)
        message = found(known, f"no message {message_id} in chat {chat_id}")
        shown = message.data
        if message.deleted:
            shown = {"chat": room.json(), "message_id": message_id, "date": 0}
        query = Query(
            id=str(secrets.randbelow(10**18) + 10**18),
            bot_id=bot.id,
            user_id=from_id,
            chat_id=room.id,
            at=self.state.clock.time(),
        )
        self.state.keep_query(query)
        content: Json = {
            "id": query.id,
            "from": person.user(),
            "message": shown,
            "chat_instance": str(zlib.crc32(f"{bot.id}:{room.id}".encode()) * 4294967296 + 1),
            "data": data,
        }
        self.state.push(bot, "callback_query", content, from_id)
        return query.id

    # -- groups ---------------------------------------------------------------------------

    def member(self, chat_id: int, user_id: int, status: str, by_id: int = 0) -> Chat:
        """Join, leave, promote, kick: a person or a bot."""
        chat = self.chat(chat_id)
        if user_id not in self.state.bots:
            self.person(user_id)
        actor = self.state.people.get(by_id or user_id) or self._owner(chat)
        set_status(self.state, chat, user_id, status, by=actor.user())
        return chat

    def _owner(self, chat: Chat) -> Person:
        """Somebody who can have added a bot."""
        creators = [user for user, status in chat.members.items() if status == "creator"]
        for user_id in [*creators, *chat.members]:
            if user_id in self.state.people:
                return self.state.people[user_id]
        return found(next(iter(self.state.people.values()), None), "nobody is there")

    def migrate(self, chat_id: int) -> Chat:
        """A group becomes a supergroup with a new id; both announce it."""
        old = self.chat(chat_id)
        if old.type != "group" or old.migrated_to:
            raise HttpError(409, f"{chat_id} is not a group any more")
        new = Chat(
            id=SUPERGROUP_BASE - 5_000_000_000 - abs(old.id) % 1_000_000_000,
            type="supergroup",
            title=old.title,
            members=dict(old.members),
        )
        self.state.keep_chat(new)
        old.migrated_to = new.id
        self.state.keep_chat(old)
        author = self._owner(old).user()
        bots = bots_of(self.state, new)
        watcher = bots[0] if bots else next(iter(self.state.bots.values()))
        notices = (
            (old, {"migrate_to_chat_id": new.id}),
            (new, {"migrate_from_chat_id": old.id}),
        )
        for chat, content in notices:
            message = self.state.post(Room(watcher, chat=chat), author, content)
            for bot in bots:
                self.state.push(bot, "message", message.data, chat.id)
        return new


def found(thing: T | None, text: str) -> T:
    """The thing; raises HttpError 404 without it."""
    if thing is None:
        raise HttpError(404, text)
    return thing


def private_member(bot: Bot, status: str) -> Json:
    """The ChatMember of a block or unblock."""
    more = {"until_date": 0} if status == "kicked" else {}
    return {"user": bot.user(), "status": status, **more}


def sees(bot: Bot, chat: Chat, message: Message, original: Message | None) -> bool:
    """Privacy mode: commands for the bot and replies to it; everything as administrator."""
    if not bot.privacy or chat.members.get(bot.id) in ADMINS:
        return True
    if original is not None and original.bot_id == bot.id:
        return True
    text = str(message.data.get("text", ""))
    entities = message.data.get("entities") or [{}]
    if entities[0].get("type") != "bot_command" or entities[0].get("offset") != 0:
        return False
    _, at, name = text.split()[0].partition("@")
    return not at or name.lower() == bot.username.lower()
