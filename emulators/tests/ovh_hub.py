"""An OVH emulator on a port, with customers who use the real `ovh` library."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import ovh
from ovh.client import ENDPOINTS, OAUTH2_TOKEN_URLS

from emulators.clock import ManualClock
from emulators.httpd import Server
from emulators.ovh import OvhEmulator
from emulators.ovh.acts import ServiceKeys
from emulators.ovh.world import DEMO, Keys
from emulators.wsgi import Json

KS15 = "27sk15.ram-64g-ecc-3200.softraid-2x960nvme"
KS15_STORAGE = "softraid-2x1024nvme-27sk15"
LABELS = {"dedicated_datacenter": "gra", "dedicated_os": "none_64.en", "region": "europe"}
STOCK = "/dedicated/server/datacenter/availabilities"
TERMS: Json = {"duration": "P1M", "pricingMode": "default", "quantity": 1}


class Hub:
    """What most tests need at once."""

    def __init__(self, emulator: OvhEmulator, clock: ManualClock, url: str) -> None:
        self.emulator, self.clock, self.url = emulator, clock, url
        self.http = httpx.Client()
        self._clients: list[Any] = []

    def base(self, host: str = "eu") -> str:
        return f"{self.url}/ovh/{host}/1.0"

    def get(self, path: str, host: str = "eu", **more: Any) -> httpx.Response:
        """A public call."""
        return self.http.get(self.base(host) + path, **more)

    def post(self, path: str, host: str = "eu", **values: Any) -> httpx.Response:
        """A call without a signature."""
        return self.http.post(self.base(host) + path, json=values)

    def client(self, keys: Keys | None = None, host: str = "eu") -> Any:
        """The real library, with the demo's keys unless others are given."""
        keys = keys or DEMO[host]
        ENDPOINTS["emulator"] = self.base(keys.host)
        client = ovh.Client(
            "emulator",
            application_key=keys.application_key,
            application_secret=keys.application_secret,
            consumer_key=keys.consumer_key,
        )
        self._clients.append(client._session)
        return client

    def service_client(self, keys: ServiceKeys) -> Any:
        """The real library with OAuth2."""
        ENDPOINTS["emulator"] = self.base(keys.host)
        OAUTH2_TOKEN_URLS["emulator"] = f"{self.url}/ovh/{keys.host}/auth/oauth2/token"
        client = ovh.Client("emulator", client_id=keys.client_id, client_secret=keys.client_secret)
        self._clients += [client._session, client._oauth2.session]
        return client

    def cart(self, client: Any, subsidiary: str = "FR", plan: str = "27sk15") -> "CartOf":
        """An assigned cart with one unconfigured item."""
        cart = client.post("/order/cart", ovhSubsidiary=subsidiary)
        path = f"/order/cart/{cart['cartId']}"
        client.post(f"{path}/assign")
        item = client.post(f"{path}/eco", planCode=plan, **TERMS)
        return CartOf(client, path, item["itemId"])

    def ready_cart(self, client: Any, **labels: str) -> "CartOf":
        """A cart of a KS-15 with two 960 GB disks, ready for checkout in gra."""
        cart = self.cart(client)
        cart.configure(**(LABELS | labels))
        cart.add_option(KS15_STORAGE)
        return cart

    def close(self) -> None:
        self.http.close()
        for session in self._clients:
            session.close()


class CartOf:
    """A cart with one plan, and who fills it."""

    def __init__(self, client: Any, path: str, item_id: int) -> None:
        self.client, self.path, self.item_id = client, path, item_id

    @property
    def item(self) -> str:
        return f"{self.path}/item/{self.item_id}"

    def configure(self, **labels: str) -> None:
        for label, value in labels.items():
            self.client.post(f"{self.item}/configuration", label=label, value=value)

    def add_option(self, code: str, **more: Any) -> Any:
        values = TERMS | more
        return self.client.post(
            f"{self.path}/eco/options", itemId=self.item_id, planCode=code, **values
        )

    def status(self, order: Json) -> Any:
        return self.client.get(f"/me/order/{order['orderId']}/status")

    def details(self, order: Json) -> list[Json]:
        path = f"/me/order/{order['orderId']}/details"
        return [self.client.get(f"{path}/{number}") for number in self.client.get(path)]

    def quote(self) -> Any:
        return self.client.get(f"{self.path}/summary")

    def checkout(self, *, autopay: bool = False, waive: bool = False) -> Any:
        return self.client.post(
            f"{self.path}/checkout",
            autoPayWithPreferredPaymentMethod=autopay,
            waiveRetractationPeriod=waive,
        )


@contextmanager
def running(clock: ManualClock) -> Iterator[Hub]:
    """An emulator in memory, served."""
    emulator = OvhEmulator(clock=clock)
    with Server(emulator.app) as server:
        hub = Hub(emulator, clock, server.url)
        yield hub
        hub.close()
        emulator.close()
