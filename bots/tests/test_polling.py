"""Long polling, against the emulator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection, connections

from bots.models import Bot, Person
from bots.polling import BotThread, Poller, Turns
from bots.testing import Someone, make_bot, outgoing
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bot(transactional_db: None, telegram: TelegramEmulator) -> Bot:
    bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"), token=DEMO_TOKEN)
    with scope(bot.tenant):
        Bot.objects.update(delivery=Bot.Delivery.POLLING, version=2)
    return bot


@pytest.fixture
def poller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Poller]:
    monkeypatch.setattr("bots.polling.LOOK_EVERY", 0.05)
    monkeypatch.setattr("bots.polling.AFTER_FAILURE", 0.01)
    poller = Poller(wait=1)

    def run() -> None:
        poller.run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield poller
    poller.stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not any(one.is_alive() for one in poller.threads.values())


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most ten seconds."""
    done = threading.Event()
    for _ in range(200):
        # SQLite's database in memory refuses a reader while a thread writes
        with suppress(OperationalError):
            if condition():
                return
        done.wait(0.05)
    raise AssertionError("did not happen within ten seconds")


def test_updates_are_taken_and_every_answer_goes_through_the_outbox(
    bot: Bot, telegram: TelegramEmulator, poller: Poller
) -> None:
    telegram.start(DEMO_BOT_ID, ALICE)
    eventually(lambda: len(outgoing(bot)) == 1)
    assert outgoing(bot)[0].params["text"].startswith("Hello")
    eventually(lambda: telegram.pending(DEMO_BOT_ID) == 0)
    with scope(bot.tenant):
        assert Person.objects.get().telegram_id == ALICE


def test_a_bot_switched_off_is_not_polled_any_more(
    bot: Bot, telegram: TelegramEmulator, poller: Poller
) -> None:
    eventually(lambda: len(poller.threads) == 1)
    with scope(bot.tenant):
        Bot.objects.update(state=Bot.State.DISABLED, version=3)
    eventually(lambda: not poller.threads)


def test_a_second_poller_waits_for_the_first(
    bot: Bot, telegram: TelegramEmulator, poller: Poller
) -> None:
    eventually(lambda: len(poller.threads) == 1)
    second = Poller(wait=1)

    def run() -> None:
        second.run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    telegram.start(DEMO_BOT_ID, ALICE)
    eventually(lambda: len(outgoing(bot)) == 1)
    assert not second.threads
    second.stop.set()
    thread.join(20)


def test_a_revoked_token_is_shown(bot: Bot, telegram: TelegramEmulator, poller: Poller) -> None:
    telegram.revoke(DEMO_BOT_ID)

    def is_broken() -> bool:
        with scope(bot.tenant, transaction=False):
            return Bot.objects.get().state == Bot.State.BROKEN

    eventually(is_broken)


@pytest.fixture
def unreadable(bot: Bot) -> Bot:
    """A bot beside the first one, whose token no key opens."""
    broken = make_bot(bot.tenant)
    with scope(bot.tenant), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bots_bot SET token = 'broken', delivery = 'polling' WHERE id = %s", [broken.pk]
        )
    return broken


# the poller comes last: SQLite's database in memory refuses a writer while a thread reads
def test_a_token_that_no_key_opens_stops_nobody_else(
    bot: Bot, unreadable: Bot, telegram: TelegramEmulator, poller: Poller
) -> None:
    eventually(lambda: len(poller.threads) == 2)
    telegram.start(DEMO_BOT_ID, ALICE)
    eventually(lambda: len(outgoing(bot)) == 1)


def test_the_poller_outlives_the_store_being_away(
    bot: Bot, telegram: TelegramEmulator, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    eventually(lambda: len(poller.threads) == 1)
    failed = threading.Event()

    def away(*args: Any, **how: Any) -> bool:
        failed.set()
        raise OperationalError("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr("bots.polling.leases.take", away)
        assert failed.wait(10)
    with scope(bot.tenant):
        Bot.objects.update(state=Bot.State.DISABLED, version=3)
    eventually(lambda: not poller.threads)


class Quiet:
    """A bot that hears what it is given, and watches how it is asked."""

    def __init__(self, *updates: dict[str, Any]) -> None:
        self.given = list(updates)
        self.waits: list[int] = []
        self.offsets: list[int] = []
        self.was_connected: list[bool] = []

    def updates(self, offset: int, *, timeout: int, **how: Any) -> list[dict[str, Any]]:
        self.waits.append(timeout)
        self.offsets.append(offset)
        self.was_connected.append(connection.connection is not None)
        return [one for one in self.given if one["update_id"] >= offset]


def thread_of(bot: Bot, telegram: Any, turns: Turns) -> BotThread:
    with scope(bot.tenant):
        bot = Bot.objects.select_related("tenant").get(pk=bot.pk)
    return BotThread(bot, lambda token: telegram, 25, turns)


def test_more_bots_than_connections_take_turns_in_shorter_waits(bot: Bot) -> None:
    turns = Turns(2)
    turns.share(2)
    quiet = Quiet()
    thread = thread_of(bot, quiet, turns)
    thread._turn()
    turns.share(5)
    thread._turn()
    turns.share(5000)
    thread._turn()
    assert quiet.waits == [25, 10, 1]


def test_a_bot_waits_until_another_gives_way(bot: Bot) -> None:
    turns = Turns(1)
    quiet = Quiet()
    thread = thread_of(bot, quiet, turns)
    with turns.open:
        thread.start()
        eventually(lambda: thread.telegram is not None)
        assert quiet.waits == []
        # told to stop meanwhile, it asks no more
        thread.stop.set()
    thread.join(10)
    assert quiet.waits == []


def test_no_connection_is_held_while_waiting(bot: Bot) -> None:
    quiet = Quiet()
    thread = thread_of(bot, quiet, Turns(1))

    def once() -> None:
        thread._turn()
        connections.close_all()

    worker = threading.Thread(target=once)
    worker.start()
    worker.join()
    is_in_memory = connection.vendor == "sqlite"
    assert quiet.was_connected == [is_in_memory]


def test_what_cannot_be_taken_is_left_out_and_a_nul_taken_out(bot: Bot) -> None:
    ada = Someone(bot, first_name="A\0da")
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    quiet = Quiet({"update_id": 5, "message": deep}, ada.message("/help \0 \ud800"))
    thread = thread_of(bot, quiet, Turns(1))
    thread._turn()
    thread._turn()
    assert quiet.offsets[-1] == quiet.given[-1]["update_id"] + 1
    with scope(bot.tenant):
        assert Person.objects.get().first_name == "Ada"
    assert len(outgoing(bot)) == 1
