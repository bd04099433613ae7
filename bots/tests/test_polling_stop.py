"""A poller stops at once, however long its calls to Telegram could wait, and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from bots.gateways.errors import HungUp
from bots.gateways.lines import Line
from bots.gateways.telegram import connect
from bots.models import Bot
from bots.polling import BotThread, Poller, Turns
from bots.testing import Someone, make_bot, outgoing
from bots.tests.test_polling import Quiet, eventually
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

pytestmark = pytest.mark.django_db(transaction=True)
# How long the server keeps a call open, in seconds; the emulator allows 50, as Telegram does.
LONG = 50
AT_MOST = 20  # seconds; a test that needs them has failed


@pytest.fixture
def bot(transactional_db: None, telegram: TelegramEmulator) -> Bot:
    bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"), token=DEMO_TOKEN)
    with scope(bot.tenant):
        Bot.objects.update(delivery=Bot.Delivery.POLLING, version=2)
    return bot


class Running:
    """A poller in a thread of its own."""

    def __init__(self) -> None:
        self.poller = Poller(wait=LONG)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.poller.run()
        connections.close_all()

    def stop(self) -> None:
        self.poller.stop.set()
        self.thread.join(AT_MOST)
        assert not self.thread.is_alive()


@pytest.fixture
def running(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr("bots.polling.LOOK_EVERY", 0.05)
    running = Running()
    yield running
    running.stop()


def waits(telegram: TelegramEmulator) -> bool:
    """Tell whether a call for updates is open at the emulator."""
    return telegram.state.polls.running(DEMO_BOT_ID)


def test_a_call_that_is_kept_open_can_be_ended(telegram: TelegramEmulator) -> None:
    line = Line()
    ended: list[type[Exception]] = []

    def poll() -> None:
        with suppress(HungUp):
            connect(DEMO_TOKEN).updates(0, timeout=LONG, allowed_updates=[], line=line)
            return
        ended.append(HungUp)

    thread = threading.Thread(target=poll)
    thread.start()
    eventually(lambda: waits(telegram))
    line.cut()
    thread.join(AT_MOST)
    assert ended == [HungUp]
    eventually(lambda: not waits(telegram))  # the connection is closed, too


def test_a_line_that_is_cut_carries_no_later_call(telegram: TelegramEmulator) -> None:
    line = Line()
    line.cut()
    with pytest.raises(HungUp):
        connect(DEMO_TOKEN).updates(0, timeout=LONG, allowed_updates=[], line=line)


def test_the_poller_stops_while_its_calls_wait(
    bot: Bot, telegram: TelegramEmulator, running: Running
) -> None:
    eventually(lambda: waits(telegram))
    running.stop()
    assert not any(thread.is_alive() for thread in running.poller.threads.values())


def test_what_comes_after_the_stop_is_for_the_next_poller(
    bot: Bot, telegram: TelegramEmulator, running: Running
) -> None:
    eventually(lambda: waits(telegram))
    running.stop()
    telegram.start(DEMO_BOT_ID, ALICE)
    assert telegram.pending(DEMO_BOT_ID) == 1
    following = Running()
    try:
        eventually(lambda: len(outgoing(bot)) == 1)
    finally:
        following.stop()


def test_a_changed_bot_is_polled_anew_without_waiting_for_the_old_call(
    bot: Bot, telegram: TelegramEmulator, running: Running
) -> None:
    eventually(lambda: waits(telegram))
    with scope(bot.tenant):
        Bot.objects.update(version=3)
    eventually(lambda: list(running.poller.threads) == [(bot.pk, 3)])
    telegram.start(DEMO_BOT_ID, ALICE)
    eventually(lambda: len(outgoing(bot)) == 1)


def test_an_update_that_arrives_with_the_stop_stays_with_telegram(bot: Bot) -> None:
    update = Someone(bot).message("/help")

    class Ending(Quiet):
        def updates(self, offset: int, **how: Any) -> list[dict[str, Any]]:
            found = super().updates(offset, **how)
            thread.end()
            return found

    quiet = Ending(update)
    with scope(bot.tenant):
        stored = Bot.objects.select_related("tenant").get(pk=bot.pk)
    thread = BotThread(stored, lambda token: quiet, LONG, Turns(1))  # type: ignore[arg-type,return-value]
    thread.start()
    thread.join(AT_MOST)
    assert not thread.is_alive()
    assert (quiet.offsets, outgoing(bot)) == ([0], [])
