"""The clouds on this machine, and servers that answer whatever a test wants."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bots.models import Bot
from bots.testing import Someone
from emulators.clock import ManualClock
from emulators.httpd import Server
from tenants.models import Tenant
from tenants.testing import make_tenant, make_user
from traffic_guard.tests.canned import CannedCloud
from traffic_guard.tests.chatting import make_staff, make_traffic_bot
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.pages import browser
from traffic_guard.tests.watched import Watched

if TYPE_CHECKING:
    from django.test import Client as Browser

    from emulators.feishu import FeishuEmulator
    from emulators.huawei import HuaweiEmulator
    from emulators.tidewater import TidewaterEmulator

# a Wednesday in the middle of an hour, far from the end of a day, of a month or of summer time
START = datetime(2026, 6, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _same_day(time_machine: Any) -> None:
    """Begin every test at the same moment, so that no result depends on when it runs."""
    time_machine.move_to(START, tick=True)


@pytest.fixture(scope="session")
def huawei_clock() -> ManualClock:
    """The emulator's clock: it stands still until a test moves it."""
    return ManualClock()


@pytest.fixture(scope="session")
def _huawei_server(huawei_clock: ManualClock) -> Iterator[tuple[HuaweiEmulator, str]]:
    from emulators.huawei import HuaweiEmulator

    emulator = HuaweiEmulator(clock=huawei_clock)
    with Server(emulator.app) as server:
        yield emulator, server.url
    emulator.close()


@pytest.fixture
def huawei(
    _huawei_server: tuple[HuaweiEmulator, str], huawei_clock: ManualClock, settings: Any
) -> Iterator[HuaweiEmulator]:
    """The demo world of Huawei Cloud, served where the HUAWEI_… settings point to.

    Its flow control is off: time that stands still would never let an eleventh call through.
    """
    emulator, url = _huawei_server
    # it stands still between tests, and another one may have moved it by days
    huawei_clock.advance(time.time() - huawei_clock.time())
    emulator.reset()
    emulator.limits.per_second = 0
    for service in ("iam", "config", "bss"):
        setattr(settings, f"HUAWEI_{service.upper()}_URL", f"{url}/huawei/{service}/{{site}}")
    for service in ("ecs", "vpc", "ces"):
        setattr(settings, f"HUAWEI_{service.upper()}_URL", f"{url}/huawei/{service}/{{region}}")
    yield emulator
    emulator.clear_faults()


@pytest.fixture
def tidewater(huawei_clock: ManualClock, settings: Any) -> Iterator[TidewaterEmulator]:
    """The second cloud, offered to tenants; it lives by the same clock."""
    from emulators.tidewater import TidewaterEmulator

    huawei_clock.advance(time.time() - huawei_clock.time())
    emulator = TidewaterEmulator(clock=huawei_clock)
    with Server(emulator.app) as server:
        settings.TIDEWATER_API_URL = f"{server.url}/tidewater"
        yield emulator
    emulator.close()


# --- Tenants: Alice owns one, Charlie is a stranger with one of his own


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("Alice's", owner=make_user("alice@example.org"))


@pytest.fixture
def stranger(db: None) -> Tenant:
    """Another tenant, Charlie's."""
    return make_tenant("Charlie's", owner=make_user("charlie@example.org"))


@pytest.fixture
def alice(tenant: Tenant) -> Browser:
    """The owner's browser."""
    return browser("alice@example.org")


@pytest.fixture
def charlie(stranger: Tenant) -> Browser:
    """The stranger's browser."""
    return browser("charlie@example.org")


@pytest.fixture
def watched(
    tenant: Tenant, huawei: HuaweiEmulator, huawei_clock: ManualClock, time_machine: Any
) -> Watched:
    """Alice's account at Huawei Cloud, with time that stands still."""
    return Watched(tenant, huawei, huawei_clock, time_machine)


@pytest.fixture
def guarded(
    tenant: Tenant, huawei: HuaweiEmulator, huawei_clock: ManualClock, time_machine: Any
) -> Guarded:
    """The same with the guard on."""
    return Guarded(tenant, huawei, huawei_clock, time_machine)


# --- A bot of Alice's with the product


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_traffic_bot(tenant)


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator of Alice's tenant."""
    return make_staff(bot, "operator")


@pytest.fixture
def canned(settings: Any) -> Iterator[CannedCloud]:
    """A server in the place of all of Huawei Cloud's services."""
    app = CannedCloud()
    with Server(app) as server:
        for service in ("iam", "config", "bss", "ecs", "vpc", "ces"):
            setattr(settings, f"HUAWEI_{service.upper()}_URL", server.url)
        yield app
        app.closed.set()


@pytest.fixture
def feishu(settings: Any) -> Iterator[FeishuEmulator]:
    """Feishu's custom bots on this machine."""
    from emulators.feishu import FeishuEmulator

    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = f"{server.url}/feishu"
        yield emulator
    emulator.close()
