"""An emulator on a port, the real library as its client, and a webhook that can be scripted."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

import httpx
import orjson
import pytest
import telegram
from telegram.request import HTTPXRequest

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.huawei import HuaweiEmulator
from emulators.telegram import TelegramEmulator
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from emulators.tests.huawei_hub import Hub as HuaweiHub
from emulators.wsgi import Environ, Json, Start, answer, read_body, status_line

T = TypeVar("T")
Act = Callable[[telegram.Bot], Coroutine[Any, Any, T]]


class Receiver:
    """A webhook: records what comes, answers what the test has queued, else 200."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.updates: list[Json] = []
        self.requests: list[Environ] = []
        self.answers: deque[Any] = deque()
        self.gates: dict[str, threading.Event] = {}
        self.running = self.most = 0

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        update = orjson.loads(read_body(environ))
        kind = next(key for key in update if key != "update_id")
        with self.lock:
            self.updates.append(update)
            self.requests.append(environ)
            self.running += 1
            self.most = max(self.most, self.running)
            planned = self.answers.popleft() if self.answers else 200
            self.lock.notify_all()
        if kind in self.gates:
            self.gates[kind].wait(10)
        with self.lock:
            self.running -= 1
        if isinstance(planned, Exception):
            raise planned
        if isinstance(planned, dict):
            return answer(start, 200, orjson.dumps(planned), "application/json")
        status, headers = planned if isinstance(planned, tuple) else (planned, [])
        start(status_line(status), [("Content-Length", "0"), *headers])
        return [b""]

    def wait_for(self, count: int) -> None:
        with self.lock:
            assert self.lock.wait_for(lambda: len(self.updates) >= count, 10)

    @property
    def ids(self) -> list[int]:
        return [update["update_id"] for update in self.updates]


class Hub:
    """What most tests need at once."""

    def __init__(self, emulator: TelegramEmulator, clock: ManualClock, url: str) -> None:
        self.emulator, self.clock, self.url = emulator, clock, url

    def run(self, act: Act[T], token: str = DEMO_TOKEN) -> T:
        """Run one coroutine with a real Bot."""

        async def body() -> T:
            request = HTTPXRequest(connection_pool_size=64)
            bot = telegram.Bot(
                token,
                base_url=f"{self.url}/bot",
                base_file_url=f"{self.url}/file/bot",
                request=request,
                get_updates_request=request,
            )
            try:
                return await act(bot)
            finally:
                await request.shutdown()

        return asyncio.run(body())

    def last_kinds(self, bot_id: int = DEMO_BOT_ID) -> list[str]:
        return [update.kind for update in self.emulator.state.boxes[bot_id].updates.values()]


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the int form warns


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000.0)


@pytest.fixture
def hub(clock: ManualClock) -> Iterator[Hub]:
    emulator = TelegramEmulator(clock=clock)
    with Server(emulator.app) as server:
        yield Hub(emulator, clock, server.url)
        emulator.close()


@pytest.fixture
def chatting(hub: Hub) -> Hub:
    """Alice has started the demo bot."""
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    return hub


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all: making one takes longer than most calls."""
    with httpx.Client() as client:
        yield client


@pytest.fixture
def huawei(clock: ManualClock, http: httpx.Client) -> Iterator[HuaweiHub]:
    """An emulated Huawei Cloud without flow control: the clock stands still."""
    emulator = HuaweiEmulator(clock=clock)
    emulator.limits.per_second = 0
    with Server(emulator.app) as server:
        yield HuaweiHub(emulator, clock, server.url, http)
    emulator.close()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hooked(chatting: Hub, receiver: Receiver) -> Iterator[Hub]:
    """The demo bot's updates go to the receiver; the queue is empty."""
    with Server(receiver.app) as server:
        url = f"{server.url}/hook/"
        chatting.run(
            lambda bot: bot.set_webhook(url, secret_token="s3cret", drop_pending_updates=True)
        )
        yield chatting
        for gate in receiver.gates.values():
            gate.set()
        chatting.emulator.settle()
