"""Everything the emulator knows, in memory and on disk."""

import secrets
import threading
from pathlib import Path
from typing import Any

from emulators.clock import Clock
from emulators.ovh.catalogue import Catalogue
from emulators.ovh.hosts import HOSTS
from emulators.ovh.models import (
    Account,
    Application,
    Cart,
    Credential,
    Item,
    Line,
    Order,
    ServiceClient,
    Token,
)
from emulators.ovh.pricing import PriceList, Promotion
from emulators.ovh.stock import Stock
from emulators.storage import Store

FIRST_ORDER, FIRST_ITEM, FIRST_CREDENTIAL = 214365879, 545001, 55130001
FIRST_METHOD = 900000200


class State:
    """Hold `lock` while reading or writing anything here."""

    def __init__(self, data_dir: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.checking_seconds = 30.0  # how long a payment is checked
        self.delivery_seconds = 90.0  # how long a server of stock 1H takes
        self.lock = threading.RLock()
        self.store = Store(data_dir / "ovh.sqlite3" if data_dir else None, self.lock)
        self.stocks = {name: Stock(name) for name in HOSTS}
        self.prices = {name: PriceList(host) for name, host in HOSTS.items()}
        self.catalogues = {name: Catalogue(HOSTS[name], self.prices[name]) for name in HOSTS}
        self.clear()

    def clear(self) -> None:
        """An empty world; what is on disk stays."""
        self.accounts: dict[str, Account] = {}
        self.applications: dict[tuple[str, str], Application] = {}
        self.credentials: dict[tuple[str, str], Credential] = {}
        self.clients: dict[tuple[str, str], ServiceClient] = {}
        self.tokens: dict[str, Token] = {}
        self.carts: dict[str, Cart] = {}
        self.orders: dict[int, Order] = {}
        self.coupons: dict[str, int] = {}
        self.vps: dict[str, list[dict[str, Any]]] = {}
        self._numbers: dict[str, int] = {}
        for name in HOSTS:
            self.stocks[name].load({}, {})
            self.prices[name].changed.clear()
            self.prices[name].promotions.clear()
            self.catalogues[name].forget()

    def now(self) -> float:
        """Unix seconds by the emulator's clock."""
        return self.clock.time()

    def number(self, name: str, first: int) -> int:
        """The next number of a sequence."""
        value = self._numbers.get(name, first - 1) + 1
        self._numbers[name] = value
        self.store.put("numbers", name, value)
        return value

    def secret(self, length: int = 32) -> str:
        """A fresh key."""
        return secrets.token_hex(length)[:length]

    def stock(self, host: str) -> Stock:
        """Availabilities of a host; raises ValueError for an unknown one."""
        if host not in self.stocks:
            raise ValueError(f"unknown host {host!r}")
        return self.stocks[host]

    # -- keeping --------------------------------------------------------------------------

    def keep_account(self, account: Account) -> None:
        """Add or change an account."""
        self.accounts[account.key] = account
        self.store.put("accounts", account.key, account)

    def keep_application(self, application: Application) -> None:
        """Add an application."""
        self.applications[application.host, application.key] = application
        self.store.put("applications", f"{application.host}/{application.key}", application)

    def keep_credential(self, credential: Credential) -> None:
        """Add or change a consumer key."""
        self.credentials[credential.host, credential.consumer_key] = credential
        self.store.put("credentials", f"{credential.host}/{credential.consumer_key}", credential)

    def keep_client(self, client: ServiceClient) -> None:
        """Add or change an OAuth2 client."""
        self.clients[client.host, client.id] = client
        self.store.put("clients", f"{client.host}/{client.id}", client)

    def keep_token(self, token: Token) -> None:
        """Add a bearer token."""
        self.tokens[token.value] = token
        self.store.put("tokens", token.value, token)

    def keep_cart(self, cart: Cart) -> None:
        """Add or change a cart."""
        self.carts[cart.id] = cart
        self.store.put("carts", cart.id, cart)

    def drop_cart(self, cart: Cart) -> None:
        """Forget a cart."""
        del self.carts[cart.id]
        self.store.put("carts", cart.id, None)

    def keep_order(self, order: Order) -> None:
        """Add or change an order."""
        self.orders[order.id] = order
        self.store.put("orders", order.id, order)

    def drop_order(self, number: int) -> None:
        """Forget an order; raises KeyError."""
        del self.orders[number]
        self.store.put("orders", number, None)

    def keep_stock(self, host: str, fqn: str) -> None:
        """Write down the cells of one configuration."""
        stock = self.stocks[host]
        states = stock.changed.get(fqn)
        left = {name: count for (row, name), count in stock.left.items() if row == fqn}
        self.store.put("stock", f"{host}/{fqn}", [states, left] if states else None)

    def keep_price(self, host: str, code: str, month: int | None, setup: int | None) -> None:
        """Change list prices, in 1e-8 currency units; None leaves one as it is sold."""
        self.prices[host].changed[code] = (month, setup)
        self.catalogues[host].forget()
        self.store.put("prices", f"{host}/{code}", [month, setup])

    def keep_promotion(self, promotion: Promotion) -> None:
        """Add a promotion."""
        self.prices[promotion.host].promotions.setdefault(promotion.code, []).append(promotion)
        self.catalogues[promotion.host].forget()
        number = self.number("promotion", 1)
        self.store.put("promotions", f"{number:06d}", promotion)

    def keep_coupon(self, coupon: str, percent: int) -> None:
        """Add a coupon that takes `percent` off every line."""
        self.coupons[coupon] = percent
        self.store.put("coupons", coupon, percent)

    def keep_vps(self, host: str, plan_code: str, rows: list[dict[str, Any]]) -> None:
        """Say where a VPS model can be ordered."""
        self.vps[f"{host}/{plan_code}"] = rows
        self.store.put("vps", f"{host}/{plan_code}", rows)

    # -- loading --------------------------------------------------------------------------

    def load(self) -> bool:
        """Read what is on disk; False when there is nothing."""
        rows = self.store.rows
        self.accounts = {key: Account(**row) for key, row in rows("accounts")}
        for _, row in rows("applications"):
            self.applications[row["host"], row["key"]] = Application(**row)
        for _, row in rows("credentials"):
            self.credentials[row["host"], row["consumer_key"]] = Credential(**row)
        for _, row in rows("clients"):
            self.clients[row["host"], row["id"]] = ServiceClient(**row)
        self.tokens = {key: Token(**row) for key, row in rows("tokens")}
        self.carts = {key: load_cart(row) for key, row in rows("carts")}
        self.orders = {int(key): load_order(row) for key, row in rows("orders")}
        self.coupons = dict(rows("coupons"))
        self.vps = dict(rows("vps"))
        self._numbers = dict(rows("numbers"))
        self._load_shelves()
        return bool(self.accounts)

    def _load_shelves(self) -> None:
        changed: dict[str, dict[str, dict[str, str]]] = {name: {} for name in HOSTS}
        left: dict[str, dict[tuple[str, str], int]] = {name: {} for name in HOSTS}
        for key, (states, counts) in self.store.rows("stock"):
            host, _, fqn = key.partition("/")
            changed[host][fqn] = states
            left[host] |= {(fqn, name): count for name, count in counts.items()}
        for name, stock in self.stocks.items():
            if changed[name]:
                stock.load(changed[name], left[name])
        for key, (month, setup) in self.store.rows("prices"):
            host, _, code = key.partition("/")
            self.prices[host].changed[code] = (month, setup)
        for _, row in self.store.rows("promotions"):
            promotion = Promotion(**row)
            self.prices[promotion.host].promotions.setdefault(promotion.code, []).append(promotion)


def load_item(row: dict[str, Any]) -> Item:
    """An item from its JSON, where keys are text and pairs are lists."""
    configuration = {int(key): tuple(pair) for key, pair in row["configuration"].items()}
    return Item(**{**row, "configuration": configuration})


def load_cart(row: dict[str, Any]) -> Cart:
    """A cart from its JSON."""
    return Cart(
        **{**row, "items": {int(key): load_item(item) for key, item in row["items"].items()}}
    )


def load_order(row: dict[str, Any]) -> Order:
    """An order from its JSON."""
    lines = [
        Line(**{**line, "configuration": [tuple(pair) for pair in line["configuration"]]})
        for line in row["lines"]
    ]
    return Order(**{**row, "lines": lines, "course": [tuple(step) for step in row["course"]]})
