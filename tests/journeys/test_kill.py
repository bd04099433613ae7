"""kill -9 of web and worker while 500 people join: every join once, every reply sent."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from emulators.telegram.world import SPARE_TOKEN
from tests.journeys.giveaways import add_people, entries, open_giveaway, press_join, texts
from tests.journeys.stack import Stack, running, wait_until

pytestmark = pytest.mark.journey
PEOPLE = 500
BOT_ID = int(SPARE_TOKEN.partition(":")[0])


def kill(stack: Stack, name: str) -> None:
    """End a process and all its children as a power cut would."""
    for pid in stack.processes("gunicorn" if name == "web" else f"\0{name}\0"):
        with suppress(ProcessLookupError):
            if pid != stack.run.process.pid:
                os.kill(pid, signal.SIGKILL)


def test_five_hundred_joins_survive_the_death_of_every_process(tmp_path: Path) -> None:
    with running(tmp_path, WEB_THREADS="8") as stack:
        stack.control("POST", "limits", enforced=False)
        api = stack.tenant("Tea house", "owner@tea.example")
        giveaway = open_giveaway(api, api.bot(SPARE_TOKEN), seconds=900)
        people = add_people(stack, PEOPLE)
        start = giveaway["link"].partition("?start=")[2]
        with ThreadPoolExecutor(8) as pool:
            for number, person in enumerate(people):
                pool.submit(
                    stack.control, "POST", "start", bot_id=BOT_ID, user_id=person, payload=start
                )
                if number in {150, 350}:
                    kill(stack, "web")
                if number == 250:
                    kill(stack, "worker")
        wait_until(
            lambda: all(texts(stack, BOT_ID, person) for person in people), what="500 cards"
        )
        with ThreadPoolExecutor(8) as pool:
            for number, person in enumerate(people):
                pool.submit(press_join, stack, BOT_ID, person)
                if number in {100, 300}:
                    kill(stack, "web")
                if number == 200:
                    kill(stack, "worker")
        wait_until(lambda: len(entries(api, giveaway)) == PEOPLE, what="500 entries")
        wait_until(lambda: answered(stack) >= set(people), what="500 answers to a press")
        joined = entries(api, giveaway)
        assert len({entry["telegram_id"] for entry in joined}) == PEOPLE
        wait_until(lambda: api("GET", "/health/")["checks"]["outbox"] == "ok", what="health")


def answered(stack: Stack) -> set[int]:
    """Return who got an answer to a press, as Telegram saw it."""
    events = stack.control("GET", "events", poll=1, after=0)["events"]
    return {event["user_id"] for event in events if event["kind"] == "toast"}
