"""The fake Telegram as one object: an HTTP app, and direct access for tests."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from emulators.clock import Clock
from emulators.faults import Fault
from emulators.telegram.actors import Actors
from emulators.telegram.control import Control
from emulators.telegram.delivery import Deliverer
from emulators.telegram.dispatch import BotApi
from emulators.telegram.journal import Journal
from emulators.telegram.models import Bot, Chat, Person
from emulators.telegram.state import State
from emulators.telegram.world import populate
from emulators.wsgi import Environ, HttpError, Json, Start, answer_json

PREFIX = "/telegram"
CHAT_TYPES = ("group", "supergroup", "channel")


class TelegramEmulator:
    """A strict fake Bot API. `app` serves it; the methods are what people and tests do."""

    def __init__(
        self,
        data_dir: Path | None = None,
        clock: Clock | None = None,
        *,
        webhook_timeout: float = 60.0,
    ) -> None:
        self.clock = clock or Clock()
        self.state = State(data_dir, self.clock)
        self.journal = Journal()
        self.actors = Actors(self.state)
        self._api = BotApi(self.state, self.journal)
        self._deliverer = Deliverer(
            self.state, self.journal, self._api.call_from_webhook, webhook_timeout
        )
        self._control = Control(self)
        self.state.on_update = self._on_update
        self.clock.subscribe(self._on_jump)
        self.is_new = self.state.empty
        if self.is_new:
            populate(self.state)
        with self.state.lock:
            for bot in self.state.bots.values():
                self._deliverer.kick(bot)

    # -- HTTP -----------------------------------------------------------------------------

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The WSGI callable; works at its own root and below /telegram."""
        path = str(environ["PATH_INFO"])
        if path.startswith(PREFIX + "/"):
            path = path[len(PREFIX) :]
        if path.startswith("/bot"):
            return self._api.serve(path[4:], environ, start)
        if path.startswith("/file/bot"):
            return self._api.download(path[9:], start)
        if path.startswith("/control/"):
            return self._control.serve(path[8:], environ, start)
        body = {"ok": False, "error_code": 404, "description": "Not Found"}
        return answer_json(start, body, 404)

    # -- the world ------------------------------------------------------------------------

    @property
    def bots(self) -> dict[int, Bot]:
        """Bots by id."""
        return self.state.bots

    @property
    def people(self) -> dict[int, Person]:
        """People by id."""
        return self.state.people

    @property
    def chats(self) -> dict[int, Chat]:
        """Groups, supergroups and channels by id."""
        return self.state.chats

    def add_bot(self, name: str, username: str = "", token: str = "") -> Bot:
        """A new bot; raises HttpError 409 when its name or id is taken."""
        with self.state.lock:
            number = token.partition(":")[0] or str(max(self.state.bots, default=7_100_000_000) + 1)
            token = token or new_token(int(number))
            bot = Bot(int(number), token, name, username or f"bot_{number}_bot")
            if bot.id in self.state.bots or bot.username.lower() in self.state.usernames:
                raise HttpError(409, "a bot with this id or username exists")
            self.state.keep_bot(bot)
            return bot

    def revoke(self, bot_id: int) -> str:
        """A new token for a bot; the old one gets 401."""
        with self.state.lock:
            bot = self.actors.bot(bot_id)
            self.state.tokens.pop(bot.token, None)
            bot.old_tokens.append(bot.token)
            bot.token = new_token(bot.id)
            self.state.keep_bot(bot)
            return bot.token

    def add_person(self, first_name: str, **more: Any) -> Person:
        """A new person; `more`: id, last_name, username, language_code, deactivated."""
        with self.state.lock:
            number = int(more.pop("id", 0) or max(self.state.people, default=900_000_000) + 1)
            if number in self.state.people or number in self.state.bots:
                raise HttpError(409, f"id {number} is taken")
            person = Person(number, first_name, **more)
            self.state.keep_person(person)
            return person

    def add_chat(
        self,
        title: str,
        kind: str = "supergroup",
        members: Iterable[int] = (),
        bots: Iterable[int] = (),
        bot_status: str = "member",
    ) -> Chat:
        """A new chat; the first member owns it, each bot gets my_chat_member."""
        if kind not in CHAT_TYPES:
            raise HttpError(400, f"type must be one of {', '.join(CHAT_TYPES)}")
        with self.state.lock:
            number = -(2_000_000_000 + len(self.state.chats) + 1)
            if kind != "group":
                number -= 1_000_000_000_000
            chat = Chat(number, kind, title)
            for index, user_id in enumerate(members):
                person = self.actors.person(user_id)
                chat.members[person.id] = "member" if index else "creator"
            self.state.keep_chat(chat)
            for bot_id in bots:
                self.actors.bot(bot_id)
                self.actors.member(chat.id, bot_id, bot_status)
            return chat

    def set_member(self, chat_id: int, user_id: int, status: str, by_id: int = 0) -> None:
        """join, leave, promote, demote, kick, restrict, or a Telegram status."""
        with self.state.lock:
            self.actors.member(chat_id, user_id, status, by_id)

    def announce_memberships(self) -> None:
        """Tell each bot which preloaded chats it is in, as if it had just been added to them."""
        with self.state.lock:
            for chat in list(self.state.chats.values()):
                for bot_id in [one for one in chat.members if one in self.state.bots]:
                    status = chat.members[bot_id]
                    self.actors.member(chat.id, bot_id, "left")
                    self.actors.member(chat.id, bot_id, status)

    def migrate(self, chat_id: int) -> int:
        """Group to supergroup; the new id."""
        with self.state.lock:
            return self.actors.migrate(chat_id).id

    # -- what people do -------------------------------------------------------------------

    def say(self, bot_id: int, from_id: int, text: str = "", **more: Any) -> Json:
        """A person writes to a bot, or into `chat_id`; also `photo` bytes, `reply_to` id."""
        with self.state.lock:
            chat_id = int(more.pop("chat_id", 0) or from_id)
            return self.actors.say(bot_id, chat_id, from_id, text, **more).data

    def start(self, bot_id: int, user_id: int, payload: str = "") -> Json:
        """Open a deep link."""
        with self.state.lock:
            return self.actors.start(bot_id, user_id, payload).data

    def press(self, bot_id: int, from_id: int, message_id: int, data: str, chat_id: int = 0) -> str:
        """Press a button; the callback query's id."""
        with self.state.lock:
            return self.actors.press(bot_id, chat_id or from_id, from_id, message_id, data)

    def block(self, bot_id: int, user_id: int, *, blocked: bool = True) -> None:
        """Block or unblock a bot."""
        with self.state.lock:
            self.actors.block(bot_id, user_id, blocked=blocked)

    # -- looking --------------------------------------------------------------------------

    def messages(self, bot_id: int, chat_id: int, after: int = 0) -> list[Json]:
        """A chat as it looks now, deleted messages included and marked."""
        with self.state.lock:
            room = self.actors.room(self.actors.bot(bot_id), chat_id)
            thread = self.state.threads.get(room.thread, {})
            return [self.state.view(room, m) for n, m in thread.items() if n > after]

    def sent(self, chat_id: int, bot_id: int | None = None) -> list[Json]:
        """What bots wrote in a chat and did not delete, as Telegram's message JSON."""
        keys = [f"0:{chat_id}", *(f"{bot}:{chat_id}" for bot in self.state.bots)]
        with self.state.lock:
            return [
                message.data
                for key in keys
                for message in self.state.threads.get(key, {}).values()
                if message.bot_id and not message.deleted and bot_id in (None, message.bot_id)
            ]

    def toasts(self, bot_id: int | None = None) -> list[Json]:
        """Answers to button presses: user_id, text, alert."""
        events = self.state.events.after(0)
        return [e for e in events if e["kind"] == "toast" and bot_id in (None, e["bot_id"])]

    def calls(self, bot_id: int | None = None, method: str = "") -> list[Json]:
        """Bot API calls received: bot_id, method, params, answer, at, via."""
        with self.state.lock:
            return [
                call
                for call in self.journal.calls
                if bot_id in (None, call["bot_id"])
                and (not method or call["method"].lower() == method.lower())
            ]

    def deliveries(self, bot_id: int | None = None) -> list[Json]:
        """Webhook attempts: update_id, kind, attempt, status, error, at."""
        with self.state.lock:
            return [d for d in self.journal.deliveries if bot_id in (None, d["bot_id"])]

    def pending(self, bot_id: int) -> int:
        """Updates that wait."""
        with self.state.lock:
            return len(self.state.pending(self.actors.bot(bot_id)))

    # -- steering -------------------------------------------------------------------------

    def push(self, bot_id: int, kind: str, content: Json, lane_key: object = 0) -> int | None:
        """Send any update to a bot; its update_id, or None when the bot does not want it."""
        with self.state.lock:
            return self.state.push(self.actors.bot(bot_id), kind, content, lane_key)

    def repeat(self, bot_id: int, update_id: int) -> None:
        """Deliver an update once more, as after a lost answer; raises HttpError 404."""
        with self.state.lock:
            done = {update.id: update for owner, update in self.journal.done if owner == bot_id}
            update = done.get(update_id)
            if update is None:
                raise HttpError(404, f"update {update_id} was not delivered lately")
            self.state.boxes[bot_id].add(replace(update, attempts=0, due=0.0))
            self._on_update(self.actors.bot(bot_id))

    def fault(self, kind: str, **more: Any) -> None:
        """Arm a fault; see emulators.faults.Fault for the fields."""
        self.state.faults.add(Fault(kind, **more))

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self.state.faults.clear()

    def enforce_limits(self, *, enforced: bool) -> None:
        """Switch 429 at the true rates on or off."""
        self.state.limits.enforced = enforced

    def settle(self, seconds: float = 10.0) -> bool:
        """Wait until every delivery that can start now has ended; False when it takes longer."""
        return self._deliverer.settle(seconds)

    def reset(self) -> None:
        """Back to the preloaded world."""
        with self.state.lock:
            self.state.clear()
            self.journal.clear()
            self._deliverer.forget()
            populate(self.state)

    def close(self) -> None:
        """Stop delivering and write everything to disk."""
        with self.state.lock:
            self.state.closing = True
            self.state.events.wake()
            self.state.polls.wake()
        self._deliverer.close()
        self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_update(self, bot: Bot) -> None:
        if bot.webhook is not None:
            self._deliverer.kick(bot)
        else:
            self.state.polls.wake()

    def _on_jump(self) -> None:
        self._deliverer.tick()
        self.state.polls.wake()


def new_token(bot_id: int) -> str:
    """A token that looks like BotFather's."""
    return f"{bot_id}:AA{secrets.token_urlsafe(40)[:33]}"
