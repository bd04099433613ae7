"""What goes over the wire, and what is made of odd answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ovh_sniper.gateways.errors import Refused
from ovh_sniper.gateways.ovh import OrderStatus, Ovh, Requirement
from ovh_sniper.tests.canned import Canned, CannedOvh

ITEM = {"itemId": 5511, "settings": {"planCode": "27sk15", "pricingMode": "default"}}
EURO = {"currencyCode": "EUR", "value": 33.58}


def test_what_needs_no_account_is_not_signed(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/order/cart", {"cartId": "c-1"})
    canned.say("/1.0/order/cart/c-1/eco", ITEM)
    canned.say("/1.0/order/cart/c-1/eco/options", ITEM)
    canned.say("/1.0/order/cart/c-1/item/5511", ITEM)
    canned.say("/1.0/order/cart/c-1/item/5511/requiredConfiguration", [])
    canned.say("/1.0/order/cart/c-1/item/5511/configuration", [1])
    account.create_cart("FR", "", datetime(2027, 3, 2, tzinfo=UTC))
    account.add_item("c-1", "27sk15")
    account.add_option("c-1", 5511, "ram")
    account.item("c-1", 5511)
    account.requirements("c-1", 5511)
    account.configure("c-1", 5511, "region", "europe")
    assert len(canned.made()) == 7
    assert not [one for one in canned.requests if "x-ovh-signature" in one.headers]
    assert canned.times_asked() == 0


def test_bodies_are_what_ovh_expects(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/order/cart", {"cartId": "c-1"})
    canned.say("/1.0/order/cart/c-1/eco/options", ITEM)
    canned.say("/1.0/order/cart/c-1/assign", None)
    canned.say("/1.0/me/order/7/pay", None)
    shanghai = timezone(timedelta(hours=8))
    account.create_cart("FR", "t1", datetime(2027, 3, 2, 8, tzinfo=shanghai))
    account.add_option("c-1", 5511, "ram", duration="P1Y", mode="upfront12", quantity=2)
    account.assign("c-1")
    account.pay(7, 900000123)
    cart, option, assigned, paid = (
        one.body for one in canned.requests if not one.path.endswith("/auth/time")
    )
    expire = "2027-03-02T00:00:00+00:00"
    assert cart == {"ovhSubsidiary": "FR", "description": "t1", "expire": expire}
    assert option == {
        "itemId": 5511,
        "planCode": "ram",
        "duration": "P1Y",
        "pricingMode": "upfront12",
        "quantity": 2,
    }
    assert assigned == ""
    assert paid == {"paymentMethod": {"id": 900000123}}


def test_an_id_cannot_lead_elsewhere(canned: CannedOvh, account: Ovh) -> None:
    with pytest.raises(Refused):
        account.cart("a/../../../me?x=1")
    assert canned.made() == ["GET /1.0/order/cart/a/../../../me?x=1"]
    canned.say("/1.0/me", {"cartId": "not this one"})
    with pytest.raises(Refused):
        account.cart("a/../../../me")


def test_only_the_default_payment_method_counts(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/me/payment/method", [])
    assert account.payment_method() is None
    assert canned.made() == ["GET /1.0/me/payment/method?default=true"]


def test_times_are_asked_for_in_utc_and_outwards(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/me/order", [3, 4])
    paris = timezone(timedelta(hours=1))
    start = datetime(2027, 3, 1, 9, 0, 7, 999_999, tzinfo=paris)
    assert account.orders_between(start, start + timedelta(minutes=1)) == (3, 4)
    assert canned.made() == [
        "GET /1.0/me/order?date.from=2027-03-01T08%3A00%3A07%2B00%3A00"
        "&date.to=2027-03-01T08%3A01%3A08%2B00%3A00"
    ]


def test_free_text_has_no_allowed_values(canned: CannedOvh, account: Ovh) -> None:
    canned.say(
        "/1.0/order/cart/c-1/item/1/requiredConfiguration",
        [{"label": "TECH_ACCOUNT", "required": False}, {"label": "x", "allowedValues": None}],
    )
    assert account.requirements("c-1", 1) == (
        Requirement("TECH_ACCOUNT", is_required=False, allowed=()),
        Requirement("x", is_required=False, allowed=()),
    )


def test_a_price_without_exact_units_is_read_as_decimal(canned: CannedOvh, account: Ovh) -> None:
    exact = {"currencyCode": "EUR", "priceInUcents": 2798000000, "value": 27.9799999}
    null = {"currencyCode": "EUR", "priceInUcents": None, "value": 5.60}
    canned.say(
        "/1.0/me/order/7",
        {
            "orderId": 7,
            "date": "2027-03-01T09:00:07+01:00",
            "priceWithoutTax": exact,
            "tax": null,
            "priceWithTax": EURO,
            "password": "pAsS",
        },
    )
    order = account.order(7)
    assert (order.without_tax, order.tax, order.with_tax) == (
        Decimal("27.98"),
        Decimal("5.6"),
        Decimal("33.58"),
    )
    assert order.ordered_at == datetime(2027, 3, 1, 8, 0, 7, tzinfo=UTC)
    assert order.expires_at is None
    assert "pAsS" not in repr(order)


def test_a_status_that_ovh_adds_is_unknown(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/me/order/7/status", "onFire")
    status = account.order_status(7)
    assert status is OrderStatus.UNKNOWN
    assert not status.is_final


def test_a_line_may_have_no_extension(canned: CannedOvh, account: Ovh) -> None:
    canned.say("/1.0/me/order/7/details", [70])
    canned.say("/1.0/me/order/7/details/70", {"totalPrice": EURO, "quantity": "2", "domain": "*"})
    (line,) = account.order_lines(7)
    assert (line.id, line.plan_code, line.service, line.quantity) == (70, "", "", 2)
    canned.say("/1.0/me/order/7/details/70/extension", Canned(b'{"message": "no"}', 403))
    with pytest.raises(Refused):
        account.order_lines(7)
