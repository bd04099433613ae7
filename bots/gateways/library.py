"""python-telegram-bot's Bot for synchronous callers: one event loop and one pool a process.

An httpx client belongs to the loop of its first use, costs 20 ms and 1.6 MiB to make, and closing
it breaks every bot that shares it: so it is made once, in a loop that runs in its own thread for
as long as the process does, and is never closed by a bot.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import orjson
from telegram import Bot, InputFile
from telegram import error as library_errors
from telegram.request import HTTPXRequest

from bots.gateways import trust
from bots.gateways.errors import HungUp, TelegramError, Unreachable, from_answer
from bots.gateways.lines import Line
from tenants import contention

__all__ = ["InputFile", "KeptOpen", "ask"]

T = TypeVar("T")

# Connections to the Bot API that a process keeps; more make httpx slower, not faster.
POOL = 64
POLLING_POOL = 256
CONNECT = 5.0
READ = 15.0
POOL_WAIT = 10.0
# the end of a call in any case: httpx counts each read on its own
TOTAL = 45.0
TOTAL_UPLOAD = 120.0
# Failures before the request left: the call was certainly not performed.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# Loggers that write the address of a call, which holds the token, or its parameters.
TALKATIVE = ("httpx", "httpcore", "telegram")


class _Answer(library_errors.TelegramError):
    """Carries an error answer past the library, which keeps neither its code nor its words."""

    def __init__(self, error: TelegramError) -> None:
        super().__init__(str(error))
        self.error = error


class _Transport(HTTPXRequest):
    """The library's httpx transport; error answers come out as bots/gateways/errors.py has them."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if 200 <= code <= 299:
            return code, payload
        try:
            body = orjson.loads(payload)
            description = str(body["description"])
            parameters = body.get("parameters") or {}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            description, parameters = "without a description", {}
        raise _Answer(from_answer(code, description, parameters))


class _Bot(Bot):
    """The library's Bot, asked by the wire names of methods and parameters."""

    async def ask(self, method: str, params: dict[str, Any], read_timeout: float) -> Any:
        # `do_api_request` warns for every method that the library knows under a Python name
        return await self._post(method, params, read_timeout=read_timeout)


class _Runtime:
    """The loop, its thread and the two pools of connections."""

    def __init__(self) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="telegram", daemon=True)
        self.thread.start()
        self.request, self.polling = self.run(self._pools())

    async def _pools(self) -> tuple[_Transport, _Transport]:
        return _pool(POOL), _pool(POLLING_POOL)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for it."""
        return self.begin(work).result()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the loop; the future's `cancel` ends it there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self) -> None:
        """Close the connections and end the loop."""

        async def close() -> None:
            await self.request.shutdown()
            await self.polling.shutdown()

        self.run(close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def _pool(size: int) -> _Transport:
    return _Transport(
        connection_pool_size=size,
        connect_timeout=CONNECT,
        read_timeout=READ,
        pool_timeout=POOL_WAIT,
        httpx_kwargs={
            "verify": trust.context(),
            "limits": httpx.Limits(max_connections=size, keepalive_expiry=30),
            # a proxy from the environment must not be asked for this machine
            "mounts": {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        },
    )


_runtime: _Runtime | None = None
_lock = threading.Lock()


def _forget() -> None:
    """A forked child has neither the thread nor a right to the parent's connections."""
    global _runtime, _lock
    _runtime, _lock = None, threading.Lock()


def stop() -> None:
    """Close this process' connections; the next call opens new ones."""
    global _runtime
    with _lock:
        ending, _runtime = _runtime, None
    if ending is not None:
        ending.stop()


os.register_at_fork(after_in_child=_forget)
atexit.register(stop)


def _running() -> _Runtime:
    global _runtime
    runtime = _runtime
    if runtime is None:
        with _lock:
            runtime = _runtime = _runtime or _Runtime()
    return runtime


@dataclass(frozen=True, slots=True)
class KeptOpen:
    """For how many seconds the server may keep a call open, and how we end it sooner."""

    seconds: float
    line: Line


def ask(
    base_url: str,
    token: str,
    method: str,
    params: dict[str, Any],
    *,
    has_files: bool = False,
    kept_open: KeptOpen | None = None,
) -> Any:
    """Make one Bot API call and return its `result`; blocks the calling thread.

    `kept_open` is for calls that the server keeps open on purpose (getUpdates).

    Raises:
        TelegramError: as bots/gateways/errors.py tells them apart.
    """
    if not method.startswith("get"):
        contention.acts_outside()
    runtime = _running()
    wait = kept_open.seconds if kept_open else 0.0
    limit = (TOTAL_UPLOAD if has_files else TOTAL) + wait
    bot = _Bot(
        token,
        base_url=f"{base_url}/bot",
        request=runtime.request,
        get_updates_request=runtime.polling,
    )

    async def within_limit() -> Any:
        async with asyncio.timeout(limit):
            return await bot.ask(method, params, READ + wait)

    call = runtime.begin(within_limit())
    if kept_open:
        kept_open.line.hold(call)
    try:
        return call.result()
    except CancelledError:
        raise HungUp from None
    except _Answer as answer:
        raise answer.error from None
    except TimeoutError:
        raise Unreachable(f"no answer within {limit:g} s", unclear=True) from None
    except library_errors.TelegramError as error:
        raise _unreachable(error) from None


def _unreachable(error: library_errors.TelegramError) -> Unreachable:
    """Return our error for one of the network; its words are ours, for httpx' may name the URL."""
    cause = error.__cause__
    if isinstance(cause, NOT_SENT):
        return Unreachable("no connection to Telegram", unclear=False)
    if isinstance(error, library_errors.TimedOut):
        return Unreachable("Telegram did not answer in time", unclear=True)
    reason = "an answer that is no JSON" if cause is None else type(cause).__name__
    return Unreachable(f"the connection to Telegram broke ({reason})", unclear=True)
