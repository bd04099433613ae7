"""Wishes that are watched for again: by whom, and what that orders anew."""

from __future__ import annotations

import pytest
from django.test import Client

from bots.models import Bot
from bots.testing import Someone
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.testing import make_wish
from ovh_sniper.tests.chatting import make_staff, said_last
from ovh_sniper.tests.market import Market
from ovh_sniper.tests.pages import url
from ovh_sniper.tests.wishing import all_of
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def let_go(market: Market, *, quantity: int) -> Wish:
    """Have one server of a wish ordered, and end unpaid."""
    wish = market.wish(quantity=quantity)
    market.appear(count=1)
    market.run()
    market.wait(hours=24)
    market.later(minutes=1)
    assert "cancelled unpaid" in market.states
    return wish


# --- How many


@pytest.mark.parametrize("anew", [False, True])
def test_what_was_only_paused_goes_on_where_it_was(market: Market, *, anew: bool) -> None:
    wish = let_go(market, quantity=2)
    assert (market.pause(wish), market.resume(wish, anew=anew)) == (1, 1)
    market.appear(count=9)
    market.later()
    assert len(market.books()) == 2
    assert market.fresh(wish).state == "done"


@pytest.mark.parametrize("state", ["stopped", "expired", "done"])
def test_what_was_over_begins_anew_if_somebody_says_so(market: Market, state: str) -> None:
    wish = let_go(market, quantity=1)
    with market.inside():
        Wish.objects.update(state=state)
    market.appear(count=9)
    assert (market.resume(wish), market.resume(wish, anew=True)) == (0, 1)
    market.later()
    assert len(market.books()) == 2


def test_the_portal_says_before_that_it_orders_again(
    market: Market, tenant: Tenant, alice: Client
) -> None:
    wish = let_go(market, quantity=1)
    page = f"wishes/{wish.public_id}/"
    assert (
        "1 order of this wish ended at OVH."
        in alice.get(url(tenant, f"{page}edit/")).content.decode()
    )
    for path, data in (
        (f"{page}resume/", {}),
        ("wishes/act/", {"action": "resume", "wish": wish.public_id}),
    ):
        asked = alice.post(url(tenant, path), data).content.decode()
        assert "Resuming orders the same servers again." in asked
        assert "1 server" in asked
        assert market.fresh(wish).state == "done"
    data = {"action": "resume", "wish": wish.public_id, "confirmed": "1"}
    alice.post(url(tenant, "wishes/act/"), data)
    assert market.fresh(wish).state == "armed"


def test_a_chat_orders_nothing_again(market: Market, bot: Bot, oscar: Someone) -> None:
    wish = let_go(market, quantity=1)
    with market.inside():
        Wish.objects.update(state="stopped")
    assert "No wish could be armed" in oscar.presses(f"or:{wish.public_id}:0").text
    assert market.fresh(wish).state == "stopped"


# --- Who


@pytest.mark.parametrize("way", ["command", "button"])
def test_only_who_may_pay_resumes_in_a_chat_what_pays_itself(
    bot: Bot, oscar: Someone, unread: Account, way: str
) -> None:
    paying, plain = make_wish(unread, autopay=True), make_wish(unread, name="unpaid")
    with scope(bot.tenant):
        Wish.objects.update(state="paused")

    def resumed_by(someone: Someone) -> str:
        if way == "command":
            return str(said_last(bot, someone.says("/resume"))["text"])
        return someone.presses(f"or:{paying.public_id}:0").text

    said = resumed_by(oscar)
    assert "1 pays automatically: only an admin may resume it." in said
    assert ("1 wish is armed again." in said) == (way == "command")
    states = {one.pk: one.state for one in all_of(bot.tenant)}
    assert states == {paying.pk: "paused", plain.pk: "armed" if way == "command" else "paused"}
    assert "1 wish is armed again." in resumed_by(make_staff(bot, "admin"))
    with scope(bot.tenant):
        assert Wish.objects.get(pk=paying.pk).state == "armed"
        assert not Order.objects.exists()
