"""What staff asks OVH for: an order is paid or withdrawn from, once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from bots.models import Bot
from bots.testing import Someone
from ovh_sniper.models import Order
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.services.ordering import following, paying
from ovh_sniper.services.wording.objections import NotCancellable
from ovh_sniper.tests.chatting import texts_to
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


pay = paying.pay
retract = partial(paying.retract, reason="expensive")


@pytest.fixture
def unpaid(market: Market) -> Order:
    order = bought(market)
    market.later(minutes=1)
    return order


def test_an_unpaid_order_is_paid_once(market: Market, unpaid: Order) -> None:
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


def test_a_payment_whose_answer_was_lost_is_not_repeated(market: Market, unpaid: Order) -> None:
    market.fault("lost_answer", path=PAY)
    ask(market, pay)
    market.run()
    assert market.order.state == "placed"
    # somebody is impatient
    ask(market, pay)
    market.run()
    assert len(market.calls("POST", PAY)) == 1
    assert market.order.state == "checking"


def die_while_paying(market: Market, order: Order, *, after: bool) -> None:
    """Have a worker die at the call that pays: before it is sent, or after OVH took it."""
    ask(market, pay)
    with market.inside(), pytest.raises(Killed):
        following.follow(
            order.pk,
            now=market.now,
            connect=lambda account: Doomed(ovh_of(account), "pay", after=after),
        )


def test_a_worker_that_died_after_he_paid_has_paid_once(
    market: Market, bot: Bot, oscar: Someone, unpaid: Order
) -> None:
    die_while_paying(market, unpaid, after=True)
    market.later()
    assert (market.order.state, market.order.pay_sent_at) == ("delivered", None)
    assert len(market.calls("POST", PAY)) == 1
    assert not any("Not paid" in text for text in texts_to(bot, oscar))


def test_a_request_to_pay_that_never_arrived_is_told_and_not_repeated(
    market: Market, bot: Bot, oscar: Someone, unpaid: Order
) -> None:
    die_while_paying(market, unpaid, after=False)
    assert market.order.pay_sent_at == market.now
    market.later()
    market.later()
    assert market.calls("POST", PAY) == []
    assert market.states == ["placed payment_lost"]
    [said] = [text for text in texts_to(bot, oscar) if "Not paid" in text]
    assert "Try again" in said
    assert len(market.audited("ovh_order.pay_lost")) == 1
    ask(market, pay)
    market.run()
    assert len(market.calls("POST", PAY)) == 1
    # why it was not paid is over
    assert market.states == ["checking"]


def test_what_is_pressed_again_waits_until_the_first_request_can_arrive_no_more(
    market: Market, unpaid: Order
) -> None:
    die_while_paying(market, unpaid, after=False)
    ask(market, pay)
    market.run()
    market.later(seconds=30)
    assert market.calls("POST", PAY) == []
    market.later(seconds=30)
    assert len(market.calls("POST", PAY)) == 1
    assert market.states == ["checking"]


def test_a_payment_that_could_not_be_sent_is_sent_later(market: Market, unpaid: Order) -> None:
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
    market: Market,
    bot: Bot,
    oscar: Someone,
    unpaid: Order,
    account: dict[str, str],
    reason: str,
) -> None:
    market.emulator.set_account("eu", **account)
    ask(market, pay)
    market.run()
    market.later(minutes=1)
    assert market.states == [f"placed {reason}"]
    assert len(market.calls("POST", PAY)) == 1
    assert sum("Not paid" in text for text in texts_to(bot, oscar)) == 1


def test_without_a_known_method_ovh_is_asked_for_one(market: Market, unpaid: Order) -> None:
    with market.inside():
        type(market.account).objects.update(payment_method_id=None)
    ask(market, pay)
    market.run()
    assert market.order.state == "checking"
    assert unpaid.pk


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
        ask(market, partial(paying.retract, reason="because"))
