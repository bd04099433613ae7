"""One Bot API call: who calls, with what, and how it finds rooms and texts."""

from dataclasses import dataclass
from typing import Any

from emulators.telegram.errors import ApiError, bad, forbidden
from emulators.telegram.html import HtmlParser
from emulators.telegram.markdown import parse_markdown
from emulators.telegram.models import ADMINS, Bot, Message, Person, Room
from emulators.telegram.params import Params
from emulators.telegram.state import State
from emulators.telegram.text import find_entities, merge, trim
from emulators.wsgi import Environ, Json

MAX_TEXT = 4096
MAX_CAPTION = 1024


@dataclass(slots=True)
class Result:
    """A result with a description beside it, as setWebhook gives."""

    value: Any
    description: str


@dataclass(slots=True)
class Call:
    """What a method needs."""

    state: State
    bot: Bot
    params: Params
    environ: Environ

    # -- rooms --------------------------------------------------------------------------

    def room(self, name: str = "chat_id") -> Room:
        """The chat a parameter names; raises ApiError when the bot does not know it."""
        raw = self.params.text(name).strip()
        if not raw:
            raise bad(f"{name} is empty")
        chat_id: int | None
        if raw.startswith("@"):
            chat_id = self.state.usernames.get(raw[1:].lower())  # people have no such address
        else:
            chat_id = int(raw) if raw.removeprefix("-").isdigit() else None
        if chat_id in self.state.bots:
            raise forbidden("bot can't send messages to bots")
        found = self._known_room(chat_id) if chat_id is not None else None
        if found is None:
            raise bad("chat not found")
        return found

    def _known_room(self, chat_id: int) -> Room | None:
        room = self.state.room(self.bot, chat_id)
        if room is None or room.chat is None:
            return room
        if room.chat.migrated_to:
            raise ApiError(
                400,
                "group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": room.chat.migrated_to},
            )
        if self.bot.id not in room.chat.members and not room.chat.username:
            return None  # never was there: the id means nothing to this bot
        return room

    def writable_room(self) -> Room:
        """The chat of `chat_id` if the bot may write there."""
        room = self.room()
        self.require_reach(room)
        chat = room.chat
        if chat is None:
            return room
        status = chat.members.get(self.bot.id, "left")
        if status == "restricted":
            raise bad("not enough rights to send text messages to the chat")
        if chat.type == "channel" and status not in ADMINS:
            raise bad("need administrator rights in the channel chat")
        return room

    def require_reach(self, room: Room) -> None:
        """Raise 400 or 403 when the person or the chat does not admit this bot."""
        if room.person is not None:
            self._require_person(room.person)
            return
        chat = room.chat
        if chat is None or chat.has(self.bot.id):
            if chat is not None and chat.deleted:
                raise forbidden(f"the {chat.type} chat was deleted")
            return
        if chat.members.get(self.bot.id) == "kicked":
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        raise forbidden(f"bot is not a member of the {chat.type} chat")

    def _require_person(self, person: Person) -> None:
        if person.deactivated:
            raise forbidden("user is deactivated")
        relation = self.bot.people.get(person.id)
        if relation == "blocked":
            raise forbidden("bot was blocked by the user")
        if relation is None:
            if self.shares_chat(person.id):
                raise forbidden("bot can't initiate conversation with a user")
            raise bad("chat not found")

    def shares_chat(self, user_id: int) -> bool:
        """Has the bot met this person in some chat?"""
        return any(
            chat.has(self.bot.id) and user_id in chat.members for chat in self.state.chats.values()
        )

    def is_admin(self, room: Room) -> bool:
        """Is the bot an administrator of the chat?"""
        return room.chat is not None and room.chat.members.get(self.bot.id) in ADMINS

    # -- messages -----------------------------------------------------------------------

    def message(self, room: Room, missing: str, name: str = "message_id") -> Message:
        """The message a parameter names; raises ApiError 400 "<missing>"."""
        number = self.params.integer(name)
        if number <= 0:
            raise bad("message identifier is not specified")
        found = self.state.message(room, number)
        if found is None:
            raise bad(missing)
        return found

    def reply(self, room: Room) -> Json:
        """`reply_to_message` content from reply_parameters or reply_to_message_id."""
        given = self.params.json("reply_parameters") or {}
        number = int(given.get("message_id") or self.params.integer("reply_to_message_id"))
        if not number:
            return {}
        found = self.state.message(room, number)
        if found is not None:
            original = {key: v for key, v in found.data.items() if key != "reply_to_message"}
            return {"reply_to_message": original}
        if given.get("allow_sending_without_reply") or self.params.flag(
            "allow_sending_without_reply"
        ):
            return {}
        raise bad("message to be replied not found")

    def text(self) -> tuple[str, list[Json]]:
        """The parsed `text`, 1-4096 characters, with its entities."""
        if not self.params.text("text"):
            raise bad("message text is empty")
        text, entities = self.formatted("text", "entities")
        if not text:
            raise bad("message text is empty")
        if len(text) > MAX_TEXT:
            raise bad("message is too long")
        return text, entities

    def caption(self) -> Json:
        """The parsed `caption`, up to 1024 characters, as message fields."""
        text, entities = self.formatted("caption", "caption_entities")
        if len(text) > MAX_CAPTION:
            raise bad("message caption is too long")
        content: Json = {"caption": text} if text else {}
        if entities:
            content["caption_entities"] = entities
        return content

    def formatted(self, name: str, entities_name: str) -> tuple[str, list[Json]]:
        """A text parameter after parse_mode, trimming and the search for entities."""
        text = self.params.text(name)
        given: list[Json] = []
        mode = self.params.text("parse_mode").lower()
        if mode == "html":
            text, given = HtmlParser(text).parse()
        elif mode in ("markdown", "markdownv2"):
            text, given = parse_markdown(text, version=2 if mode.endswith("2") else 1)
        elif mode not in ("", "none"):
            raise bad("unsupported parse_mode")
        else:
            given = self.params.json(entities_name, "can't parse entities JSON object") or []
        text, given = trim(text, given)
        for entity in given:
            self._complete(entity)
        return text, merge(given, find_entities(text))

    def _complete(self, entity: Json) -> None:
        if entity.get("type") == "text_mention":
            person = self.state.people.get(int(entity["user"]["id"]))
            if person is not None:
                entity["user"] = person.user()
