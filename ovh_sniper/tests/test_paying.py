"""What staff asks OVH for: an order is paid or withdrawn from, once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ovh_sniper.models import Order
from ovh_sniper.services import following
from ovh_sniper.services.access import ovh_of
from ovh_sniper.services.objections import NotCancellable
from ovh_sniper.tests.faulty import Doomed, Killed
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.stories import bought
from tenants.scoping import scope

pytestmark = pytest.mark.django_db

PAY, RETRACT = "/me/order/*/pay", "/me/order/*/retraction"


def ask(market: Market, act: Any) -> Order:
    with scope(market.tenant):
        order: Order = act(market.order.pk)
    return order


pay = following.pay
retract = partial(following.retract, reason="expensive")


@pytest.fixture
def paying(market: Market) -> Order:
    order = bought(market)
    market.later(minutes=1)
    return order


def test_an_unpaid_order_is_paid_once(market: Market, paying: Order) -> None:
    ask(market, pay)
    ask(market, pay)
    market.run()
    assert len(market.calls("POST", PAY)) == 1
    assert market.order.state == "checking"
    assert len(market.audited("ovh_order.pay_requested")) == 2
    assert len(market.audited("ovh_order.pay_sent")) == 1
    with pytest.raises(NotCancellable) as caught:
        ask(market, pay)
    assert caught.value.reason == "paid"


def test_a_payment_whose_answer_was_lost_is_not_repeated(market: Market, paying: Order) -> None:
    market.fault("lost_answer", path=PAY)
    ask(market, pay)
    market.run()
    assert market.order.state == "placed"
    # somebody is impatient
    ask(market, pay)
    market.run()
    assert len(market.calls("POST", PAY)) == 1
    assert market.order.state == "checking"


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_died_while_he_paid(market: Market, paying: Order, *, after: bool) -> None:
    ask(market, pay)
    with market.inside(), pytest.raises(Killed):
        following.follow(
            paying.pk,
            now=market.now,
            connect=lambda account: Doomed(ovh_of(account), "pay", after=after),
        )
    market.later()
    assert market.order.state == ("delivered" if after else "placed")
    if not after:
        ask(market, pay)
        market.run()
        assert market.order.state == "checking"
    assert len(market.calls("POST", PAY)) == 1


def test_a_payment_that_could_not_be_sent_is_sent_later(market: Market, paying: Order) -> None:
    market.fault("throttled", "GET", "/me/order/*/status")
    ask(market, pay)
    market.run()
    assert market.calls("POST", PAY) == []
    market.later(minutes=1)
    assert len(market.calls("POST", PAY)) == 1


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({"method_type": "BANK_ACCOUNT"}, "method_not_usable"),
        ({"method_status": ""}, "not_found"),
    ],
)
def test_a_payment_that_ovh_refuses_says_why_and_is_not_repeated(
    market: Market, paying: Order, account: dict[str, str], reason: str
) -> None:
    market.emulator.set_account("eu", **account)
    ask(market, pay)
    market.run()
    market.later(minutes=1)
    assert market.states == [f"placed {reason}"]
    assert len(market.calls("POST", PAY)) == 1


def test_without_a_known_method_ovh_is_asked_for_one(market: Market, paying: Order) -> None:
    with market.inside():
        type(market.account).objects.update(payment_method_id=None)
    ask(market, pay)
    market.run()
    assert market.order.state == "checking"
    assert paying.pk


def test_a_paid_order_is_withdrawn_from_once(market: Market) -> None:
    bought(market, autopay=True)
    market.later(seconds=30)
    ask(market, retract)
    ask(market, retract)
    market.run()
    assert len(market.calls("POST", RETRACT)) == 1
    assert market.books()[0]["retraction"] == {"reason": "expensive", "comment": ""}
    market.later(minutes=2)
    assert market.states == ["cancelled cancelled"]
    assert len(market.audited("ovh_order.retract_sent")) == 1


def test_a_delivered_server_is_withdrawn_from_too(market: Market) -> None:
    bought(market, autopay=True)
    market.later(minutes=9)
    market.later(minutes=1)
    assert (market.order.state, market.order.retry_at) == ("delivered", None)
    ask(market, retract)
    market.run()
    market.later(minutes=2)
    assert market.order.state == "cancelled"


@pytest.mark.parametrize("kind", ["throttled", "lost_answer"])
def test_trouble_with_a_withdrawal_is_found_out_about(market: Market, kind: str) -> None:
    bought(market, autopay=True)
    market.later(minutes=9)
    market.later(minutes=1)
    market.fault(kind, path=RETRACT)
    ask(market, retract)
    market.run()
    market.later(minutes=10)
    market.later(minutes=10)
    assert market.order.state == "cancelled"
    assert len(market.calls("POST", RETRACT)) == (2 if kind == "throttled" else 1)


def test_a_business_cannot_withdraw_and_is_told_so(market: Market) -> None:
    market.emulator.set_account("eu", legal_form="corporation")
    bought(market, autopay=True)
    market.later(seconds=30)
    ask(market, retract)
    market.run()
    assert market.order.detail == "This order can't be retracted"
    assert market.order.state in ("checking", "delivering")


@pytest.mark.parametrize(
    ("state", "pays", "retracts"),
    [
        ("intended", "ordering", "ordering"),
        ("unknown", "ordering", "ordering"),
        ("placed", None, "unpaid"),
        ("checking", "paid", None),
        ("delivered", "paid", None),
        ("refused", "ended", "ended"),
        ("cancelled", "ended", "ended"),
    ],
)
def test_what_is_too_late_or_too_early_says_why(
    market: Market, state: str, pays: str | None, retracts: str | None
) -> None:
    bought(market)
    with market.inside():
        Order.objects.update(state=state)
    for act, reason in ((pay, pays), (retract, retracts)):
        if reason is None:
            ask(market, act)
        else:
            with pytest.raises(NotCancellable) as caught:
                ask(market, act)
            assert caught.value.reason == reason


def test_a_reason_that_ovh_does_not_know_is_not_sent(market: Market) -> None:
    bought(market, autopay=True)
    with pytest.raises(ValueError, match="because"):
        ask(market, partial(following.retract, reason="because"))
