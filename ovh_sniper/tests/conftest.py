"""OVH on this machine: the emulator, and a server that answers whatever a test wants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from bots.models import Bot
from bots.testing import Someone
from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.ovh.assortment import thinned
from emulators.ovh.world import DEMO
from ovh_sniper.gateways.client import Client
from ovh_sniper.gateways.ovh import ApplicationKeys, Host, Ovh, connect
from ovh_sniper.models import Alert, ChatRequest, Order, Wish
from ovh_sniper.testing import fetch_catalogue, make_account, make_wish, poll, run_orders
from ovh_sniper.tests.buyer import account_of
from ovh_sniper.tests.canned import CannedOvh
from ovh_sniper.tests.chatting import CHEAPEST, PLAN, make_ovh_bot, make_staff
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.pages import browser
from ovh_sniper.tests.programs import ALL, Program
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import make_tenant, make_user

if TYPE_CHECKING:
    from django.test import Client as Browser

    from emulators.ovh import OvhEmulator
    from ovh_sniper.models import Account


# A whole list of 9,000 configurations is for the tests that ask for `whole_assortment`: all others
# have one in so many of OVH's nameless plans, beside all that have a name.
THINNED = 20
Servers = Callable[[int], "tuple[OvhEmulator, str]"]


@pytest.fixture
def whole_assortment() -> None:
    """Lists as long as the real ones."""


@pytest.fixture
def _thinned_by(request: pytest.FixtureRequest) -> int:
    return 1 if "whole_assortment" in request.fixturenames else THINNED


@pytest.fixture(autouse=True)
def _assortment(_thinned_by: int) -> Iterator[None]:
    with thinned(_thinned_by):
        yield


@pytest.fixture(scope="session")
def ovh_clock() -> ManualClock:
    """The emulator's clock: it stands still until a test moves it."""
    return ManualClock()


@pytest.fixture(scope="session")
def _ovh_servers(ovh_clock: ManualClock) -> Iterator[Servers]:
    from emulators.ovh import OvhEmulator

    with ExitStack() as stack:

        @cache
        def server(by: int) -> tuple[OvhEmulator, str]:
            with thinned(by):
                emulator = OvhEmulator(clock=ovh_clock)
            stack.callback(emulator.close)
            return emulator, stack.enter_context(Server(emulator.app)).url

        yield server


@pytest.fixture
def ovh_emulator(
    _ovh_servers: Servers, _thinned_by: int, ovh_clock: ManualClock, settings: Any
) -> Iterator[OvhEmulator]:
    """The demo world, served where OVH_API_URL points to."""
    emulator, url = _ovh_servers(_thinned_by)
    # it stands still between tests, and another one may have moved it by days
    ovh_clock.advance(time.time() - ovh_clock.time())
    emulator.reset()
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


# --- Tenants: Alice owns one, Charlie is a stranger with one of his own


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant("Alice's", owner=make_user("alice@example.org"))


@pytest.fixture
def stranger(db: None) -> Tenant:
    """Another tenant, Charlie's."""
    return make_tenant("Charlie's", owner=make_user("charlie@example.org"))


@pytest.fixture
def linked(tenant: Tenant, ovh_emulator: OvhEmulator) -> Account:
    """Alice's European account at the emulated OVH, its price list read."""
    account = make_account(tenant)
    fetch_catalogue("eu")
    return account


@pytest.fixture
def market(
    tenant: Tenant, ovh_emulator: OvhEmulator, ovh_clock: ManualClock, time_machine: Any
) -> Market:
    """Alice's European account with prices and stock, and time that stands still."""
    return Market(tenant, ovh_emulator, ovh_clock, time_machine)


@pytest.fixture
def unread(tenant: Tenant) -> Account:
    """Alice's European account where no price matters: nobody has asked OVH for any yet."""
    return make_account(tenant)


@pytest.fixture
def shop(linked: Account, ovh_emulator: OvhEmulator) -> Account:
    """Alice's account, with the demo's plan in stock in Gravelines."""
    ovh_emulator.set_stock("eu", "27sk15", "unavailable", "unavailable")
    ovh_emulator.set_stock("eu", "27sk15", "gra", "1H-high")
    poll(plan_code="27sk15")
    return linked


@pytest.fixture
def program(tenant: Tenant) -> Program:
    """Whoever calls the API with a key that may do everything."""
    return Program(tenant, *ALL)


@pytest.fixture
def alice(tenant: Tenant) -> Browser:
    """The owner's browser."""
    return browser("alice@example.org")


@pytest.fixture
def charlie(stranger: Tenant) -> Browser:
    """The stranger's browser."""
    return browser("charlie@example.org")


# --- A bot of Alice's with the product, and what has happened in its chats


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_ovh_bot(tenant)


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    """An operator of Alice's tenant."""
    return make_staff(bot, "operator")


@pytest.fixture
def world(bot: Bot, oscar: Someone, linked: Account, ovh_emulator: OvhEmulator) -> dict[str, str]:
    """Alice's wish, alert, preview, placed order: the public id of each."""
    poll()
    make_wish(linked, datacenters=["gra"])
    make_wish(linked, mode="ask", datacenters=["rbx"])
    for place in ("gra", "rbx"):
        ovh_emulator.set_stock("eu", CHEAPEST, place, "1H-low")
    poll()
    run_orders()
    oscar.says(f"{PLAN} rbx 2")
    with scope(bot.tenant):
        return {
            "wish": Wish.objects.get(mode="ask").public_id,
            "alert": Alert.objects.get(wish__mode="ask").public_id,
            "request": ChatRequest.objects.get().public_id,
            "order": Order.objects.get().public_id,
            "account": linked.public_id,
        }
