"""OVH or the account fails around an order: nothing is bought that should not be."""

from __future__ import annotations

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.tests.market import Market

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("throttled", "POST", "/order/cart"),
        ("html", "POST", "/order/cart"),
        ("drop", "POST", "/order/cart/*/assign"),
        ("null", "POST", "/order/cart/*/eco"),
        ("lost_answer", "POST", "/order/cart/*/eco"),
        ("empty", "POST", "/order/cart/*/eco/options"),
        ("lost_answer", "POST", "/order/cart/*/eco/options"),
        ("throttled", "POST", "/order/cart/*/item/*/configuration"),
        ("lost_answer", "POST", "/order/cart/*/item/*/configuration"),
        ("html", "GET", "/order/cart/*/item/*"),
        ("null", "GET", "/order/cart/*/checkout"),
        ("status", "GET", "/order/cart/*/checkout"),
    ],
)
def test_trouble_ahead_of_the_checkout_is_tried_again(
    market: Market, kind: str, method: str, path: str
) -> None:
    market.wish()
    market.appear()
    market.fault(kind, method, path)
    market.run()
    assert market.states == ["intended"]
    assert market.books() == []
    market.later(seconds=10)
    assert market.states == ["placed"]
    assert len(market.books()) == 1
    market.warm()
    assert market.carts == []


def test_an_order_that_cannot_be_sent_for_ten_minutes_is_given_up(market: Market) -> None:
    market.wish()
    market.appear()
    market.fault("html", "POST", "/order/cart", times=0)
    for _minute in range(12):
        market.later(minutes=1)
    assert market.states[0] == "refused too_late"
    # less and less often, not every two seconds for ten minutes
    assert len(market.calls("POST", "/order/cart")) < 30


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (403, "You are not allowed to do this", "not_allowed"),
        (403, "This call has not been granted", "not_granted"),
        (403, "This credential is not valid", "credential_invalid"),
    ],
)
def test_what_is_wrong_with_the_account_stops_the_wish(
    market: Market, status: int, message: str, reason: str
) -> None:
    wish = market.wish(quantity=2)
    market.appear()
    market.fault("status", status=status, message=message, times=0)
    market.later()
    assert market.books() == []
    assert set(market.states) == {f"refused {reason}"} | (
        {"refused wish"} if len(market.states) > 1 else set()
    )
    stopped = market.fresh(wish)
    assert (stopped.state, stopped.state_reason) == ("stopped", message)


def test_a_refusal_in_unknown_words_is_believed_when_the_cart_was_not_ordered(
    market: Market,
) -> None:
    market.wish()
    market.appear()
    market.fault("status", status=400, message="The moon is in the wrong place")
    market.run()
    assert market.states == ["refused other"]
    assert market.order.detail == "The moon is in the wrong place"
    market.later()
    assert market.states == ["refused other"]


def test_keys_that_ended_order_nothing_and_stop_the_wish(market: Market) -> None:
    wish = market.wish()
    market.appear()
    market.emulator.expire(DEMO["eu"])
    market.later()
    assert market.states == ["refused credential_invalid"]
    assert (market.fresh(wish).state, market.books()) == ("stopped", [])


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        (["*"], "placed"),
        (["order:apiovh:cart/get"], "refused iam_missing"),
    ],
)
def test_a_service_account_orders_as_far_as_its_policy_lets_it(
    market: Market, actions: list[str], state: str
) -> None:
    keys = market.emulator.add_service_account("eu", actions)
    account = market.link(
        name="Service",
        kind="service",
        client_id=keys.client_id,
        client_secret=keys.client_secret,
        application_key="",
        application_secret="",
        consumer_key="",
    )
    market.wish(account)
    market.appear()
    market.run()
    assert market.states == [state]
    assert len(market.books()) == (state == "placed")


def test_an_account_without_a_consumer_key_never_uses_anybody_elses(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("APPLICATION_KEY", "APPLICATION_SECRET", "CONSUMER_KEY"):
        monkeypatch.setenv(f"OVH_{name}", getattr(DEMO["eu"], name.lower()))
    with market.inside():
        type(market.account).objects.update(consumer_key="")
    market.wish()
    market.appear()
    market.hush()
    market.later()
    assert market.calls() == []
    assert market.states == ["refused credential_invalid"]
