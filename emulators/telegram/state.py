"""The whole state of the fake Telegram behind one lock, and its copy on disk."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from emulators.clock import Clock
from emulators.faults import Faults
from emulators.storage import Store
from emulators.telegram.events import RESTART_GAP, Events
from emulators.telegram.limits import Limits
from emulators.telegram.models import (
    Bot,
    Chat,
    Message,
    Person,
    Query,
    Room,
    StoredFile,
    Update,
    Webhook,
)
from emulators.telegram.polls import Polls
from emulators.telegram.updates import DAY, LIFETIMES, Mailbox, lane_of, next_update_id, wants
from emulators.wsgi import Json


class State:
    """Everything; hold `lock` while reading or changing it."""

    def __init__(self, data_dir: Path | None, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.store = Store(data_dir / "telegram.sqlite3" if data_dir else None, self.lock)
        self.faults = Faults()
        self.limits = Limits(clock)
        self.polls = Polls(self.lock)
        self.on_update: Callable[[Bot], None] = lambda _bot: None
        self.closing = False
        self._forget()
        self._load()

    def _forget(self) -> None:
        self.bots: dict[int, Bot] = {}
        self.tokens: dict[str, Bot] = {}
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.usernames: dict[str, int] = {}
        self.threads: dict[str, dict[int, Message]] = {}
        self.queries: dict[str, Query] = {}
        self.files: dict[str, StoredFile] = {}
        self.blobs: dict[str, bytes] = {}
        self.boxes: dict[int, Mailbox] = {}
        self.events = Events(self.lock)

    def clear(self) -> None:
        """Forget everything, also on disk."""
        with self.lock:
            old = self.events
            self._forget()
            self.events.seq = old.seq
            old.wake()
            self.store.clear()
            self.limits.clear()
            self.faults.clear()

    @property
    def empty(self) -> bool:
        """Nothing was ever stored here."""
        return not self.bots and not self.people

    # -- keeping ------------------------------------------------------------------------

    def keep_bot(self, bot: Bot) -> None:
        """Store a new or changed bot."""
        if bot.id not in self.bots:
            self.bots[bot.id] = bot
            self.boxes[bot.id] = Mailbox()
        self.tokens[bot.token] = bot
        self.usernames[bot.username.lower()] = bot.id
        self.store.put("bots", bot.id, bot)

    def keep_person(self, person: Person) -> None:
        """Store a new or changed person."""
        self.people[person.id] = person
        self.store.put("people", person.id, person)

    def keep_chat(self, chat: Chat) -> None:
        """Store a new or changed chat."""
        self.chats[chat.id] = chat
        if chat.username:
            self.usernames[chat.username.lower()] = chat.id
        self.store.put("chats", chat.id, chat)

    def keep_message(self, thread: str, message: Message) -> None:
        """Store a new or changed message."""
        number = message.data["message_id"]
        self.threads.setdefault(thread, {})[number] = message
        self.store.put("messages", f"{thread}:{number}", message)

    def keep_query(self, query: Query) -> None:
        """Store a button press."""
        self.queries[query.id] = query
        self.store.put("queries", query.id, query)

    def keep_file(self, file: StoredFile, data: bytes | None = None) -> None:
        """Store a file and its bytes."""
        self.files[file.id] = file
        self.store.put("files", file.id, file)
        if data is not None:
            self.blobs[file.id] = data
            self.store.put_blob(file.id, data)

    def file_bytes(self, file_id: str) -> bytes:
        """The bytes of a file."""
        data = self.blobs.get(file_id)
        return self.store.blob(file_id) if data is None else data

    def _load(self) -> None:
        for _, row in self.store.rows("bots"):
            hook = row.pop("webhook")
            row["people"] = {int(key): value for key, value in row["people"].items()}
            self.keep_bot(Bot(**row, webhook=Webhook(**hook) if hook else None))
        for _, row in self.store.rows("people"):
            self.keep_person(Person(**row))
        for _, row in self.store.rows("chats"):
            row["members"] = {int(key): value for key, value in row["members"].items()}
            self.keep_chat(Chat(**row))
        for _, row in self.store.rows("queries"):
            self.keep_query(Query(**row))
        for _, row in self.store.rows("files"):
            self.keep_file(StoredFile(**row))
        self._load_messages()
        self._load_updates()
        for _, row in self.store.rows("meta"):
            self.events.seq = int(row["seq"])
        if not self.empty:
            self.events.seq += RESTART_GAP
            self.store.put("meta", "seq", {"seq": self.events.seq})

    def _load_messages(self) -> None:
        loaded = [(key.rsplit(":", 1)[0], row) for key, row in self.store.rows("messages")]
        loaded.sort(key=lambda item: int(item[1]["data"]["message_id"]))
        for thread, row in loaded:
            self.keep_message(thread, Message(**row))

    def _load_updates(self) -> None:
        rows = [(int(key.split(":")[0]), row) for key, row in self.store.rows("updates")]
        rows.sort(key=lambda item: int(item[1]["id"]))
        for bot_id, row in rows:
            row.update(attempts=0, due=0.0)
            self.boxes[bot_id].add(Update(**row))

    # -- updates ------------------------------------------------------------------------

    def push(self, bot: Bot, kind: str, content: Json, lane_key: object) -> int | None:
        """Create an update for a bot; None when the bot does not want that kind."""
        if not wants(bot, kind):
            return None
        now = self.clock.time()
        number = next_update_id(bot, now)
        body = orjson.dumps({"update_id": number, kind: content}).decode()
        expires = now + LIFETIMES.get(kind, DAY)
        update = Update(number, kind, lane_of(kind, lane_key), body, expires)
        self.boxes[bot.id].add(update)
        self.store.put("updates", f"{bot.id}:{number}", update)
        self.store.put("bots", bot.id, bot)
        self.on_update(bot)
        return number

    def drop_update(self, bot: Bot, update: Update) -> None:
        """Remove one from a bot's queue."""
        self.boxes[bot.id].drop(update)
        self.store.put("updates", f"{bot.id}:{update.id}", None)

    def pending(self, bot: Bot) -> list[Update]:
        """The waiting updates; expired ones are dropped on the way."""
        now = self.clock.time()
        waiting = list(self.boxes[bot.id].updates.values())
        for update in waiting:
            if update.expires <= now:
                self.drop_update(bot, update)
        return [update for update in waiting if update.expires > now]

    def clear_updates(self, bot: Bot) -> None:
        """Drop a bot's whole queue."""
        for update in self.boxes[bot.id].clear():
            self.store.put("updates", f"{bot.id}:{update.id}", None)

    # -- messages -----------------------------------------------------------------------

    def room(self, bot: Bot, chat_id: int) -> Room | None:
        """The place a chat id names, as seen by a bot."""
        if chat_id in self.chats:
            return Room(bot, chat=self.chats[chat_id])
        if chat_id in self.people:
            return Room(bot, person=self.people[chat_id])
        return None

    def next_message_id(self, room: Room) -> int:
        """Message numbers count per chat, in private chats per bot account."""
        owner: Any = room.chat or room.bot
        owner.next_message += 1
        if room.chat:
            self.keep_chat(room.chat)
        else:
            self.keep_bot(room.bot)
        return int(owner.next_message - 1)

    def message(self, room: Room, message_id: int) -> Message | None:
        """One message that is still visible."""
        found = self.threads.get(room.thread, {}).get(message_id)
        return None if found is None or found.deleted else found

    def post(self, room: Room, author: Json | None, content: Json, bot_id: int = 0) -> Message:
        """Write a message; `author` None posts in the name of the chat, as in channels."""
        data: Json = {"message_id": self.next_message_id(room)}
        if author is None:
            data["sender_chat"] = room.json()
        else:
            data["from"] = author
        data.update(chat=room.json(), date=int(self.clock.time()), **content)
        message = Message(data, bot_id)
        self.keep_message(room.thread, message)
        self.announce("message", room, message)
        return message

    def announce(self, kind: str, room: Room, message: Message) -> None:
        """Tell those who watch what happened to a message."""
        self.events.add(kind, room.bot.id, room.id, message=self.view(room, message))

    def view(self, room: Room, message: Message) -> Json:
        """A message as the simulator page shows it."""
        data = message.data
        author = data.get("from") or {"id": room.id, "first_name": data["chat"].get("title", "")}
        sender = {
            "id": author["id"],
            "is_bot": bool(author.get("is_bot")),
            "first_name": author["first_name"],
        }
        shown: Json = {"message_id": data["message_id"], "chat_id": room.id, "from": sender}
        for name, value in data.items():
            if name not in ("message_id", "from", "chat", "sender_chat"):
                shown[name] = value
        if "photo" in data:
            shown["photo_url"] = f"/telegram/control/files/{data['photo'][-1]['file_id']}"
        shown.update(pinned=message.pinned, deleted=message.deleted)
        return shown

    def close(self) -> None:
        """Write everything to disk and close it."""
        self.store.put("meta", "seq", {"seq": self.events.seq})
        self.store.close()
