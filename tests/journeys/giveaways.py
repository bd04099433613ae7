"""Giveaways as a story speaks of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.stack import Api, Stack, wait_until


def open_giveaway(
    api: Api, bot: dict[str, Any], *, seconds: int, title: str = "Tea", cups: int = 1
) -> Any:
    """Publish a giveaway of a teapot and some cups that ends in so many seconds."""
    return api(
        "POST",
        "/api/v1/giveaways/",
        bot=bot["id"],
        title=title,
        prizes=[{"name": "Teapot", "count": 1}, {"name": "Cup", "count": cups}],
        ends_at=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
        time_zone="Asia/Taipei",
    )


def open_card(stack: Stack, bot_id: int, person: int, giveaway: Any) -> None:
    """Open a giveaway's link as somebody, without waiting for the answer."""
    payload = giveaway["link"].partition("?start=")[2]
    stack.control("POST", "start", bot_id=bot_id, user_id=person, payload=payload)


def wait_for_keys(stack: Stack, bot_id: int, people: list[int]) -> None:
    """Wait until each of these people can press "Join"."""
    without = set(people)

    def all_have() -> bool:
        without.difference_update(one for one in list(without) if join_key(stack, bot_id, one))
        return not without

    wait_until(all_have, what=f"{len(people)} cards")


def add_people(stack: Stack, count: int) -> list[int]:
    """Have so many new people at the emulator; return their ids."""

    def add(number: int) -> int:
        person = stack.control("POST", "people", first_name=f"Person {number} 幸运儿")
        return int(person["id"])

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(add, range(count)))


def join_key(stack: Stack, bot_id: int, person: int) -> dict[str, Any] | None:
    """Return what pressing "Join" under the newest card of a private chat sends; None: no key."""
    shown = stack.control("GET", "messages", bot_id=bot_id, chat_id=person)["messages"]
    for message in reversed(shown):
        rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
        for key in (key for row in rows for key in row):
            if str(key.get("callback_data", "")).startswith("lj:"):
                return {"message_id": message["message_id"], "data": key["callback_data"]}
    return None


def press_join(stack: Stack, bot_id: int, person: int) -> None:
    """Press "Join" under the newest card in somebody's private chat."""
    key = join_key(stack, bot_id, person)
    assert key, f"{person} sees no card to press"
    stack.control("POST", "presses", bot_id=bot_id, chat_id=person, from_id=person, **key)


def entries(api: Api, giveaway: Any) -> list[Any]:
    """Return everybody who takes part, over all pages."""
    page = api("GET", f"/api/v1/giveaways/{giveaway['id']}/entries/")
    rows = list(page["results"])
    while page["next"]:
        path = page["next"].split("/", 3)[3]
        page = api("GET", f"/{path}")
        rows += page["results"]
    return rows


def texts(stack: Stack, bot_id: int, chat_id: int) -> list[str]:
    """Return what the bot has written in a chat."""
    shown = stack.control("GET", "messages", bot_id=bot_id, chat_id=chat_id)["messages"]
    return [
        message.get("text") or message.get("caption") or ""
        for message in shown
        if message["from"]["is_bot"]
    ]
