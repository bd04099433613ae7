"""Reads raw updates: who, where, and which route; without the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.buttons import SEPARATOR, BadButton
from bots.incoming import ChatInfo
from bots.products import table
from bots.raw import identifier, mapping, text
from bots.registry import BotInfo
from bots.routing import Match, Route, run

Json = Mapping[str, Any]
# stands for the person where an update is about none
NOBODY: Json = {"id": 0}
# Telegram allows 16 and 1-64 bytes; what is longer is none of ours
MAX_KIND = 12
MAX_DATA = 256


@dataclass(frozen=True, slots=True)
class Parsed:
    """An update that somebody wants. Without a match it may still answer an open dialogue."""

    kind: str
    user: Json
    chat: ChatInfo
    body: Json
    match: Match | None = None
    text: str = ""
    args: str = ""
    message_id: int | None = None
    has_photo: bool = False
    callback_id: str = ""
    # whether free text could be the answer to a question of ours
    may_answer: bool = False
    # who is asked about free text where no question is open
    free_text: tuple[Route, ...] = ()
    # a press whose data is none of ours
    is_stale_press: bool = False


def parse(bot: BotInfo, update: Json) -> Parsed | None:
    """Return what an update is about; None when nothing we have switched on wants it.

    Raises:
        Malformed: it is not as the Bot API describes it.
    """
    if (message := update.get("message")) is not None:
        return _message(bot, mapping(message))
    if (press := update.get("callback_query")) is not None:
        return _press(bot, mapping(press))
    for kind in ("my_chat_member", "chat_member"):
        if (change := update.get(kind)) is not None:
            return _member(bot, kind, mapping(change))
    return None


def _chat(body: Json) -> ChatInfo:
    chat = mapping(body.get("chat"))
    return ChatInfo(
        identifier(chat.get("id")),
        text(chat.get("type"), MAX_KIND) or "private",
        text(chat.get("title"), 256),
        text(chat.get("username"), 64),
    )


def _user(value: Any) -> Json:
    """Return a `User` of the Bot API with just what we keep of it (bots/services/people.py)."""
    user = mapping(value)
    return {
        "id": identifier(user.get("id")),
        "first_name": text(user.get("first_name"), 256),
        "last_name": text(user.get("last_name"), 256),
        "username": text(user.get("username"), 64),
        "language_code": text(user.get("language_code"), 35),
    }


def _message_id(message: Json) -> int | None:
    value = message.get("message_id")
    # 0 stands for a message that is still to be sent
    return identifier(value) if value else None


def _message(bot: BotInfo, message: Json) -> Parsed | None:
    chat, user = _chat(message), message.get("from")
    if "migrate_to_chat_id" in message:
        identifier(message["migrate_to_chat_id"])
        return Parsed("migration", NOBODY, chat, message)
    # channel posts and anonymous admins have no person that we could know
    if user is None or message.get("sender_chat") or mapping(user).get("is_bot"):
        return None
    raw = message.get("text")
    said = raw if isinstance(raw, str) else ""
    command = _command(bot, message, said)
    listeners = table(bot.products).group_texts
    match, args = None, ""
    free_text: tuple[Route, ...] = ()
    if command is not None:
        args = command[1]
        match = _command_match(bot, *command)
        if match is None and not chat.is_private:
            return None
    elif chat.is_private:
        free_text = table(bot.products).private_text(said)
    elif said and listeners:
        match = Match(_all(listeners))
    else:
        return None
    return Parsed(
        "message",
        _user(user),
        chat,
        message,
        match,
        text=said,
        args=args,
        message_id=_message_id(message),
        may_answer=command is None and chat.is_private and bool(said),
        free_text=free_text,
    )


def _command(bot: BotInfo, message: Json, said: str) -> tuple[str, str] | None:
    """Return a command's name and what follows it; None for text and for other bots' commands."""
    entities = message.get("entities")
    if not entities:
        return None
    first = mapping(entities[0] if isinstance(entities, list) else entities)
    if first.get("type") != "bot_command" or first.get("offset") != 0:
        return None
    head, _space, args = said.partition(" ")
    head, _newline, rest = head.partition("\n")
    name, _at, addressee = head[1:].partition("@")
    if addressee and addressee.lower() != bot.username.lower():
        return None
    return name.lower(), (rest + " " + args).strip() if rest else args.strip()


def _command_match(bot: BotInfo, name: str, args: str) -> Match | None:
    routes = table(bot.products)
    if name == "start" and args and (match := routes.start(args)) is not None:
        return match
    route = routes.commands.get(name)
    return None if route is None else Match(route)


def _press(bot: BotInfo, press: Json) -> Parsed | None:
    user, message = _user(press.get("from")), mapping(press.get("message") or {})
    # an inaccessible message has the date 0, a press on an inline message has none at all
    chat = _chat(message) if message.get("chat") else ChatInfo(user["id"], "private")
    data = text(press.get("data"), MAX_DATA)
    route = table(bot.products).buttons.get(data.split(SEPARATOR, 1)[0])
    match = None
    if route is not None and route.button is not None:
        try:
            match = Match(route, (route.button.unpack(data),))
        except BadButton:
            match = None
    return Parsed(
        "callback_query",
        user,
        chat,
        press,
        match,
        message_id=_message_id(message) if message.get("date") else None,
        has_photo=bool(message.get("photo")),
        callback_id=text(press.get("id"), MAX_DATA),
        is_stale_press=match is None,
    )


def _member(bot: BotInfo, kind: str, change: Json) -> Parsed | None:
    member = mapping(change.get("new_chat_member"))
    if kind == "my_chat_member":
        return Parsed(kind, _user(change.get("from")), _chat(change), change)
    listeners = table(bot.products).members
    if not listeners:
        return None
    return Parsed(kind, _user(member.get("user")), _chat(change), change, Match(_all(listeners)))


def _all(routes: list[Route]) -> Route:
    """Return one route that runs several: every product sees a group's texts and members."""
    if len(routes) == 1:
        return routes[0]

    def run_each(incoming: Any) -> None:
        for route in routes:
            run(Match(route), incoming)

    return Route(run_each)
