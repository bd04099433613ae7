"""Wishes made, changed and copied: what can be meant, and what a change does to orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from bots.testing import make_bot
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.market import PLAN, Market
from tenants.models import Tenant
from tenants.scoping import ScopeError, scope

pytestmark = pytest.mark.django_db


def create(market: Market, **fields: Any) -> Wish:
    given: dict[str, Any] = {"account": market.account, "plan_code": PLAN, "mode": "order"}
    with scope(market.tenant):
        return lifecycle.create(actor=TESTER, now=market.now, **{**given, **fields})


def problems(market: Market, **fields: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        create(market, **fields)
    with market.inside():
        assert not Wish.objects.exists()
    return set(caught.value.message_dict)


# --- Made


def test_a_wish_has_its_accounts_host_and_subsidiary(market: Market) -> None:
    wish = create(market, host="us", subsidiary="US", datacenters=[" GRA", "mum", "gra"])
    assert (wish.host, wish.subsidiary, wish.state) == ("eu", "FR", "armed")
    assert wish.datacenters == ["gra", "ynm"]
    assert [event.detail for event in market.audited("ovh_wish.created")] == [{"mode": "order"}]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"plan_code": ""}, {"plan_code"}),
        ({"plan_code": "a\x00b"}, {"plan_code"}),
        ({"name": "n" * 81}, {"name"}),
        ({"quantity": 0}, {"quantity"}),
        ({"quantity": 101}, {"quantity"}),
        ({"cap_due_now": Decimal("-0.01")}, {"cap_due_now"}),
        ({"cap_renewal": Decimal("1.001")}, {"cap_renewal"}),
        ({"budget_day": Decimal("1e20")}, {"budget_day"}),
        ({"datacenters": ["../../etc"]}, {"datacenters"}),
        ({"datacenters": "gra"}, {"datacenters"}),
        ({"datacenters": [7]}, {"datacenters"}),
        ({"extras": {"vrack": ""}}, {"extras"}),
        ({"extras": {"vrack": "\x00"}}, {"extras"}),
        ({"extras": ["vrack"]}, {"extras"}),
        ({"schedule": {"days": [9]}}, {"schedule"}),
        ({"mode": "steal"}, {"mode"}),
        ({"autopay": True}, {"autopay"}),
        ({"account": None}, {"account", "host", "subsidiary"}),
        ({"account": None, "host": "eu", "subsidiary": "US", "mode": "alert"}, {"subsidiary"}),
        ({"track": "vps"}, {"mode", "host", "subsidiary"}),
        ({"plan_code": "", "quantity": 0, "mode": "x"}, {"plan_code", "quantity", "mode"}),
    ],
)
def test_what_cannot_be_meant_names_its_field(
    market: Market, fields: dict[str, Any], names: set[str]
) -> None:
    assert problems(market, **fields) == names


def test_a_time_that_is_over_cannot_be_meant(market: Market) -> None:
    assert problems(market, expires_at=market.now) == {"expires_at"}


def test_another_tenants_account_is_not_found(market: Market, stranger: Tenant) -> None:
    theirs = market.link(tenant=stranger)
    with scope(market.tenant), pytest.raises((ValidationError, ScopeError)):
        lifecycle.create(
            actor=TESTER, now=market.now, account=theirs, plan_code=PLAN, mode=Wish.Mode.ORDER
        )
    with market.inside():
        assert not Wish.objects.exists()


def test_a_new_wish_orders_what_is_there_already(market: Market) -> None:
    market.appear()
    create(market, datacenters=["gra"])
    market.run()
    assert market.states == ["placed"]


def test_the_same_wish_for_many_plans_is_made_for_all_or_none(market: Market) -> None:
    with scope(market.tenant):
        made = lifecycle.create_many(
            [PLAN, "24sk20"], actor=TESTER, now=market.now, account=market.account, mode="ask"
        )
        assert [wish.plan_code for wish in made] == [PLAN, "24sk20"]
        with pytest.raises(ValidationError):
            lifecycle.create_many(
                ["26sys03", ""], actor=TESTER, now=market.now, account=market.account, mode="ask"
            )
        assert Wish.objects.count() == 2


# --- Changed


def test_a_change_takes_back_what_was_not_sent_and_starts_anew(market: Market) -> None:
    wish = market.wish()
    market.appear()
    market.change(wish, cap_due_now=Decimal(500))
    market.run()
    assert market.states == ["cancelled wish", "placed"]
    assert [order.cap_due_now for order in market.orders] == [None, Decimal(500)]


@pytest.mark.parametrize("changes", [{"name": "Mine"}, {"guards_repeats": False}, {}])
def test_a_change_of_nothing_that_matters_takes_nothing_back(
    market: Market, changes: dict[str, Any]
) -> None:
    wish = market.wish()
    market.appear()
    market.change(wish, **changes)
    market.run()
    assert market.states == ["placed"]


def test_less_than_before_is_never_more_than_that(market: Market) -> None:
    wish = market.wish(quantity=3)
    market.appear("gra", count=1)
    market.carry_out(market.orders[0])
    with market.inside():
        # the one at OVH holds a place that the wish no longer has
        Order.objects.filter(state="placed").update(place=30)
    market.change(wish, quantity=1)
    market.appear()
    market.run()
    assert len(market.books()) == 1


def test_a_page_that_was_open_for_long_revives_no_wish_that_ended(market: Market) -> None:
    wish = market.wish()
    market.appear()
    market.run()
    assert market.fresh(wish).state == "done"
    assert wish.state == "armed"
    with scope(market.tenant):
        lifecycle.edit(wish, actor=TESTER, now=market.now, may_pay=True, name="Late", quantity=2)
    assert (wish.state, market.fresh(wish).state) == ("done", "done")
    market.look()
    market.later()
    assert len(market.books()) == 1


def test_a_change_that_cannot_be_meant_changes_nothing(market: Market) -> None:
    wish = market.wish()
    market.appear()
    with pytest.raises(ValidationError):
        market.change(wish, quantity=0)
    assert (market.fresh(wish).quantity, market.states) == (1, ["intended"])


@pytest.mark.parametrize("changes", [{"mode": "ask"}, {"mode": "alert"}, {"dry_run": True}])
def test_a_wish_that_shall_order_no_more_does_not(market: Market, changes: dict[str, Any]) -> None:
    wish = market.wish()
    market.appear()
    market.change(wish, **changes)
    market.later()
    assert market.books() == []


# --- Copied


def test_a_copy_is_paused_and_like_the_first_but_for_the_changes(market: Market) -> None:
    bot = make_bot(market.tenant, products=("ovh_sniper",))
    wish = market.wish(
        bot=bot,
        quantity=3,
        extras={"bandwidth": "bandwidth-300-unguaranteed-27sk15"},
        cap_due_now=Decimal(99),
        budget_month=Decimal(999),
        schedule={"days": [1]},
        expires_at=market.now + timedelta(minutes=1),
        autopay=True,
    )
    market.wait(minutes=2)
    with scope(market.tenant):
        copy = lifecycle.duplicate(
            Wish.objects.get(), actor=TESTER, now=market.now, may_pay=True, name="Copy"
        )
    assert (copy.state, copy.name, copy.expires_at) == ("paused", "Copy", None)
    assert copy.public_id != wish.public_id
    same = set(lifecycle.COPIED) - {"name", "expires_at"}
    assert {name: getattr(copy, name) for name in same} == {
        name: getattr(wish, name) for name in same
    }
    # every term of a wish is copied, also one that is added later
    own = {"id", "tenant", "public_id", "state", "state_reason", "retry_at"}
    terms = {one.name for one in Wish._meta.fields} - own - {"created_at", "changed_at"}
    assert terms == set(lifecycle.COPIED)
