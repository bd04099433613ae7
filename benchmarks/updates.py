"""The HTTP requests that Telegram would post, as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks.stage import FIRST_PERSON, GIVEAWAYS_PER_BOT, PEOPLE_ROOM

Json = dict[str, Any]

DATE = 1_790_000_000
GROUP = -1_001_234_567_890
NEWCOMERS = PEOPLE_ROOM // 2  # people from here on are not in the database yet
KIND_ROOM = 100_000_000  # update ids of one kind


def request(cast: Json, target: str, kind: str, number: int) -> bytes:
    """Return the request of an update; the same number is the same update.

    `target` is "ours" (opaque address and secret header) or "rival" (token in the address).
    """
    bots = cast["bots"]
    index, turn = number % len(bots), number // len(bots)
    bot = bots[index]
    body: Json = {"update_id": (1 + list(KINDS).index(kind)) * KIND_ROOM + number}
    body |= KINDS[kind](cast, bot, FIRST_PERSON + index * PEOPLE_ROOM, turn)
    return post(bot, target, json.dumps(body, ensure_ascii=False).encode(), known=kind != "unknown")


def post(bot: Json, target: str, body: bytes, *, known: bool = True) -> bytes:
    """Return a POST with the headers that Telegram sends."""
    if target == "ours":
        hook = bot["hook"] if known else bot["secret"]
        path, secret = f"/api/webhook/{hook}/", bot["secret"]
    else:
        path, secret = f"/webhook/{bot['token']}", bot["secret"]
    return (
        f"POST {path} HTTP/1.1\r\nHost: bots.example.com\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate"
        f"\r\nX-Telegram-Bot-Api-Secret-Token: {secret}\r\n\r\n"
    ).encode() + body


def _user(telegram_id: int) -> Json:
    return {
        "id": telegram_id,
        "is_bot": False,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "username": f"ada_{telegram_id}",
        "language_code": "en",
    }


def _private(user: Json) -> Json:
    names = {name: user[name] for name in ("id", "first_name", "last_name", "username")}
    return {**names, "type": "private"}


def _message(user: Json, chat: Json, turn: int, text: str) -> Json:
    message = {"message_id": turn + 10, "from": user, "chat": chat, "date": DATE, "text": text}
    if text.startswith("/"):
        length = len(text.split()[0])
        message["entities"] = [{"offset": 0, "length": length, "type": "bot_command"}]
    return {"message": message}


def _command(name: str, *, first: int = 0) -> Callable[[Json, Json, int, int], Json]:
    def build(cast: Json, bot: Json, person: int, turn: int) -> Json:
        del bot
        index = first + turn if first else turn % cast["people"]
        user = _user(person + index)
        return _message(user, _private(user), turn, f"/{name} umbrella {turn}")

    return build


def _join(*, private: bool) -> Callable[[Json, Json, int, int], Json]:
    def build(cast: Json, bot: Json, person: int, turn: int) -> Json:
        # each person joins each giveaway once; private presses come from the list's other end
        index, round_ = turn % cast["people"], turn // cast["people"] % GIVEAWAYS_PER_BOT
        user = _user(person + index)
        data = bot["joins"][-1 - round_ if private else round_]
        group = {"id": GROUP, "title": "Friends of umbrellas", "type": "supergroup"}
        markup = {"inline_keyboard": [[{"text": "🎉 Join", "callback_data": data}]]}
        message = {
            "message_id": 77,
            "from": {"id": bot["telegram_id"], "is_bot": True, "first_name": "Bench"},
            "chat": _private(user) if private else group,
            "date": DATE,
            "text": "Giveaway\nJoin and win.\n\nPrizes: one umbrella\nUntil tomorrow",
            "reply_markup": markup,
        }
        press = {"id": str(turn), "from": user, "message": message, "chat_instance": "-42"}
        return {"callback_query": {**press, "data": data}}

    return build


def _chatter(cast: Json, bot: Json, person: int, turn: int) -> Json:
    del bot
    group = {"id": GROUP, "title": "Friends of umbrellas", "type": "supergroup"}
    return _message(_user(person + turn % cast["people"]), group, turn, "It rains again.")


KINDS: dict[str, Callable[[Json, Json, int, int], Json]] = {
    "command": _command("note"),
    "command_orm": _command("plainnote"),
    "newcomer": _command("note", first=NEWCOMERS),
    "join": _join(private=False),
    "join_private": _join(private=True),
    "unwanted": _chatter,
    "unknown": _chatter,
}
