"""OVH's answers on accounts, carts and orders, parsed into our words.

Every function raises KeyError, TypeError, ValueError, AttributeError or ArithmeticError for an
answer that is not what OVH's schema says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ovh_sniper.gateways.accounts import (
    AccessRule,
    Account,
    Credential,
    NewConsumerKey,
    PaymentMethod,
)
from ovh_sniper.gateways.carts import Cart, Item, Option, Placed, Quote, QuoteLine, Requirement
from ovh_sniper.gateways.money import from_price, from_ucents
from ovh_sniper.gateways.orders import FollowUpEvent, FollowUpStep, Order, OrderLine, OrderStatus

MALFORMED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
Json = Mapping[str, Any]


def moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return an aware time; the few that come without an offset are the host's local time."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


def _certain(text: str, zone: ZoneInfo) -> datetime:
    at = moment(text, zone)
    if at is None:
        raise ValueError("no time")
    return at


# --- Accounts


def account(answer: Json) -> Account:
    """Parse GET /me."""
    return Account(
        nichandle=str(answer["nichandle"]),
        subsidiary=str(answer["ovhSubsidiary"]),
        currency=str(answer["currency"]["code"]),
        is_complete=answer.get("state") == "complete",
        is_identified=answer.get("kycValidated"),
    )


def credential(answer: Json, zone: ZoneInfo) -> Credential:
    """Parse GET /auth/currentCredential."""
    return Credential(
        id=int(answer["credentialId"]),
        status=str(answer["status"]),
        expires_at=moment(answer.get("expiration"), zone),
        rules=tuple(AccessRule(one["method"], one["path"]) for one in answer.get("rules") or ()),
        allowed_ips=tuple(map(str, answer.get("allowedIPs") or ())),
    )


def new_consumer_key(answer: Json) -> NewConsumerKey:
    """Parse POST /auth/credential."""
    return NewConsumerKey(str(answer["consumerKey"]), str(answer["validationUrl"]))


def valid_payment_method(number: int, answer: Json) -> PaymentMethod | None:
    """Parse GET /me/payment/method/{number}; None for one that cannot be charged."""
    if answer.get("status") != "VALID":
        return None
    return PaymentMethod(
        id=number,
        type=str(answer.get("paymentType") or ""),
        label=str(answer.get("label") or ""),
        expires_on=_day(answer.get("expirationDate")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


# --- Carts


def cart(answer: Json, zone: ZoneInfo) -> Cart:
    """Parse a cart; its items are ids, not objects."""
    return Cart(
        id=str(answer["cartId"]),
        description=str(answer.get("description") or ""),
        expires_at=moment(answer.get("expire"), zone),
        item_ids=tuple(map(int, answer.get("items") or ())),
        is_ordered=bool(answer.get("readOnly")),
    )


def item(answer: Json) -> Item:
    """Parse an item of a cart."""
    settings = answer["settings"]
    parent = answer.get("parentItemId")
    return Item(
        id=int(answer["itemId"]),
        plan_code=str(settings["planCode"]),
        duration=str(answer.get("duration") or ""),
        mode=str(settings.get("pricingMode") or ""),
        quantity=int(settings.get("quantity") or 1),
        parent_id=None if parent is None else int(parent),
        option_ids=tuple(map(int, answer.get("options") or ())),
        setting_ids=tuple(map(int, answer.get("configurations") or ())),
    )


def requirement(answer: Json) -> Requirement:
    """Parse a row of requiredConfiguration; `allowedValues` is missing for free text."""
    return Requirement(
        label=str(answer["label"]),
        is_required=bool(answer.get("required")),
        allowed=tuple(map(str, answer.get("allowedValues") or ())),
    )


def setting(answer: Json) -> tuple[str, str]:
    """Parse a label that was set, and its value."""
    return str(answer["label"]), str(answer["value"])


def option(answer: Json) -> Option:
    """Parse an addon that a plan can have."""
    return Option(
        family=str(answer["family"]),
        plan_code=str(answer["planCode"]),
        name=str(answer.get("productName") or "").strip(),
        is_mandatory=bool(answer.get("mandatory")),
        is_exclusive=bool(answer.get("exclusive")),
        monthly=_monthly(answer.get("prices") or ()),
    )


def _monthly(prices: Any) -> Decimal | None:
    for price in prices:
        # P0D is the installation
        if (price.get("duration"), price.get("pricingMode")) == ("P1M", "default"):
            ucents = price.get("priceInUcents")
            return from_price(price["price"]) if ucents is None else from_ucents(ucents)
    return None


def quote(answer: Json) -> Quote:
    """Parse the order that a cart would become."""
    prices = answer["prices"]
    return Quote(
        lines=tuple(map(_quote_line, answer.get("details") or ())),
        currency=str(prices["withTax"]["currencyCode"]),
        without_tax=from_price(prices["withoutTax"]),
        tax=from_price(prices["tax"]),
        with_tax=from_price(prices["withTax"]),
    )


def _quote_line(answer: Json) -> QuoteLine:
    number = answer.get("cartItemID")
    return QuoteLine(
        item_id=None if number is None else int(number),
        description=str(answer.get("description") or "").strip(),
        kind=str(answer.get("detailType") or ""),
        quantity=int(answer.get("quantity") or 1),
        total=from_price(answer["totalPrice"]),
    )


def placed(answer: Json) -> Placed:
    """Parse the answer to a checkout."""
    return Placed(int(answer["orderId"]), str(answer.get("url") or ""), quote(answer))


# --- Orders


def order(answer: Json, zone: ZoneInfo) -> Order:
    """Parse an order; its password is left out."""
    return Order(
        id=int(answer["orderId"]),
        ordered_at=_certain(answer["date"], zone),
        expires_at=moment(answer.get("expirationDate"), zone),
        retractable_until=moment(answer.get("retractionDate"), zone),
        currency=str(answer["priceWithTax"]["currencyCode"]),
        without_tax=from_price(answer["priceWithoutTax"]),
        tax=from_price(answer["tax"]),
        with_tax=from_price(answer["priceWithTax"]),
        url=str(answer.get("url") or ""),
    )


def order_status(answer: Any) -> OrderStatus:
    """Parse an order's status."""
    if not isinstance(answer, str):
        raise TypeError("a status is a text")
    return next((one for one in OrderStatus if one.value == answer), OrderStatus.UNKNOWN)


def step(answer: Json, zone: ZoneInfo) -> FollowUpStep:
    """Parse a step of followUp."""
    return FollowUpStep(
        name=str(answer["step"]),
        status=str(answer["status"]),
        events=tuple(
            FollowUpEvent(
                _certain(event["date"], zone),
                str(event.get("label") or ""),
                str(event.get("description") or ""),
            )
            for event in answer.get("history") or ()
        ),
    )


class Sold(NamedTuple):
    """What a line of an order is about."""

    plan_code: str = ""
    datacenter: str = ""


def order_line(number: int, answer: Json, sold: Sold, service: str) -> OrderLine:
    """Parse a line of an order; its `domain` is a placeholder such as `*001` until delivery."""
    domain = str(answer.get("domain") or "")
    return OrderLine(
        id=number,
        description=str(answer.get("description") or "").strip(),
        kind=str(answer.get("detailType") or ""),
        # a text here, a number in a quote
        quantity=int(answer.get("quantity") or 1),
        total=from_price(answer["totalPrice"]),
        plan_code=sold.plan_code,
        service=service or ("" if "*" in domain else domain),
        datacenter=sold.datacenter,
    )


def sold(answer: Json) -> Sold:
    """Parse a line's extension: the plan or addon that it is about, and where, each if it says."""
    order = answer.get("order") or {}
    places = [
        str(one.get("value") or "")
        for one in order.get("configurations") or ()
        if one.get("label") == "dedicated_datacenter"
    ]
    return Sold(str((order.get("plan") or {}).get("code") or ""), "".join(places[:1]))


def operated(answer: Json) -> str:
    """Parse an operation into the service that it is done on, empty for none yet."""
    return str((answer.get("resource") or {}).get("name") or "")
