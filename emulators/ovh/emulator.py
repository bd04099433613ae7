"""The emulator: its HTTP face, and its Python face for tests."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emulators.clock import Clock
from emulators.ovh import acts, lifecycle
from emulators.ovh.acts import ServiceKeys
from emulators.ovh.api import Api
from emulators.ovh.auth import matches
from emulators.ovh.carts import show_cart
from emulators.ovh.control import Control
from emulators.ovh.faults import Fault, Faults
from emulators.ovh.hosts import HOSTS, find_host
from emulators.ovh.models import Account
from emulators.ovh.money import ucents
from emulators.ovh.pages import Pages
from emulators.ovh.pricing import SETUP, Promotion
from emulators.ovh.routes import GRANT
from emulators.ovh.state import State
from emulators.ovh.wire import VERSIONS
from emulators.ovh.world import DEMO, Keys, populate
from emulators.wsgi import Environ, HttpError, Json, Start, answer_json

PREFIX = "/ovh"
Amount = str | int | Decimal


class OvhEmulator:
    """`app` serves it below its own root and below /ovh."""

    def __init__(self, data_dir: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.state = State(data_dir, self.clock)
        self.faults = Faults()
        self._api = Api(self.state, self.faults)
        self._control = Control(self)
        self._pages = Pages(self)
        if not self.state.load():
            populate(self.state)

    # -- stock and prices -------------------------------------------------------------------

    def set_stock(
        self,
        host: str,
        fqn: str,
        datacenter: str,
        availability: str,
        quantity: int | None = None,
    ) -> None:
        """Change one configuration, or all of a plan when given its code. `quantity` servers can
        be ordered before it is sold out, None for no end; "" takes the datacenter off the list.
        Raises ValueError for what does not exist."""
        with self.state.lock:
            stock = self.state.stock(host)
            for name in stock.configurations(fqn):
                stock.set(name, datacenter, availability, quantity)
                self.state.keep_stock(host, name)

    def stock(self, host: str, plan_code: str) -> list[Json]:
        """Rows of a plan as the API answers them; raises ValueError for an unknown one."""
        with self.state.lock:
            stock = self.state.stock(host)
            return [stock.row(fqn) for fqn in stock.configurations(plan_code)]

    def sell_out(self, host: str) -> None:
        """Nothing can be ordered any more."""
        with self.state.lock:
            acts.sell_out(self.state, host)

    def restock(self, host: str, count: int = 5) -> list[tuple[str, str]]:
        """Put up to `count` random sold-out cells of the named plans on sale: (fqn, datacenter)."""
        with self.state.lock:
            return acts.restock(self.state, host, count)

    def set_price(
        self, host: str, code: str, month: Amount | None = None, setup: Amount | None = None
    ) -> None:
        """Change the list price of a plan or an addon, in whole currency units without tax; None
        leaves it as it is sold. Raises ValueError for an unknown code."""
        with self.state.lock:
            acts.check_code(host, code)
            prices = [None if amount is None else ucents(amount) for amount in (month, setup)]
            self.state.keep_price(host, code, prices[0], prices[1])

    def add_promotion(  # noqa: PLR0913 - a promotion has that many sides
        self,
        host: str,
        code: str,
        price: Amount,
        capacity: str = SETUP,
        name: str = "Promotion",
        starts: float | None = None,
        ends: float | None = None,
    ) -> None:
        """Sell a plan or an addon for `price` (whole currency units without tax) between two
        moments in Unix seconds; `capacity` is installation or renew. Raises ValueError."""
        with self.state.lock:
            acts.check_code(host, code)
            self.state.keep_promotion(
                Promotion(host, code, capacity, ucents(price), name, name, starts, ends)
            )

    def add_coupon(self, coupon: str, percent: int) -> None:
        """Let carts take a coupon."""
        with self.state.lock:
            self.state.keep_coupon(coupon, percent)

    def set_vps(self, host: str, plan_code: str, rows: list[Json]) -> None:
        """Say where a VPS can be ordered: rows as GET /vps/order/rule/datacenter answers them."""
        with self.state.lock:
            self.state.keep_vps(host, plan_code, rows)

    # -- accounts and keys ------------------------------------------------------------------

    def add_account(
        self,
        host: str = "eu",
        subsidiary: str = "",
        *,
        rules: list[dict[str, str]] | None = None,
        method_status: str = "VALID",
        **more: Any,
    ) -> Keys:
        """A customer with an application and an accepted consumer key with `rules`, all when
        None. `method_status` "" means no payment method; `more` sets fields of the account."""
        with self.state.lock:
            return acts.add_account(self.state, host, subsidiary, rules, method_status, more)

    def account(self, host: str, nichandle: str = "") -> Account:
        """An account, the demo's unless named; raises KeyError."""
        return self.state.accounts[f"{host}/{nichandle or DEMO[host].nichandle}"]

    def accounts(self, host: str) -> list[Account]:
        """Accounts of a host."""
        with self.state.lock:
            return [account for account in self.state.accounts.values() if account.host == host]

    def set_account(self, host: str, nichandle: str = "", **changes: Any) -> None:
        """Change fields of an account, for example method_status="EXPIRED"."""
        with self.state.lock:
            account = self.account(host, nichandle)
            for name, value in changes.items():
                getattr(account, name)  # an unknown field is an error
                setattr(account, name, value)
            self.state.keep_account(account)

    def add_service_account(
        self, host: str, actions: list[str], nichandle: str = ""
    ) -> ServiceKeys:
        """An OAuth2 client of an account (the demo's unless named) with IAM actions; `*` stands
        for anything in one."""
        with self.state.lock:
            return acts.add_service_account(self.state, self.account(host, nichandle), actions)

    def accept(
        self, token: str, validity: float | None = None, nichandle: str = "", *, allow: bool = True
    ) -> str:
        """Accept or refuse a requested consumer key by its validation URL or token, for
        `validity` seconds (None: for ever); returns where the browser is sent, "" for nowhere.
        Raises HttpError 404."""
        query = parse_qs(urlsplit(token).query)
        name = query.get("credentialToken", [token])[0]
        with self.state.lock:
            return acts.decide(self.state, name, validity, nichandle, allow=allow)

    def expire(self, keys: Keys) -> None:
        """End a consumer key."""
        with self.state.lock:
            credential = self.state.credentials[keys.host, keys.consumer_key]
            credential.expiration = self.state.now()
            self.state.keep_credential(credential)

    # -- books ------------------------------------------------------------------------------

    def orders(self, host: str) -> list[Json]:
        """The books: every order of a host with its status, oldest first."""
        with self.state.lock:
            return [
                acts.show_order(self.state, order)
                for order in self.state.orders.values()
                if order.host == host
            ]

    def set_order(self, host: str, order_id: int, status: str) -> None:
        """Put an order into a status now; raises KeyError or ValueError."""
        with self.state.lock:
            order = self.state.orders[order_id]
            if order.host != host:
                raise KeyError(order_id)
            lifecycle.advance(self.state, order, status)

    def remove_order(self, order_id: int) -> None:
        """Make an order disappear, as OVH does with some: its routes answer 404."""
        with self.state.lock:
            self.state.drop_order(order_id)

    def carts(self, host: str) -> list[Json]:
        """Carts that have not expired."""
        with self.state.lock:
            return [
                {**show_cart(cart), "owner": cart.owner, "orderId": cart.order_id}
                for cart in self.state.carts.values()
                if cart.host == host and cart.expire > self.state.now()
            ]

    def calls(self, host: str = "", method: str = "", path: str = "*") -> list[Json]:
        """The journal: at, host, method, path (after the version; `oauth2/token` for tokens),
        query, status; status 0 got no answer. `path` may hold `*`."""
        return [
            entry
            for entry in list(self._api.journal)
            if host in ("", entry["host"])
            and method in ("", entry["method"])
            and matches(path, entry["path"])
        ]

    def fault(self, kind: str, **more: Any) -> None:
        """Arm a fault: see emulators.ovh.faults. Raises ValueError for an unknown kind."""
        self.faults.add(Fault(kind, **more))

    def clear_faults(self) -> None:
        """Disarm all."""
        self.faults.clear()

    def clear_calls(self) -> None:
        """Forget the journal."""
        self._api.journal.clear()

    def reset(self) -> None:
        """Back to the demo world."""
        with self.state.lock:
            self.state.store.clear()
            self.state.clear()
            self.faults.clear()
            self._api.journal.clear()
            populate(self.state)

    def close(self) -> None:
        """Write everything to disk."""
        self.state.store.close()

    # -- HTTP -------------------------------------------------------------------------------

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The WSGI callable."""
        path = str(environ["PATH_INFO"])
        if path.startswith(f"{PREFIX}/"):
            environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + PREFIX
            path = environ["PATH_INFO"] = path.removeprefix(PREFIX)
        try:
            return self._serve(path, environ, start)
        except HttpError as error:
            return answer_json(start, {"error": error.text}, error.status)

    def _serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        name, _, rest = path.removeprefix("/").partition("/")
        if name == "control":
            return self._control.serve(f"/{rest}", environ, start)
        if name not in HOSTS:
            return self._pages.serve_index(environ, start)
        host = find_host(name)
        version, _, route = rest.partition("/")
        if version in VERSIONS:
            return self._api.serve(host, f"/{route}", environ, start)
        if rest == "auth/oauth2/token":
            return self._api.serve(host, GRANT, environ, start)
        return self._pages.serve(host, rest, environ, start)
