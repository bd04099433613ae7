"""The control API: the simulator page and other processes act and look through it."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from emulators.forms import load_object
from emulators.telegram.methods.commands import visible_commands
from emulators.telegram.models import Bot, Chat, Person
from emulators.telegram.stream import serve_events
from emulators.wsgi import (
    Environ,
    HttpError,
    Json,
    Start,
    answer,
    answer_json,
    read_body,
    status_line,
)

if TYPE_CHECKING:
    from emulators.telegram.emulator import TelegramEmulator

POLLED_RECENTLY = 60.0
Handler = Callable[[Json, str], tuple[int, Any]]


class Control:
    """Routes below `/control`."""

    def __init__(self, emulator: "TelegramEmulator") -> None:
        self._emulator = emulator
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", "/bots", self.list_bots),
                ("POST", "/bots", self.add_bot),
                ("POST", "/bots/([0-9]+)/revoke", self.revoke),
                ("GET", "/people", self.list_people),
                ("POST", "/people", self.add_person),
                ("GET", "/chats", self.list_chats),
                ("POST", "/chats", self.add_chat),
                ("POST", "/chats/(-[0-9]+)/members", self.set_member),
                ("POST", "/chats/(-[0-9]+)/migrate", self.migrate),
                ("GET", "/messages", self.list_messages),
                ("POST", "/messages", self.say),
                ("POST", "/presses", self.press),
                ("POST", "/blocks", self.block),
                ("POST", "/start", self.start),
                ("POST", "/repeats", self.repeat),
                ("GET", "/commands", self.commands),
                ("GET", "/calls", self.calls),
                ("GET", "/deliveries", self.deliveries),
                ("POST", "/faults", self.add_fault),
                ("DELETE", "/faults", self.clear_faults),
                ("POST", "/limits", self.limits),
                ("POST", "/reset", self.reset),
            )
        ]

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request; `path` begins after `/control`."""
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        try:
            if path == "/events":
                return serve_events(self._emulator.state, query, environ, start)
            if path.startswith("/files/"):
                return self._file(path[7:], start)
            status, value = self._route(path, query, environ)
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)
        except (KeyError, ValueError, TypeError) as error:
            return answer_json(start, {"error": f"bad request: {error!r}"}, 400)
        return answer_json(start, value, status)

    def _route(self, path: str, query: Json, environ: Environ) -> tuple[int, Any]:
        method, known = environ["REQUEST_METHOD"], False
        for wanted, pattern, handler in self._routes:
            match = pattern.fullmatch(path.rstrip("/"))
            if match is None:
                continue
            known = True
            if wanted == method:
                body = read_body(environ) if method == "POST" else b""
                values = load_object(body) if body else query
                return handler(values, match.group(1) if match.groups() else "")
        raise HttpError(405 if known else 404, "method not allowed" if known else "not found")

    # -- bots, people, chats ----------------------------------------------------------------

    def list_bots(self, _values: Json, _arg: str) -> tuple[int, Any]:
        """All bots."""
        with self._emulator.state.lock:
            return 200, {"bots": [self._bot(bot) for bot in self._emulator.bots.values()]}

    def _bot(self, bot: Bot) -> Json:
        state, hook = self._emulator.state, bot.webhook
        polled = state.clock.time() - bot.polled_at < POLLED_RECENTLY
        return {
            "id": bot.id,
            "token": bot.token,
            "username": bot.username,
            "name": bot.name,
            "webhook": {
                "url": hook.url if hook else "",
                "pending": len(state.pending(bot)),
                "last_error": hook.last_error_message if hook else "",
            },
            "polling": hook is None and (polled or state.polls.running(bot.id)),
        }

    def add_bot(self, values: Json, _arg: str) -> tuple[int, Any]:
        """What BotFather does."""
        bot = self._emulator.add_bot(
            values["name"], values.get("username") or "", values.get("token") or ""
        )
        with self._emulator.state.lock:
            return 201, self._bot(bot)

    def revoke(self, _values: Json, bot_id: str) -> tuple[int, Any]:
        """A new token."""
        self._emulator.revoke(int(bot_id))
        with self._emulator.state.lock:
            return 200, self._bot(self._emulator.bots[int(bot_id)])

    def list_people(self, _values: Json, _arg: str) -> tuple[int, Any]:
        """All people."""
        people = list(self._emulator.people.values())
        return 200, {"people": [person_json(person) for person in people]}

    def add_person(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A new person."""
        allowed = ("last_name", "username", "language_code", "id", "deactivated")
        more = {key: values[key] for key in allowed if values.get(key) is not None}
        return 201, person_json(self._emulator.add_person(values["first_name"], **more))

    def list_chats(self, _values: Json, _arg: str) -> tuple[int, Any]:
        """All groups and channels."""
        with self._emulator.state.lock:
            return 200, {"chats": [chat_json(chat) for chat in self._emulator.chats.values()]}

    def add_chat(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A new group or channel."""
        chat = self._emulator.add_chat(
            values["title"],
            values.get("type", "supergroup"),
            values.get("members", ()),
            values.get("bots", ()),
            values.get("bot_status", "member"),
        )
        return 201, chat_json(chat)

    def set_member(self, values: Json, chat_id: str) -> tuple[int, Any]:
        """Join, leave, promote, kick."""
        self._emulator.set_member(
            int(chat_id), int(values["user_id"]), values["status"], int(values.get("by_id") or 0)
        )
        return 201, chat_json(self._emulator.chats[int(chat_id)])

    def migrate(self, _values: Json, chat_id: str) -> tuple[int, Any]:
        """Group to supergroup."""
        return 201, chat_json(self._emulator.chats[self._emulator.migrate(int(chat_id))])

    # -- acts ---------------------------------------------------------------------------------

    def say(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A person writes."""
        message = self._emulator.say(
            int(values["bot_id"]),
            int(values["from_id"]),
            values.get("text") or "",
            chat_id=int(values["chat_id"]),
            photo=values.get("photo") or b"",
            reply_to=int(values.get("reply_to") or 0),
        )
        return 201, self._shown(values, message)

    def _shown(self, values: Json, message: Json) -> Json:
        chat_id, number = int(message["chat"]["id"]), int(message["message_id"])
        return self._emulator.messages(int(values["bot_id"]), chat_id, number - 1)[0]

    def press(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A person presses a button."""
        names = ("bot_id", "from_id", "message_id")
        bot_id, from_id, message_id = (int(values[name]) for name in names)
        number = self._emulator.press(
            bot_id, from_id, message_id, str(values["data"]), int(values["chat_id"])
        )
        return 201, {"callback_query_id": number}

    def block(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A person blocks or unblocks a bot."""
        blocked = bool(values["blocked"])
        self._emulator.block(int(values["bot_id"]), int(values["user_id"]), blocked=blocked)
        return 201, {"blocked": blocked}

    def start(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A person opens a deep link."""
        payload = values.get("payload") or ""
        message = self._emulator.start(int(values["bot_id"]), int(values["user_id"]), payload)
        return 201, self._shown(values, message)

    def repeat(self, values: Json, _arg: str) -> tuple[int, Any]:
        """Deliver an update again."""
        self._emulator.repeat(int(values["bot_id"]), int(values["update_id"]))
        return 201, {"repeated": True}

    # -- looking --------------------------------------------------------------------------------

    def list_messages(self, values: Json, _arg: str) -> tuple[int, Any]:
        """A chat as it looks now."""
        after = int(values.get("after") or 0)
        shown = self._emulator.messages(int(values["bot_id"]), int(values["chat_id"]), after)
        return 200, {"messages": shown}

    def commands(self, values: Json, _arg: str) -> tuple[int, Any]:
        """The command menu one person sees."""
        emulator = self._emulator
        with emulator.state.lock:
            bot = emulator.actors.bot(int(values["bot_id"]))
            room = emulator.actors.room(bot, int(values["chat_id"]))
            user_id = int(values.get("user_id") or values["chat_id"])
            person = emulator.people.get(user_id)
            code = values.get("language") or (person.language_code if person else "")
            return 200, {"commands": visible_commands(bot, room, user_id, code)}

    def calls(self, values: Json, _arg: str) -> tuple[int, Any]:
        """Bot API calls received."""
        found = self._emulator.calls(optional(values, "bot_id"), values.get("method") or "")
        return 200, {"calls": found}

    def deliveries(self, values: Json, _arg: str) -> tuple[int, Any]:
        """Webhook attempts."""
        return 200, {"deliveries": self._emulator.deliveries(optional(values, "bot_id"))}

    def _file(self, file_id: str, start: Start) -> Iterable[bytes]:
        file = self._emulator.state.files.get(file_id)
        if file is None:
            raise HttpError(404, "no such file")
        if file.url:
            start(status_line(302), [("Location", file.url), ("Content-Length", "0")])
            return [b""]
        data = self._emulator.state.file_bytes(file_id)
        return answer(start, 200, data, file.mime, [("X-Content-Type-Options", "nosniff")])

    # -- steering -------------------------------------------------------------------------------

    def add_fault(self, values: Json, _arg: str) -> tuple[int, Any]:
        """Arm a fault."""
        self._emulator.fault(**values)
        return 201, {"armed": True}

    def clear_faults(self, _values: Json, _arg: str) -> tuple[int, Any]:
        """Disarm all."""
        self._emulator.clear_faults()
        return 200, {"armed": False}

    def limits(self, values: Json, _arg: str) -> tuple[int, Any]:
        """Switch the rate limits."""
        enforced = bool(values["enforced"])
        self._emulator.enforce_limits(enforced=enforced)
        return 200, {"enforced": enforced}

    def reset(self, _values: Json, _arg: str) -> tuple[int, Any]:
        """Back to the preloaded world."""
        self._emulator.reset()
        return 200, {"reset": True}


def optional(values: Json, name: str) -> int | None:
    """An integer that may be missing."""
    return int(values[name]) if values.get(name) else None


def person_json(person: Person) -> Json:
    """A person as the control API shows one."""
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": person.language_code,
    }


def chat_json(chat: Chat) -> Json:
    """A chat as the control API shows one."""
    members = [{"user_id": user_id, "status": status} for user_id, status in chat.members.items()]
    return {"id": chat.id, "type": chat.type, "title": chat.title, "members": members}
