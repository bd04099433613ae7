"""OVH as we use it: one account (`Ovh`), and the public data of a host (`Shelf`).

Facts are OVH's own API schemas and ovh/ovhcloud-cli. Money is Decimal in the currency named beside
it, times are aware. Every method raises what errors.py names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ovh_sniper.gateways.accounts import (
    AccessRule,
    Account,
    ApplicationKeys,
    Credential,
    Credentials,
    NewConsumerKey,
    PaymentMethod,
    ServiceAccount,
    check,
)
from ovh_sniper.gateways.carts import Cart, Item, Option, Placed, Quote, QuoteLine, Requirement
from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.errors import Busy, Kind, OvhError, Refused, Unreachable
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.orders import (
    FollowUpEvent,
    FollowUpStep,
    Order,
    OrderLine,
    OrderStatus,
    RetractionReason,
    service_name,
)
from ovh_sniper.gateways.stock import Stock, StockRow, VpsStock

__all__ = [
    "AccessRule",
    "Account",
    "ApplicationKeys",
    "Busy",
    "Cart",
    "Catalogue",
    "Credential",
    "Credentials",
    "FollowUpEvent",
    "FollowUpStep",
    "Host",
    "Item",
    "Kind",
    "NewConsumerKey",
    "Option",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Ovh",
    "OvhError",
    "PaymentMethod",
    "Placed",
    "Quote",
    "QuoteLine",
    "Refused",
    "Requirement",
    "RetractionReason",
    "ServiceAccount",
    "Shelf",
    "Stock",
    "StockRow",
    "Unreachable",
    "VpsStock",
    "connect",
    "request_consumer_key",
    "service_name",
    "shelf",
]


class Ovh(Protocol):
    """One account. Safe to use from any thread."""

    def me(self) -> Account:
        """Return whose account it is."""

    def credential(self) -> Credential:
        """Return the consumer key's rules and life."""

    def payment_method(self) -> PaymentMethod | None:
        """Return the default method if OVH holds it for valid: an order can pay itself."""

    def logout(self) -> None:
        """Make OVH forget the consumer key."""

    def create_cart(self, subsidiary: str, description: str, expires_at: datetime) -> Cart:
        """Make a cart; the subsidiary must be the account's own. Unassigned at first."""

    def assign(self, cart_id: str) -> None:
        """Give the cart to the account: needed before any quote by checkout, and any order."""

    def cart(self, cart_id: str) -> Cart:
        """Return a cart; `is_ordered` after an unclear checkout says that there is an order."""

    def delete_cart(self, cart_id: str) -> None:
        """Throw the cart away, also on every path that failed."""

    def add_item(
        self,
        cart_id: str,
        plan_code: str,
        *,
        duration: str = "P1M",
        mode: str = "default",
        quantity: int = 1,
    ) -> int:
        """Put servers into the cart and return the item's id. OVH looks at no stock here.

        Pairs of duration and mode: P1M default, P1Y upfront12, P2Y upfront24.
        """

    def requirements(self, cart_id: str, item_id: int) -> tuple[Requirement, ...]:
        """Return what to configure."""

    def configure(self, cart_id: str, item_id: int, label: str, value: str) -> None:
        """Set a label, once: OVH takes any value and refuses wrong or double ones at checkout."""

    def setting(self, cart_id: str, item_id: int, setting_id: int) -> tuple[str, str]:
        """Return a label and its value, as OVH took it."""

    def options(self, cart_id: str, plan_code: str) -> tuple[Option, ...]:
        """Return the addons that a plan can have."""

    def add_option(
        self,
        cart_id: str,
        item_id: int,
        plan_code: str,
        *,
        duration: str = "P1M",
        mode: str = "default",
        quantity: int = 1,
    ) -> int:
        """Add an addon to an item and return the option's own item id."""

    def item(self, cart_id: str, item_id: int) -> Item:
        """Return a line of the cart, as to verify which options and labels it has."""

    def quote(self, cart_id: str) -> Quote:
        """Return what the cart costs now; may already refuse for want of stock."""

    def checkout(
        self, cart_id: str, *, autopay: bool = False, waive_retractation: bool = False
    ) -> Placed:
        """Order. `waive_retractation` gives up a consumer's right of withdrawal.

        OVH knows no idempotency key: after Unreachable with `unclear` ask `cart` and
        `orders_between` before anything else.
        """

    def order(self, order_id: int) -> Order:
        """Return an order."""

    def order_status(self, order_id: int) -> OrderStatus:
        """Return how far it is; Refused with code 404: OVH removed it."""

    def orders_between(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """Return the ids of the account's orders of a time."""

    def order_lines(self, order_id: int) -> tuple[OrderLine, ...]:
        """Return the lines with their services; two or more calls a line."""

    def follow_up(self, order_id: int) -> tuple[FollowUpStep, ...]:
        """Return the steps of an order that OVH shows its customers."""

    def pay(self, order_id: int, method_id: int) -> None:
        """Pay with a registered method."""

    def retract(self, order_id: int, reason: RetractionReason, comment: str = "") -> None:
        """Withdraw from a paid order; private customers, 14 days."""


class Shelf(Protocol):
    """What a host shows to everybody. Safe to use from any thread."""

    def availabilities(self, plan_code: str = "", *, etag: str = "", digest: str = "") -> Stock:
        """Return the stock list, of all plans or of one.

        With `etag` and `digest` of the last look an unchanged list is neither parsed nor returned.
        The answer is the same for all accounts of a host: poll it once for all.
        """

    def catalogue(self, subsidiary: str) -> Catalogue:
        """Return the price list; up to 12 MB, to be kept for hours."""

    def vps(self, subsidiary: str, plan_code: str) -> tuple[VpsStock, ...]:
        """Return where a VPS plan can be ordered."""


def connect(credentials: Credentials) -> Ovh:
    """Return an account; calls nobody yet.

    Only these credentials are used: neither the environment nor an `ovh.conf` fills a gap.

    Raises:
        Refused: a part of the credentials is missing.
    """
    check(credentials)
    from ovh_sniper.gateways import live

    return live.LiveOvh(credentials)


def request_consumer_key(
    host: Host, application_key: str, rules: Sequence[AccessRule], redirection: str = ""
) -> NewConsumerKey:
    """Ask for a consumer key; its owner then opens the address, logs in and agrees.

    OVH tells nobody when that is done: it only sends the browser on to `redirection`.
    """
    from ovh_sniper.gateways import live

    return live.request_consumer_key(host, application_key, rules, redirection)


def shelf(host: Host) -> Shelf:
    """Return the public data of a host; calls nobody yet."""
    from ovh_sniper.gateways import public

    return public.LiveShelf(host)
