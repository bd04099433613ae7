"""The gateway on the real API: which call, which path, which fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote as quoted
from zoneinfo import ZoneInfo

from ovh_sniper.gateways import parsing
from ovh_sniper.gateways.accounts import (
    AccessRule,
    Account,
    Credential,
    Credentials,
    NewConsumerKey,
    PaymentMethod,
)
from ovh_sniper.gateways.carts import Cart, Item, Option, Placed, Quote, Requirement
from ovh_sniper.gateways.client import Client
from ovh_sniper.gateways.errors import Call, Refused
from ovh_sniper.gateways.hosts import ZONES, Host
from ovh_sniper.gateways.orders import (
    FollowUpStep,
    Order,
    OrderLine,
    OrderStatus,
    RetractionReason,
)
from ovh_sniper.gateways.wire import Ids, ask, each, nothing, numbers

T = TypeVar("T")


class LiveOvh:
    """One account over HTTP; safe to use from any thread."""

    __slots__ = ("_client", "_host")

    def __init__(self, credentials: Credentials) -> None:
        self._host = credentials.host
        self._client = Client.of(credentials)

    def __repr__(self) -> str:
        return f"<Ovh account at {self._host}>"

    # --- Account

    def me(self) -> Account:
        return self._ask(Call("GET", "/me"), parsing.account)

    def credential(self) -> Credential:
        call = Call("GET", "/auth/currentCredential")
        return self._ask(call, lambda answer: parsing.credential(answer, self._zone))

    def payment_method(self) -> PaymentMethod | None:
        call = Call("GET", "/me/payment/method")
        found = self._ask(call, numbers, query="default=true")
        return next(filter(None, map(self._valid_method, found)), None)

    def _valid_method(self, number: int) -> PaymentMethod | None:
        return self._ask(
            Call("GET", "/me/payment/method/*"),
            lambda answer: parsing.valid_payment_method(number, answer),
            ids=number,
        )

    def logout(self) -> None:
        self._ask(Call("POST", "/auth/logout"), nothing)

    # --- Carts. What OVH's schema marks "no authentication" is sent unsigned: it needs no rule.

    def create_cart(self, subsidiary: str, description: str, expires_at: datetime) -> Cart:
        body = {
            "ovhSubsidiary": subsidiary,
            "description": description,
            "expire": _rfc3339(expires_at),
        }
        call = Call("POST", "/order/cart", signed=False)
        return self._ask(call, self._cart, body=body)

    def assign(self, cart_id: str) -> None:
        self._ask(Call("POST", "/order/cart/*/assign"), nothing, ids=cart_id)

    def cart(self, cart_id: str) -> Cart:
        return self._ask(Call("GET", "/order/cart/*"), self._cart, ids=cart_id)

    def delete_cart(self, cart_id: str) -> None:
        self._ask(Call("DELETE", "/order/cart/*"), nothing, ids=cart_id)

    def add_item(
        self,
        cart_id: str,
        plan_code: str,
        *,
        duration: str = "P1M",
        mode: str = "default",
        quantity: int = 1,
    ) -> int:
        call = Call("POST", "/order/cart/*/eco", signed=False)
        body = _wish(plan_code, duration, mode, quantity)
        return self._ask(call, parsing.item, ids=cart_id, body=body).id

    def requirements(self, cart_id: str, item_id: int) -> tuple[Requirement, ...]:
        call = Call("GET", "/order/cart/*/item/*/requiredConfiguration", signed=False)
        return self._ask(call, each(parsing.requirement), ids=(cart_id, item_id))

    def configure(self, cart_id: str, item_id: int, label: str, value: str) -> None:
        call = Call("POST", "/order/cart/*/item/*/configuration", signed=False)
        body = {"label": label, "value": value}
        self._ask(call, nothing, ids=(cart_id, item_id), body=body)

    def setting(self, cart_id: str, item_id: int, setting_id: int) -> tuple[str, str]:
        call = Call("GET", "/order/cart/*/item/*/configuration/*", signed=False)
        return self._ask(call, parsing.setting, ids=(cart_id, item_id, setting_id))

    def options(self, cart_id: str, plan_code: str) -> tuple[Option, ...]:
        call = Call("GET", "/order/cart/*/eco/options", signed=False)
        query = f"planCode={quoted(plan_code, safe='')}"
        return self._ask(call, each(parsing.option), ids=cart_id, query=query)

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
        call = Call("POST", "/order/cart/*/eco/options", signed=False)
        body = {"itemId": item_id, **_wish(plan_code, duration, mode, quantity)}
        return self._ask(call, parsing.item, ids=cart_id, body=body).id

    def item(self, cart_id: str, item_id: int) -> Item:
        call = Call("GET", "/order/cart/*/item/*", signed=False)
        item = self._ask(call, parsing.item, ids=(cart_id, item_id))
        if item.setting_ids or item.parent_id is not None:
            return item
        # `configurations` may be null (api.ovh.com, model order.cart.Item): the list is not
        call = Call("GET", "/order/cart/*/item/*/configuration", signed=False)
        return replace(item, setting_ids=self._ask(call, numbers, ids=(cart_id, item_id)))

    def quote(self, cart_id: str) -> Quote:
        # not /summary: only here OVH knows whose taxes to count
        call = Call("GET", "/order/cart/*/checkout")
        return self._ask(call, parsing.quote, ids=cart_id)

    def checkout(
        self, cart_id: str, *, autopay: bool = False, waive_retractation: bool = False
    ) -> Placed:
        call = Call("POST", "/order/cart/*/checkout", spends=True)
        body = {
            "autoPayWithPreferredPaymentMethod": autopay,
            "waiveRetractationPeriod": waive_retractation,
        }
        return self._ask(call, parsing.placed, ids=cart_id, body=body)

    # --- Orders

    def order(self, order_id: int) -> Order:
        return self._ask(
            Call("GET", "/me/order/*"),
            lambda answer: parsing.order(answer, self._zone),
            ids=order_id,
        )

    def order_status(self, order_id: int) -> OrderStatus:
        call = Call("GET", "/me/order/*/status")
        return self._ask(call, parsing.order_status, ids=order_id)

    def orders_between(self, start: datetime, end: datetime) -> tuple[int, ...]:
        # whole seconds, outwards: no order of the time may be missed
        until = end.replace(microsecond=0) + timedelta(seconds=1)
        times = {"date.from": start, "date.to": until}
        query = "&".join(f"{name}={quoted(_rfc3339(at), safe='')}" for name, at in times.items())
        return self._ask(Call("GET", "/me/order"), numbers, query=query)

    def order_lines(self, order_id: int) -> tuple[OrderLine, ...]:
        call = Call("GET", "/me/order/*/details")
        found = self._ask(call, numbers, ids=order_id)
        return tuple(self._order_line(order_id, number) for number in found)

    def _order_line(self, order_id: int, number: int) -> OrderLine:
        ids = (order_id, number)
        sold = self._sold(ids)
        service = self._operated_service(ids) if self._host is Host.US else ""
        return self._ask(
            Call("GET", "/me/order/*/details/*"),
            lambda answer: parsing.order_line(number, answer, sold, service),
            ids=ids,
        )

    def _sold(self, ids: tuple[int, int]) -> parsing.Sold:
        call = Call("GET", "/me/order/*/details/*/extension")
        try:
            return self._ask(call, parsing.sold, ids=ids)
        except Refused as refused:
            if refused.code != 404:
                raise
            return parsing.Sold()  # not every line has one

    def _operated_service(self, ids: tuple[int, int]) -> str:
        """Return the service of a line in the US, where `domain` stays a placeholder."""
        call = Call("GET", "/me/order/*/details/*/operations")
        found = self._ask(call, numbers, ids=ids)
        call = Call("GET", "/me/order/*/details/*/operations/*")
        for number in found:
            if name := self._ask(call, parsing.operated, ids=(*ids, number)):
                return name
        return ""

    def follow_up(self, order_id: int) -> tuple[FollowUpStep, ...]:
        return self._ask(
            Call("GET", "/me/order/*/followUp"),
            each(lambda answer: parsing.step(answer, self._zone)),
            ids=order_id,
        )

    def pay(self, order_id: int, method_id: int) -> None:
        call = Call("POST", "/me/order/*/pay", spends=True)
        body = {"paymentMethod": {"id": method_id}}
        self._ask(call, nothing, ids=order_id, body=body)

    def retract(self, order_id: int, reason: RetractionReason, comment: str = "") -> None:
        call = Call("POST", "/me/order/*/retraction")
        body = {"reason": reason.value, "comment": comment}
        self._ask(call, nothing, ids=order_id, body=body)

    def _ask(
        self,
        call: Call,
        parse: Callable[[Any], T],
        *,
        ids: Ids = (),
        query: str = "",
        body: Any = None,
    ) -> T:
        return ask(self._client, call, parse, ids=ids, query=query, body=body)

    @property
    def _zone(self) -> ZoneInfo:
        return ZONES[self._host]

    def _cart(self, answer: Any) -> Cart:
        return parsing.cart(answer, self._zone)


def request_consumer_key(
    host: Host, application_key: str, rules: Sequence[AccessRule], redirection: str
) -> NewConsumerKey:
    """Ask for a consumer key, under the application key alone."""
    body = {
        "accessRules": [{"method": rule.method, "path": rule.path} for rule in rules],
        "redirection": redirection or None,
    }
    client = Client(host, application_key=application_key)
    call = Call("POST", "/auth/credential", signed=False)
    return ask(client, call, parsing.new_consumer_key, body=body)


def _wish(plan_code: str, duration: str, mode: str, quantity: int) -> dict[str, Any]:
    return {
        "planCode": plan_code,
        "duration": duration,
        "pricingMode": mode,
        "quantity": quantity,
    }


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
