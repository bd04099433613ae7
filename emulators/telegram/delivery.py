"""Delivers updates to webhooks: lanes, retry ladder, expiry (telegram.md 1.4)."""

import heapq
import itertools
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable

import orjson

from emulators.telegram.journal import Journal
from emulators.telegram.models import Bot, Update, Webhook
from emulators.telegram.state import State
from emulators.telegram.wire import Answer, Wire, WireError, parse_target
from emulators.wsgi import Json

logger = logging.getLogger(__name__)
LADDER = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
LATER = (60.0, 120.0)
GONE_FOR = 23 * 3600.0
MAX_WORKERS = 256
MAX_RETRY_AFTER = 3600
ON_REPLY = Callable[[Bot, Json], None]


class Deliverer:
    """Posts what waits in the mailboxes; at most max_connections at a time per bot."""

    def __init__(
        self, state: State, journal: Journal, on_reply: ON_REPLY, timeout: float = 60.0
    ) -> None:
        self._state = state
        self._journal = journal
        self._on_reply = on_reply
        self._timeout = timeout
        self._wire = Wire()
        self._jobs: deque[tuple[Bot, str]] = deque()
        self._work = threading.Condition(state.lock)
        self._quiet = threading.Condition(state.lock)
        self._alarm = threading.Condition(state.lock)
        self._sleeping: list[tuple[float, int, Bot, str, int]] = []
        self._numbers = itertools.count()
        self._active: dict[int, int] = {}
        self._workers = self._idle = 0
        self._timer: threading.Thread | None = None

    # -- called under the state's lock -------------------------------------------------

    def kick(self, bot: Bot) -> None:
        """Start what may be sent for a bot now."""
        hook, box = bot.webhook, self._state.boxes[bot.id]
        if hook is None or self._state.closing:
            return
        now = self._state.clock.time()
        while box.ready and self._active.get(bot.id, 0) < hook.max_connections:
            lane = box.ready.popleft()
            waiting = box.lanes.get(lane)
            if not waiting or lane in box.busy or waiting[0].due > now:
                continue
            box.busy.add(lane)
            self._active[bot.id] = self._active.get(bot.id, 0) + 1
            self._submit(bot, lane)

    def tick(self) -> None:
        """Move lanes whose pause is over to the ready ones."""
        with self._state.lock:
            now = self._state.clock.time()
            while self._sleeping and self._sleeping[0][0] <= now:
                _, _, bot, lane, generation = heapq.heappop(self._sleeping)
                box = self._state.boxes.get(bot.id)
                if box is not None and box.generation == generation:
                    box.ready.append(lane)
                    self.kick(bot)
            self._quiet.notify_all()

    def _submit(self, bot: Bot, lane: str) -> None:
        self._jobs.append((bot, lane))
        if self._idle >= len(self._jobs):
            self._work.notify()
        elif self._workers < MAX_WORKERS:
            self._workers += 1
            threading.Thread(target=self._run, name="emulators-delivery", daemon=True).start()

    def _sleep(self, bot: Bot, lane: str, due: float) -> None:
        generation = self._state.boxes[bot.id].generation
        heapq.heappush(self._sleeping, (due, next(self._numbers), bot, lane, generation))
        if self._timer is None:
            self._timer = threading.Thread(target=self._ring, name="emulators-timer", daemon=True)
            self._timer.start()
        self._alarm.notify_all()

    # -- threads ------------------------------------------------------------------------

    def _ring(self) -> None:
        with self._state.lock:
            while not self._state.closing:
                self.tick()
                left = None
                if self._sleeping:
                    left = max(0.0, self._sleeping[0][0] - self._state.clock.time())
                self._state.clock.wait(self._alarm, left)

    def _run(self) -> None:
        with self._state.lock:
            while not self._state.closing:
                if self._jobs:
                    self._deliver(*self._jobs.popleft())
                    continue
                self._idle += 1
                self._work.wait()
                self._idle -= 1
            self._workers -= 1
            self._quiet.notify_all()

    def _deliver(self, bot: Bot, lane: str) -> None:
        """Post the head of a lane; the lock is given up while the bytes travel."""
        update = self._head(bot, lane) if self._knows(bot) else None
        hook = bot.webhook
        if update is not None and hook is not None:
            answer, error = self._travel(bot, hook, update)
            if self._knows(bot):
                self._settle(bot, hook, update, answer, error)
        self._active[bot.id] -= 1
        if self._knows(bot):
            box = self._state.boxes[bot.id]
            box.busy.discard(lane)
            waiting = box.lanes.get(lane)
            if waiting and waiting[0].due <= self._state.clock.time():
                box.ready.append(lane)
            self.kick(bot)
        self._quiet.notify_all()

    def _knows(self, bot: Bot) -> bool:
        """False for a bot of the world before a reset."""
        return self._state.bots.get(bot.id) is bot

    def _travel(self, bot: Bot, hook: Webhook, update: Update) -> tuple[Answer | None, str]:
        self._state.lock.release()
        try:
            answer, error = self._post(hook, update)
            reply = read_reply(answer)
            if reply:
                self._on_reply(bot, reply)
        except Exception:  # a worker must go on whatever an answer contains
            logger.exception("delivery of update %s failed", update.id)
            return None, "Webhook connection closed"
        finally:
            self._state.lock.acquire()
        return answer, error

    def _head(self, bot: Bot, lane: str) -> Update | None:
        """The next update of a lane that has not expired."""
        box, now = self._state.boxes[bot.id], self._state.clock.time()
        while lane in box.lanes:
            update = box.lanes[lane][0]
            if update.expires > now:
                return update
            self._state.drop_update(bot, update)
        return None

    def _post(self, hook: Webhook, update: Update) -> tuple[Answer | None, str]:
        try:
            target = parse_target(hook.url)
            answer = self._wire.post(target, hook.secret, update.body.encode(), self._timeout)
        except WireError as error:
            return None, str(error)
        if 200 <= answer.status < 300:
            return answer, ""
        return answer, f"Wrong response from the webhook: {answer.status} {answer.reason}"

    def _settle(
        self, bot: Bot, hook: Webhook, update: Update, answer: Answer | None, error: str
    ) -> None:
        """Done, or again later."""
        now = self._state.clock.time()
        self._note(bot, update, answer.status if answer else None, error)
        if not error:
            hook.gone_since = 0.0
            self._state.drop_update(bot, update)
            self._journal.done.append((bot.id, update))
            return
        hook.last_error_date, hook.last_error_message = int(now), error
        if bot.webhook is not hook:
            return  # replaced meanwhile: the new one starts afresh
        self._count_gone(bot, hook, answer, now)
        self._state.keep_bot(bot)
        delay = retry_after(answer)
        if delay is None:
            fixed = update.attempts < len(LADDER)
            delay = LADDER[update.attempts] if fixed else random.uniform(*LATER)  # noqa: S311
        update.attempts += 1
        update.due = now + delay
        if delay > 0:
            self._sleep(bot, update.lane, update.due)

    def _note(self, bot: Bot, update: Update, status: int | None, error: str) -> None:
        self._journal.deliveries.append(
            {
                "bot_id": bot.id,
                "update_id": update.id,
                "kind": update.kind,
                "attempt": update.attempts + 1,
                "status": status,
                "error": error,
                "at": self._state.clock.time(),
            }
        )

    def _count_gone(self, bot: Bot, hook: Webhook, answer: Answer | None, now: float) -> None:
        if answer is None or answer.status != 410:
            hook.gone_since = 0.0
        elif not hook.gone_since:
            hook.gone_since = now
        elif now - hook.gone_since >= GONE_FOR and bot.webhook is hook:
            bot.webhook = None

    # -- for tests ----------------------------------------------------------------------

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is on the wire or ready; False when that takes too long."""
        until = time.monotonic() + seconds
        with self._state.lock:
            while self._jobs or any(self._active.values()):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._quiet.wait(left)
        return True

    def forget(self) -> None:
        """Drop plans for bots that no longer exist."""
        with self._state.lock:
            self._sleeping.clear()

    def close(self) -> None:
        """Stop all threads; the state must be marked as closing before."""
        self._wire.close()
        with self._state.lock:
            self._work.notify_all()
            self._alarm.notify_all()
            until = time.monotonic() + 2
            while self._workers and (left := until - time.monotonic()) > 0:
                self._quiet.wait(left)
        if self._timer is not None:
            self._timer.join(2)


def retry_after(answer: Answer | None) -> float | None:
    """The Retry-After header in seconds, 0-3600."""
    value = answer.headers.get("retry-after", "") if answer else ""
    return float(value) if value.isdigit() and int(value) <= MAX_RETRY_AFTER else None


def read_reply(answer: Answer | None) -> Json | None:
    """A method call in the webhook's answer, if it is a JSON object of the right type."""
    if answer is None or not 200 <= answer.status < 300 or not answer.body:
        return None
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        values = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    return values if isinstance(values, dict) and "method" in values else None
