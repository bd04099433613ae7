"""kill -9 of every process while 500 people join: every join once, every reply sent."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.tests.web_server import children_of
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
from tests.journeys.stack import Api, Stack, running, wait_until

pytestmark = pytest.mark.journey
PEOPLE = 500
BOT_ID = int(SPARE_TOKEN.partition(":")[0])


def kill(stack: Stack, name: str) -> None:
    """End a process and all its children as a power cut would.

    A Redis that the supervisor did not start is not ours to kill: other tests use it, too.
    """
    if name == "redis":
        found = set(redis_of(stack))
    else:
        found = stack.processes("gunicorn" if name == "web" else f"\0{name}\0")
    for pid in found:
        with suppress(ProcessLookupError):
            if pid != stack.run.process.pid:
                os.kill(pid, signal.SIGKILL)


def redis_of(stack: Stack) -> list[int]:
    """Return the stack's own Redis, which has written its title over its environment."""
    children = children_of(stack.run.process.pid)
    return [pid for pid in children if "redis-server" in Path(f"/proc/{pid}/cmdline").read_text()]


def test_five_hundred_joins_survive_the_death_of_every_process(
    home: Path, store: dict[str, str]
) -> None:
    with running(home, WEB_THREADS="8", **store) as stack:
        stack.control("POST", "limits", enforced=False)
        api = stack.tenant("Tea house", "owner@tea.example")
        giveaway = open_giveaway(api, api.bot(SPARE_TOKEN), seconds=900)
        people = add_people(stack, PEOPLE)
        start = partial(open_card, stack, BOT_ID, giveaway=giveaway)
        deaths = {100: "redis", 150: "web", 200: "beat", 250: "worker", 350: "web"}
        side_by_side(stack, people, start, deaths=deaths)
        wait_for_keys(stack, BOT_ID, people)
        press = partial(press_join, stack, BOT_ID)
        # Redis last: a worker that survives it has to find it again, or to end
        deaths = {20: "worker", 100: "web", 200: "beat", 300: "web", 400: "redis"}
        side_by_side(stack, people, press, deaths=deaths)
        wait_until(lambda: len(joined(api, giveaway)) >= PEOPLE, what="500 entries")
        wait_until(lambda: answered(stack) >= set(people), what="500 answers to a press")
        wait_until(lambda: not still_offered(stack, people), what="500 changed cards")
        assert sorted(e["telegram_id"] for e in joined(api, giveaway)) == sorted(people)
        # a second card would mean that an update was taken twice
        assert all(len(texts(stack, BOT_ID, person)) == 1 for person in people)
        wait_until(lambda: is_healthy(stack), what="health")


def side_by_side(
    stack: Stack, people: list[int], act: Callable[[int], None], *, deaths: dict[int, str]
) -> None:
    """Have everybody act, eight at a time, while processes die; raises what an act raised."""

    def one(number: int) -> None:
        if number in deaths:
            kill(stack, deaths[number])
        act(people[number])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(len(people))))


def joined(api: Api, giveaway: Any) -> list[Any]:
    """Return who takes part; nobody while the web process is away."""
    with suppress(httpx.TransportError):
        return entries(api, giveaway)
    return []


def answered(stack: Stack) -> set[int]:
    """Return who got an answer to a press, as Telegram saw it."""
    events = stack.control("GET", "events", poll=1, after=0)["events"]
    return {event["user_id"] for event in events if event["kind"] == "toast"}


def still_offered(stack: Stack, people: list[int]) -> list[int]:
    """Return who is still offered to join."""
    return [person for person in people if join_key(stack, BOT_ID, person)]


def is_healthy(stack: Stack) -> bool:
    """Tell whether all processes work and nothing waits."""
    with suppress(httpx.TransportError):
        return stack.web.get("/health/").is_success
    return False
