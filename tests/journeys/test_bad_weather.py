"""Telegram refuses, is busy, breaks and loses answers while people join and a giveaway draws."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.telegram.world import SPARE_TOKEN
from tests.journeys.giveaways import (
    add_people,
    entries,
    join_key,
    open_card,
    open_giveaway,
    press_join,
    texts,
    wait_for_keys,
)
from tests.journeys.stack import PASSWORD, Stack, running, wait_until

pytestmark = pytest.mark.journey
BOT_ID = int(SPARE_TOKEN.partition(":")[0])
PEOPLE = 24
OWNER = "owner@tea.example"
REFUSED = "Bad Request: have no rights to send a message"
# each hits one call: no answer means that nobody knows, the others are clear
WEATHER: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 429, "retry_after": 2},
    {"kind": "status", "status": 500, "description": "Internal Server Error"},
    {"kind": "status", "status": 502, "description": "Bad Gateway"},
    {"kind": "drop"},
    {"kind": "lost_answer"},
    {"kind": "status", "status": 400, "description": REFUSED},
)


def test_every_reply_arrives_whatever_telegram_does(home: Path) -> None:
    with running(home) as stack:
        api = stack.tenant("Tea house", OWNER)
        bot = api.bot(SPARE_TOKEN)
        people = add_people(stack, PEOPLE)
        giveaway = open_giveaway(api, bot, seconds=40, cups=PEOPLE)
        start = partial(open_card, stack, BOT_ID, giveaway=giveaway)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(start, people))
        wait_for_keys(stack, BOT_ID, people)

        arm(stack, "editMessageText", *WEATHER, {"kind": "timeout", "seconds": 60})
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(partial(press_join, stack, BOT_ID), people))
        wait_until(lambda: len(entries(api, giveaway)) == PEOPLE, what="everybody is in")
        # all cards change in the end but the one that was refused
        wait_until(lambda: len(unchanged(stack, people)) == 1, what="the changed cards")

        blocked = {"kind": "status", "status": 403}
        blocked["description"] = "Forbidden: bot was blocked by the user"
        arm(stack, "sendMessage", *WEATHER, blocked)
        told = partial(times_told, stack, people)
        # once each; twice where the answer was lost; never who blocked the bot or was refused
        wait_until(lambda: sum(n > 0 for n in told().values()) == PEOPLE - 2, what="the winners")
        assert Counter(told().values()) == {1: PEOPLE - 3, 2: 1, 0: 2}

        with log_in(stack) as portal:
            outbox = f"/t/{api.slug}/bots/{bot['id']}/outbox/"
            shown = portal.get(outbox).text
            assert shown.count("have no rights") == 2  # a card and a winner
            assert "editMessageText" in shown
            assert "sendMessage" in shown
            assert "1 blocked it" in portal.get(f"/t/{api.slug}/bots/{bot['id']}/").text

            # nothing is lost: what was refused goes out once somebody says so
            press(portal, outbox, f"{outbox}retry/")
            wait_until(lambda: not unchanged(stack, people), what="the refused card")
            wait_until(lambda: sum(n > 0 for n in told().values()) == PEOPLE - 1, what="its winner")
            assert Counter(told().values()) == {1: PEOPLE - 2, 2: 1, 0: 1}
            assert "have no rights" not in portal.get(outbox).text

        # and who blocked the bot finds the prize when coming back
        [absent] = [person for person, times in told().items() if times == 0]
        stack.control("POST", "start", bot_id=BOT_ID, user_id=absent, payload="mylotteries")
        wait_until(
            lambda: any("You won" in text for text in texts(stack, BOT_ID, absent)),
            what="the prize of who was away",
        )


def arm(stack: Stack, method: str, *faults: dict[str, Any]) -> None:
    """Let each of these happen to one call of a method."""
    for fault in faults:
        stack.control("POST", "faults", bot_id=BOT_ID, method=method, times=1, **fault)


def unchanged(stack: Stack, people: list[int]) -> list[int]:
    """Return whose card still offers to join."""
    return [person for person in people if join_key(stack, BOT_ID, person)]


def times_told(stack: Stack, people: list[int]) -> dict[int, int]:
    """Return how often each was told in private to have won."""
    return {
        person: sum("Congratulations" in text for text in texts(stack, BOT_ID, person))
        for person in people
    }


@contextmanager
def log_in(stack: Stack) -> Iterator[httpx.Client]:
    """Use the portal as the owner."""
    with httpx.Client(base_url=stack.url, follow_redirects=True, timeout=30) as portal:
        press(portal, "/accounts/login/", "/accounts/login/", login=OWNER, password=PASSWORD)
        yield portal


def press(portal: httpx.Client, page: str, action: str, **values: str) -> None:
    """Send a form of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', portal.get(page).text)
    assert found
    answer = portal.post(action, data={"csrfmiddlewaretoken": found[1], **values})
    assert answer.is_success, answer.text
