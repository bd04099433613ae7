"""Long polling for bots without a public address: all of them in one process, same dispatch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from bots import products
from bots.dispatch import StoreAway, TryAgain, dispatch
from bots.gateways.errors import Busy, Conflict, HungUp, Revoked, TelegramError
from bots.gateways.lines import Line
from bots.gateways.telegram import Telegram, connect
from bots.models import Bot
from bots.raw import Malformed, cleaned
from bots.registry import BotInfo, describe
from bots.services import alarms, hooks, reasons
from bots.services.receipts import Stale
from tenants import leases
from tenants.ids import random_text
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

log = logging.getLogger(__name__)

# How long Telegram keeps a call open, and how often the list of bots is looked at.
WAIT = 25
LOOK_EVERY = 3.0
LEASE = "poll_bots"
LEASE_SECONDS = 15.0
AFTER_FAILURE = 2.0
AFTER_CONFLICT = 15.0
# Calls that are kept open at a time; the library has 256 connections for them. More bots take
# turns, with shorter waits, so that an idle one gives way in time.
MOST_OPEN = 240


class Poller:
    """Polls every bot that is switched to polling, a thread each, until `stop` is set.

    Only one process polls at a time: it holds a lease, and a second one waits to take over.
    """

    def __init__(self, gateway: Callable[[str], Telegram] = connect, wait: int = WAIT) -> None:
        self.gateway = gateway
        self.wait = wait
        self.holder = random_text(20)
        self.stop = threading.Event()
        self.threads: dict[tuple[int, int], BotThread] = {}
        self.turns = Turns(MOST_OPEN)

    def run(self) -> None:
        """Poll until `stop` is set; returns when every thread has finished its update.

        That takes no longer than the update: calls that only wait for one are ended.
        """
        while not self.stop.is_set():
            try:
                self._look()
            except DatabaseError as error:
                # the bots that are polled wait in their threads; nothing is lost meanwhile
                log.warning("the store is away: %s", error)
            finally:
                connection.close()
            self.stop.wait(LOOK_EVERY)
        self._follow([])
        for thread in list(self.threads.values()):
            thread.join()
        try:
            leases.drop(LEASE, self.holder)
        except DatabaseError as error:
            log.warning("the lease ends by itself: %s", error)

    def _look(self) -> None:
        """Follow the bots there are now, if no other process does."""
        now = timezone.now()
        if leases.take(LEASE, self.holder, seconds=LEASE_SECONDS, now=now):
            self._follow(polled_bots())
        else:
            self._follow([])

    def _follow(self, bots: list[Bot]) -> None:
        """Have a thread for each of these bots (in this version) and for no other."""
        wanted = {(bot.pk, bot.version): bot for bot in bots}
        self.turns.share(len(wanted))
        for key, thread in list(self.threads.items()):
            if key not in wanted:
                thread.end()
            if not thread.is_alive():
                del self.threads[key]
        polled = {bot_id for bot_id, _version in self.threads}
        for key, bot in wanted.items():
            # a bot's new thread waits for the old one: two pollers of a bot would fight
            if bot.pk not in polled:
                thread = BotThread(bot, self.gateway, self.wait, self.turns)
                self.threads[key] = thread
                thread.start()


def polled_bots() -> list[Bot]:
    """Return the bots to poll: enabled, switched to polling, of an active tenant.

    Without their tokens: one that no key opens must not keep the others from being polled.
    """
    with unscoped("one process polls the bots of all tenants"):
        return list(
            Bot.objects.defer("token")
            .select_related("tenant")
            .filter(
                hooks.polled(),
                state=Bot.State.ENABLED,
                tenant__state=Tenant.State.ACTIVE,
            )
        )


class Turns:
    """Lets so many bots wait for updates at a time, the others in the order they came."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.bots = 0
        self.open = threading.Semaphore(most)

    def share(self, bots: int) -> None:
        """Take note of how many bots want turns."""
        if bots > self.most >= self.bots:
            log.warning("%s bots are polled, %s at a time: they take turns", bots, self.most)
        self.bots = bots

    def seconds(self, wait: int) -> int:
        """Return how long a turn may take, so that all bots get one within about `wait` seconds."""
        return wait if self.bots <= self.most else max(1, wait * self.most // self.bots)


class BotThread(threading.Thread):
    """Polls one bot. An update is confirmed to Telegram only after it was taken."""

    def __init__(
        self, bot: Bot, gateway: Callable[[str], Telegram], wait: int, turns: Turns
    ) -> None:
        super().__init__(name=f"poll {bot.public_id}", daemon=True)
        self.bot: BotInfo = describe(bot, now=timezone.now())
        self.gateway = gateway
        self.wait = wait
        self.turns = turns
        self.telegram: Telegram | None = None
        self.offset = 0
        self.stop = threading.Event()
        self.line = Line()

    def end(self) -> None:
        """Have the thread end once the update in hand is taken, without waiting for another."""
        self.stop.set()
        self.line.cut()

    def run(self) -> None:
        """Take update after update until told to stop."""
        while not self.stop.is_set():
            try:
                self._turn()
            except HungUp:
                # what Telegram was about to hand over it keeps: nothing confirmed it
                return
            except Conflict:
                log.warning("bot %s: somebody else polls or a webhook is set", self.bot.public_id)
                self.stop.wait(AFTER_CONFLICT)
            except Busy as busy:
                self.stop.wait(busy.retry_after)
            except Revoked:
                mark_revoked(self.bot)
                return
            except TelegramError as error:
                log.warning("bot %s: %s", self.bot.public_id, error)
                self.stop.wait(AFTER_FAILURE)
            except Exception:
                # a token that no key opens, the store away: this bot's affair alone
                log.exception("bot %s cannot be polled", self.bot.public_id)
                self.stop.wait(AFTER_CONFLICT)
            finally:
                # hundreds of threads that wait must not hold a connection each
                connection.close()

    def _turn(self) -> None:
        telegram = self.telegram = self.telegram or self.gateway(self._token())
        connection.close()
        kinds = products.allowed_updates(self.bot.products)
        with self.turns.open:
            if self.stop.is_set():
                return
            wait = self.turns.seconds(self.wait)
            updates = telegram.updates(
                self.offset, timeout=wait, allowed_updates=kinds, line=self.line
            )
        for update in updates:
            if not self._take(update):
                return
            self.offset = int(update["update_id"]) + 1

    def _token(self) -> str:
        with scope(self.bot.tenant_id, transaction=False):
            token: str = Bot.objects.values_list("token", flat=True).get(pk=self.bot.id)
        return token

    def _take(self, update: dict[str, object]) -> bool:
        """Dispatch until it is taken or parked; False when the thread must end before that."""
        try:
            update = cleaned(update)
        except Malformed as error:
            log.warning("bot %s: an update was left out: %s", self.bot.public_id, error)
            return True
        while not self.stop.is_set():
            try:
                dispatch(self.bot, update, response=False)
            except Stale:
                # the poller starts a new thread for the bot as it is now
                self.stop.set()
                return False
            except (TryAgain, StoreAway):
                self.stop.wait(AFTER_FAILURE)
            else:
                return True
        return False


def mark_revoked(bot: BotInfo) -> None:
    """Show in the portal that Telegram does not know the token any more."""
    try:
        with scope(bot.tenant_id):
            alarms.bot_broke(bot.id, reasons.REVOKED)
    except DatabaseError as error:
        # the poller starts the bot's thread again, which will find the same
        log.warning("bot %s is revoked, and the store is away: %s", bot.public_id, error)
