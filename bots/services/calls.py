"""A sender's calls: made side by side, and remembered until their answers are written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bots.gateways.errors import Refused, TelegramError
from bots.gateways.telegram import Telegram
from bots.models import OutboxMessage

log = logging.getLogger(__name__)

Call = Future[Any]
pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="send")


@dataclass(frozen=True, slots=True)
class Job:
    """A message that is being sent, and how many seconds its slot is away."""

    message: OutboxMessage
    method: str
    params: dict[str, Any]
    wait: float


class Calls:
    """The calls of one sender that are under way."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep = sleep
        self.under_way: dict[Call, Job] = {}

    @property
    def chats(self) -> list[int]:
        """The chats that wait for one of these calls to end, or order would be lost."""
        jobs = self.under_way.values()
        return [job.message.chat_id for job in jobs if job.message.chat_id is not None]

    def start(self, telegram: Telegram, jobs: Iterable[Job]) -> list[Call]:
        """Make the jobs' calls, each in its slot; a call's result is an answer or an error."""
        started = {pool.submit(self._make, telegram, job): job for job in jobs}
        self.under_way.update(started)
        return list(started)

    def ended(self) -> list[tuple[Call, Job]]:
        """Return the calls that have ended, and forget them."""
        return [(call, self.under_way.pop(call)) for call in list(self.under_way) if call.done()]

    def _make(self, telegram: Telegram, job: Job) -> Any:
        if job.wait:
            self.sleep(job.wait)
        try:
            return telegram.call(job.method, job.params)
        except TelegramError as error:
            return error
        except Exception as error:
            # a call that cannot even be made is the message's fault, not its wave's
            log.exception("message %s cannot be sent", job.message.pk)
            return Refused(0, f"the call could not be made ({type(error).__name__})")
