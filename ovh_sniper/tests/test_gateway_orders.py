"""Orders: what they cost, how they are paid, what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO
from ovh_sniper.gateways.errors import Kind, Refused, Unreachable
from ovh_sniper.gateways.ovh import Host, OrderStatus, Ovh, RetractionReason, service_name
from ovh_sniper.tests.buyer import (
    DATACENTERS,
    PLANS,
    account_of,
    filled_cart,
    now,
    put_on_sale,
)

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator


@pytest.mark.parametrize("host", list(Host))
def test_an_order_is_what_was_quoted(ovh_emulator: OvhEmulator, host: Host) -> None:
    put_on_sale(ovh_emulator, host)
    account = account_of(DEMO[host])
    cart_id = filled_cart(account, host)
    quote = account.quote(cart_id)
    placed = account.checkout(cart_id)
    assert placed.quote.with_tax == quote.with_tax
    assert account.cart(cart_id).is_ordered
    order = account.order(placed.order_id)
    assert (order.with_tax, order.currency) == (quote.with_tax, quote.currency)
    assert order.ordered_at == now(ovh_emulator).replace(microsecond=0)
    assert order.expires_at == order.ordered_at + timedelta(hours=24)
    assert account.order_status(order.id) is OrderStatus.NOT_PAID


def test_an_orders_address_is_not_shown(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    placed = buyer.checkout(filled_cart(buyer, Host.EU))
    assert "orderPassword=" in placed.url
    assert buyer.order(placed.order_id).url == placed.url
    assert "orderPassword=" not in repr((placed, buyer.order(placed.order_id)))


@pytest.mark.parametrize("host", list(Host))
def test_the_service_is_known_once_delivered(ovh_emulator: OvhEmulator, host: Host) -> None:
    put_on_sale(ovh_emulator, host)
    account = account_of(DEMO[host])
    order_id = account.checkout(filled_cart(account, host)).order_id
    assert service_name(account.order_lines(order_id), PLANS[host]) == ""
    ovh_emulator.set_order(host, order_id, "delivered")
    assert account.order_status(order_id) is OrderStatus.DELIVERED
    lines = account.order_lines(order_id)
    assert sum(line.total for line in lines) == account.order(order_id).without_tax
    assert len({line.plan_code for line in lines}) > 2
    places = {(line.plan_code == PLANS[host], line.datacenter) for line in lines}
    assert places == {(True, DATACENTERS[host]), (False, "")}
    assert service_name(lines, PLANS[host]).startswith("ns3")
    assert service_name(lines, "27sk99") == ""


@pytest.mark.parametrize("host", list(Host))
def test_the_steps_of_an_order(ovh_emulator: OvhEmulator, host: Host) -> None:
    put_on_sale(ovh_emulator, host)
    account = account_of(DEMO[host])
    order_id = account.checkout(filled_cart(account, host)).order_id
    steps = account.follow_up(order_id)
    assert [(step.name, step.status) for step in steps] == [
        ("VALIDATING", "DOING"),
        ("VALIDATED", "TODO"),
        ("DELIVERING", "TODO"),
        ("AVAILABLE", "TODO"),
    ]
    (started,) = steps[0].events
    assert started.label == "ORDER_STARTED"
    assert started.at.tzinfo is not None


# --- Paying


def test_an_order_pays_itself(
    ovh_emulator: OvhEmulator, ovh_clock: ManualClock, buyer: Ovh
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    method = buyer.payment_method()
    assert method is not None
    assert (method.type, method.label) == ("CREDIT_CARD", "************4242")
    placed = buyer.checkout(filled_cart(buyer, Host.EU), autopay=True)
    assert buyer.order_status(placed.order_id) is OrderStatus.CHECKING
    ovh_clock.advance(3600)
    assert buyer.order_status(placed.order_id) is OrderStatus.DELIVERED


def test_without_a_payment_method_the_same_cart_is_ordered_unpaid(
    ovh_emulator: OvhEmulator,
) -> None:
    put_on_sale(ovh_emulator, Host.US)
    account = account_of(DEMO["us"])
    assert account.payment_method() is None
    cart_id = filled_cart(account, Host.US)
    with pytest.raises(Refused) as caught:
        account.checkout(cart_id, autopay=True)
    assert caught.value.kind is Kind.NO_PAYMENT_METHOD
    placed = account.checkout(cart_id)
    assert account.order_status(placed.order_id) is OrderStatus.NOT_PAID


def test_an_expired_card_is_no_payment_method(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    ovh_emulator.set_account("eu", method_status="EXPIRED")
    assert buyer.payment_method() is None


def test_an_order_is_paid_later(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    placed = buyer.checkout(filled_cart(buyer, Host.EU))
    method = buyer.payment_method()
    assert method is not None
    ovh_emulator.set_account("eu", method_type="BANK_ACCOUNT")
    with pytest.raises(Refused) as caught:
        buyer.pay(placed.order_id, method.id)
    assert caught.value.kind is Kind.METHOD_NOT_USABLE
    ovh_emulator.set_account("eu", method_type="CREDIT_CARD")
    buyer.pay(placed.order_id, method.id)
    assert buyer.order_status(placed.order_id) is OrderStatus.CHECKING


def test_a_payment_without_an_answer_is_unclear(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    placed = buyer.checkout(filled_cart(buyer, Host.EU))
    method = buyer.payment_method()
    assert method is not None
    ovh_emulator.fault("lost_answer", path="/me/order/*/pay")
    with pytest.raises(Unreachable) as caught:
        buyer.pay(placed.order_id, method.id)
    assert caught.value.unclear
    assert buyer.order_status(placed.order_id) is OrderStatus.CHECKING


@pytest.mark.parametrize("waived", [False, True])
def test_the_right_of_withdrawal_can_be_used_or_waived(
    ovh_emulator: OvhEmulator, buyer: Ovh, *, waived: bool
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    cart_id = filled_cart(buyer, Host.EU)
    order_id = buyer.checkout(cart_id, autopay=True, waive_retractation=waived).order_id
    assert (buyer.order(order_id).retractable_until is None) is waived
    if waived:
        with pytest.raises(Refused):
            buyer.retract(order_id, RetractionReason.UNUSED)
        return
    buyer.retract(order_id, RetractionReason.EXPENSIVE, "no longer needed")
    assert buyer.order_status(order_id) is OrderStatus.CANCELLING


def test_identity_papers_may_be_asked_for(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    ovh_emulator.set_account("eu", wants_documents=True)
    placed = buyer.checkout(filled_cart(buyer, Host.EU), autopay=True)
    status = buyer.order_status(placed.order_id)
    assert status is OrderStatus.DOCUMENTS_REQUESTED
    assert not status.is_final


def test_an_unpaid_order_ends_after_a_day(
    ovh_emulator: OvhEmulator, ovh_clock: ManualClock, buyer: Ovh
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    placed = buyer.checkout(filled_cart(buyer, Host.EU))
    ovh_clock.advance(86_401)
    status = buyer.order_status(placed.order_id)
    assert status is OrderStatus.CANCELLED
    assert status.is_final


def test_an_order_that_ovh_removed(ovh_emulator: OvhEmulator, buyer: Ovh) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    placed = buyer.checkout(filled_cart(buyer, Host.EU))
    ovh_emulator.remove_order(placed.order_id)
    with pytest.raises(Refused) as caught:
        buyer.order_status(placed.order_id)
    assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, 404)
