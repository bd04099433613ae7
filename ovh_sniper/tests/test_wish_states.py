"""Wishes paused, resumed, cleared, ended; and what becomes of their orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ovh_sniper.models import Wish
from ovh_sniper.services.wishes import lifecycle, resuming
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.market import Market
from tenants.models import Tenant
from tenants.scoping import ScopeError, scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("act", "reason"), [("pause", "paused"), ("clear", "removed")])
def test_a_wish_that_stops_takes_back_what_was_not_sent(
    market: Market, act: str, reason: str
) -> None:
    wish = market.wish(quantity=2)
    market.appear()
    market.carry_out(market.orders[0])
    assert getattr(market, act)(wish) == 1
    market.look()
    market.later()
    assert market.states == ["placed", f"cancelled {reason}"]
    assert len(market.books()) == 1
    with market.inside():
        left = list(Wish.objects.values_list("state", flat=True))
    assert left == (["paused"] if act == "pause" else [])


def test_what_is_paused_is_paused_once(market: Market) -> None:
    wish = market.wish()
    assert (market.pause(wish), market.pause(wish)) == (1, 0)
    assert len(market.audited("ovh_wish.paused")) == 1
    market.appear()
    assert market.orders == []
    assert (market.resume(wish), market.resume(wish)) == (1, 0)
    market.run()
    assert market.states == ["placed"]


@pytest.mark.parametrize("state", ["paused", "stopped", "expired", "done"])
def test_what_has_something_left_to_order_is_resumed(market: Market, state: str) -> None:
    wish = market.wish()
    with market.inside():
        Wish.objects.update(state=state, state_reason="why")
    assert market.resume(wish) == 1
    found = market.fresh(wish)
    assert (found.state, found.state_reason, found.retry_at) == ("armed", "", market.now)


def test_what_has_all_it_asked_for_is_not_resumed_before_it_asks_for_more(market: Market) -> None:
    wish = market.wish()
    market.appear()
    market.run()
    assert market.resume(wish) == 0
    market.change(market.fresh(wish), quantity=2)
    assert market.resume(wish) == 1
    market.run()
    assert len(market.books()) == 2


def test_what_is_over_is_not_resumed(market: Market) -> None:
    wish = market.wish(expires_at=market.now + timedelta(minutes=1))
    market.later(minutes=1)
    assert market.fresh(wish).state == "expired"
    assert market.resume(wish) == 0


def test_a_wish_that_ends_takes_back_what_was_not_sent(market: Market) -> None:
    market.wish(expires_at=market.now + timedelta(seconds=30))
    market.appear()
    market.fault("html", "POST", "/order/cart", times=0)
    market.run()
    market.wait(seconds=30)
    market.look_at_wishes()
    assert market.states == ["cancelled expired"]


def test_one_tenant_whose_wishes_cannot_be_ended_stops_no_other(
    market: Market, stranger: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = market.now + timedelta(minutes=1)
    market.wish(market.link(tenant=stranger), expires_at=soon)
    wish = market.wish(expires_at=soon)
    expire = lifecycle.expire

    def fail(now: Any) -> int:
        if not Wish.objects.filter(pk=wish.pk).exists():
            raise RuntimeError("broken")
        return expire(now)

    monkeypatch.setattr(lifecycle, "expire", fail)
    market.wait(minutes=1)
    market.look_at_wishes()
    assert market.fresh(wish).state == "expired"


def test_another_tenants_wish_is_not_touched(market: Market, stranger: Tenant) -> None:
    wish = market.wish()
    with scope(stranger):
        assert lifecycle.pause([wish], actor=TESTER, now=market.now) == 0
        assert resuming.resume([wish], actor=TESTER, now=market.now) == 0
        with pytest.raises(ScopeError):
            lifecycle.clear([wish], actor=TESTER, now=market.now)
    with scope(stranger), pytest.raises(Wish.DoesNotExist):
        lifecycle.edit(wish, actor=TESTER, now=market.now, name="Mine now")
    found = market.fresh(wish)
    assert (found.state, found.name) == ("armed", "")
