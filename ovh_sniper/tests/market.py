"""A tenant's account at the emulated OVH, with stock, time and the clock's tasks moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from ovh_sniper import testing
from ovh_sniper.gateways.ovh import Host, Ovh
from ovh_sniper.models import Account, Order, Poller, StoredCatalogue, WarmCart, Wish
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.carts import keeping
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.ordering import executing, following, reconciling
from ovh_sniper.services.stock.intervals import StockChange
from ovh_sniper.services.wishes import lifecycle, resuming
from ovh_sniper.tasks import orders as tasks
from ovh_sniper.tests import buyer
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.clock import ManualClock
    from emulators.ovh import OvhEmulator

PLAN = "27sk15"
# the cheapest configuration of the plan: 25.98 without tax, 31.18 with France's 20 %
CHEAP = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"
DUE, RENEWAL = "31.18", "15.59"
# nothing of it is a default of OVH's
BIG = "27sk15.ram-128g-ecc-3200.softraid-2x1920nvme"
CHECKOUT = "/order/cart/*/checkout"
# longer than any hold of a worker
LATER = {"minutes": 4}
ROUNDS = 12
DAY = timedelta(days=1)

_prices: dict[tuple[str, str], dict[str, Any]] = {}


class Market:
    """Alice's account at one host, and everything that a test does around it."""

    def __init__(
        self, tenant: Tenant, emulator: OvhEmulator, clock: ManualClock, machine: Any
    ) -> None:
        self.tenant, self.emulator = tenant, emulator
        self._clock, self._machine = clock, machine
        machine.move_to(datetime.fromtimestamp(clock.time(), timezone.get_current_timezone()))
        machine.move_to(self.now, tick=False)
        self.account = self.link()

    # --- Time

    @property
    def now(self) -> datetime:
        """The time, here and at OVH."""
        return timezone.now()

    def wait(self, **much: float) -> None:
        """Let time pass, here and at OVH: seconds, minutes, hours."""
        passed = timedelta(**much)
        self._clock.advance(passed.total_seconds())
        self._machine.shift(passed)

    def local_time(self, **ahead: float) -> datetime:
        """The time on the tenant's clocks, so much later."""
        return (self.now + timedelta(**ahead)).astimezone(ZoneInfo(self.tenant.time_zone))

    # --- Accounts and wishes

    def link(self, host: str = "eu", tenant: Tenant | None = None, **fields: Any) -> Account:
        """Link the demo's account of a host whose prices and stock were read once."""
        account = testing.make_account(tenant or self.tenant, host, **fields)
        _read_prices(account)
        poller, _is_new = Poller.objects.get_or_create(host=host)
        if poller.succeeded_at is None:
            Poller.objects.filter(host=host).update(succeeded_at=self.now)
            testing.poll(host, plan_code=testing.PLAN[host])
        return account

    def refresh_prices(self) -> None:
        """Have the European price list fetched again."""
        testing.fetch_catalogue("eu")

    def wish(self, account: Account | None = None, **fields: Any) -> Wish:
        """Arm a wish: one KS-15 in Gravelines, ordered at once, unless told otherwise."""
        given: dict[str, Any] = {"memory": "ram-64g-ecc-3200", "storage": "softraid-2x500nvme"}
        if (account or self.account).host == "eu":
            given["datacenters"] = ["gra"]
        made = testing.make_wish(account or self.account, **{**given, **fields})
        self.look_at_wishes()
        return made

    def fresh(self, row: Any) -> Any:
        """Read a row of the tenant's again."""
        with self.inside():
            return type(row).objects.get(pk=row.pk)

    def change(self, wish: Wish, **changes: Any) -> Wish:
        """Edit a wish as an admin does."""
        with scope(wish.tenant_id):
            found = Wish.objects.select_related("account").get(pk=wish.pk)
            return lifecycle.edit(
                found, actor=testing.TESTER, now=self.now, may_pay=True, **changes
            )

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open the tenant's scope, as a worker that speaks to OVH has it."""
        with scope(self.tenant, transaction=False):
            yield

    def resume(self, wish: Wish, *, anew: bool = False) -> int:
        """Arm a wish again, as an admin does."""
        with scope(wish.tenant_id):
            rows = Wish.objects.filter(pk=wish.pk)
            return resuming.resume(
                rows, actor=testing.TESTER, now=self.now, may_pay=True, anew=anew
            )

    def pause(self, wish: Wish) -> int:
        """Pause a wish."""
        with scope(wish.tenant_id):
            return lifecycle.pause([wish], actor=testing.TESTER, now=self.now)

    def clear(self, wish: Wish) -> int:
        """Remove a wish."""
        with scope(wish.tenant_id):
            return lifecycle.clear([wish], actor=testing.TESTER, now=self.now)

    # --- Stock

    def put(
        self,
        place: str = "gra",
        word: str = "1H-low",
        *,
        fqn: str = CHEAP,
        count: int | None = None,
        host: str = "eu",
    ) -> None:
        """Put servers on OVH's shelf, and say nothing."""
        self.emulator.set_stock(host, fqn, place, word, count)

    def look(self, host: str = "eu", plan: str = "") -> list[StockChange]:
        """Look at OVH's stock of one plan once, as the poller does."""
        return testing.poll(host, plan_code=plan or testing.PLAN[host])

    def buy_by_hand(self) -> None:
        """Have the account's owner buy the plan's dearest server at OVH himself."""
        owner = ovh_of(self.account)
        owner.checkout(buyer.filled_cart(owner, Host.EU))

    def appear(
        self,
        *places: str,
        word: str = "1H-low",
        fqn: str = CHEAP,
        count: int | None = None,
        host: str = "eu",
    ) -> list[StockChange]:
        """Put servers on the shelf and have them seen."""
        for place in places or ("gra",):
            self.put(place, word, fqn=fqn, count=count, host=host)
        return self.look(host, fqn.partition(".")[0])

    # --- The clock's tasks

    def run(self) -> None:
        """Do what the clock does with orders and wishes, until nothing is due now."""
        for _round in range(ROUNDS):
            tasks.sweep_orders()
            tasks.sweep_wishes()
            if not (following.due(self.now, 1) or reacting.due(self.now, 1)):
                return
        raise AssertionError("the clock finds no rest")

    def later(self, **much: float) -> None:
        """Let time pass, then the clock do its work; by default longer than any worker's hold."""
        self.wait(**(much or LATER))
        self.run()

    def look_at_wishes(self) -> None:
        """Do what is due for wishes."""
        tasks.sweep_wishes()

    def warm(self) -> None:
        """Have carts planned, built and looked after until nothing is due."""
        for _round in range(ROUNDS):
            tasks.keep_carts()
            if not keeping.due(self.now, 1):
                return
        raise AssertionError("the carts find no rest")

    def carry_out(self, order: Order, ovh: Callable[[Ovh], Any] = lambda ovh: ovh) -> str:
        """Have one worker carry an order out, at OVH as he sees it."""
        with scope(order.tenant_id, transaction=False):
            return executing.execute(
                order.pk, now=self.now, connect=lambda account: ovh(ovh_of(account))
            )

    def reconcile(self, order: Order, ovh: Callable[[Ovh], Any] = lambda ovh: ovh) -> str:
        """Have one worker look up an order, at OVH as he sees it."""
        with scope(order.tenant_id, transaction=False):
            return reconciling.reconcile(
                order.pk, now=self.now, connect=lambda account: ovh(ovh_of(account))
            )

    # --- What became of it

    @property
    def orders(self) -> list[Order]:
        """The tenant's orders, the oldest first."""
        return testing.orders_of(self.tenant)

    @property
    def states(self) -> list[str]:
        """How far each order is, with the reason where there is one."""
        return [f"{order.state} {order.reason}".strip() for order in self.orders]

    @property
    def order(self) -> Order:
        """The only order there is."""
        (only,) = self.orders
        return only

    def books(self, host: str = "eu") -> list[dict[str, Any]]:
        """What OVH says was ordered."""
        return self.emulator.orders(host)

    @property
    def places(self) -> list[str]:
        """Where OVH delivers, in the order of its books."""
        return [one["servers"][0]["configuration"]["dedicated_datacenter"] for one in self.books()]

    def calls(self, method: str = "", path: str = "*", host: str = "eu") -> list[str]:
        """What OVH was asked since the last `hush`: ids are left out."""
        return [
            f"{call['method']} {_without_ids(call['path'])}"
            for call in self.emulator.calls(host, method, path)
        ]

    def hush(self) -> None:
        """Forget what OVH was asked until now."""
        self.emulator.clear_calls()

    def fault(self, kind: str, method: str = "POST", path: str = CHECKOUT, **more: Any) -> None:
        """Have OVH fail once at one call."""
        self.emulator.fault(kind, host="eu", method=method, path=path, **more)

    @property
    def carts(self) -> list[dict[str, Any]]:
        """Carts at OVH that were not ordered."""
        return [cart for cart in self.emulator.carts("eu") if not cart["readOnly"]]

    @property
    def cart_rows(self) -> list[WarmCart]:
        """The tenant's rows of carts."""
        with self.inside():
            return list(WarmCart.objects.order_by("pk"))

    def audited(self, action: str) -> list[AuditEvent]:
        """What the audit says of one kind of act."""
        with self.inside():
            return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def _without_ids(path: str) -> str:
    parts = ["*" if len(part) > 30 or part.isdigit() else part for part in path.split("/")]
    return "/".join(parts)


def _read_prices(account: Account) -> None:
    """Have the price list read; it is fetched from the emulator once for all tests."""
    key = (account.host, account.subsidiary)
    mine = StoredCatalogue.objects.filter(host=key[0], subsidiary=key[1])
    if mine.exists():
        return
    if key not in _prices:
        testing.fetch_catalogue(*key)
        _prices[key] = {name: value for name, value in mine.values()[0].items() if name != "id"}
        return
    now = timezone.now()
    StoredCatalogue.objects.create(
        **{**_prices[key], "fetched_at": now, "changed_at": now, "retry_at": now + DAY}
    )
