"""OVH on this machine: the emulator, and a server that answers whatever a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.ovh.world import DEMO
from ovh_sniper.gateways.client import Client
from ovh_sniper.gateways.ovh import ApplicationKeys, Host, Ovh, connect
from ovh_sniper.tests.buyer import account_of
from ovh_sniper.tests.canned import CannedOvh

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator


@pytest.fixture(scope="session")
def ovh_clock() -> ManualClock:
    """The emulator's clock: it stands still until a test moves it."""
    return ManualClock()


@pytest.fixture(scope="session")
def _ovh_server(ovh_clock: ManualClock) -> Iterator[tuple[OvhEmulator, str]]:
    # 0.7 s to build, so once for all tests
    from emulators.ovh import OvhEmulator

    emulator = OvhEmulator(clock=ovh_clock)
    with Server(emulator.app) as server:
        yield emulator, server.url
    emulator.close()


@pytest.fixture
def ovh_emulator(_ovh_server: tuple[OvhEmulator, str], settings: Any) -> Iterator[OvhEmulator]:
    """The demo world, served where OVH_API_URL points to."""
    emulator, url = _ovh_server
    emulator.reset()
    # the emulator's clock stands still between tests
    Client.deltas.clear()
    settings.OVH_API_URL = f"{url}/ovh/{{host}}/1.0"
    yield emulator
    emulator.clear_faults()


@pytest.fixture
def buyer(ovh_emulator: OvhEmulator) -> Ovh:
    """The demo's European account."""
    return account_of(DEMO["eu"])


@pytest.fixture
def canned(settings: Any) -> Iterator[CannedOvh]:
    """A server in the place of all three hosts."""
    app = CannedOvh()
    # a port may come back, and with it what another test's clock was
    Client.deltas.clear()
    with Server(app) as server:
        settings.OVH_API_URL = server.url
        yield app
        app.closed.set()


@pytest.fixture
def keys() -> ApplicationKeys:
    return ApplicationKeys(Host.EU, "appkey0000000001", "sEcReT-0123456789", "cOnSuMeR-9876543210")


@pytest.fixture
def account(canned: CannedOvh, keys: ApplicationKeys) -> Ovh:
    """An account at the canned OVH."""
    return connect(keys)
