"""Servers that are wished, seen and ordered: once, as wished, at the price."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.journeys.servers import DEARER, DUE, PLACE, PLAN, buyer
from tests.journeys.stack import running, wait_until

pytestmark = pytest.mark.journey
CALM = 15.0  # seconds in which the stock was looked at again and again


def test_stock_appears_and_is_ordered_once_by_the_one_who_wished(
    home: Path, server_store: dict[str, str]
) -> None:
    with running(home, **server_store) as stack:
        tea, games = buyer(stack, "Tea house"), buyer(stack, "Game club", "us")
        wish = tea.wish(quantity=1, cap_due_now="50")
        games.wish(quantity=2)
        tea.appear()
        tea.wait_for("placed", what="the order in Europe")
        (booked,) = tea.books()
        assert booked["servers"][0]["planCode"] == PLAN["eu"]
        assert booked["servers"][0]["configuration"]["dedicated_datacenter"] == PLACE["eu"]
        assert games.books() == []

        games.appear()
        games.wait_for("placed", "placed", what="the orders in the US")
        assert len(games.books()) == 2

        # a stranger's key finds nothing of it, and cannot act on it
        (order,) = tea.orders()
        for path in (f"orders/{order['id']}/", f"wishes/{wish['id']}/", f"accounts/{tea.account}/"):
            assert games.api.try_("GET", f"/api/v1/ovh/{path}").status_code == 404
        cancel = games.api.try_("POST", f"/api/v1/ovh/orders/{order['id']}/cancel/")
        assert cancel.status_code == 404
        assert stack.web.get("/api/v1/ovh/orders/").status_code in {401, 403}
        foreign = games.api.try_(
            "POST",
            "/api/v1/ovh/wishes/",
            account=tea.account,
            plan_code=PLAN["eu"],
            mode="order",
        )
        assert foreign.status_code in {400, 404}

        # OVH goes on showing it: nothing more is ordered
        time.sleep(CALM)
        assert (len(tea.books()), len(games.books())) == (1, 2)


def test_nothing_is_ordered_that_was_not_wished_or_costs_a_cent_more(home: Path) -> None:
    with running(home) as stack:
        thrifty, picky = buyer(stack, "Thrifty"), buyer(stack, "Picky")
        # OVH in the US takes options and forgets them: it would sell what is default instead
        exact = buyer(stack, "Exact", "us")
        stack.shelf("POST", "faults", kind="lost_option", host="us", times=0)
        exact.wish()
        # no cart stands ready for what is too dear already
        thrifty.api(
            "POST",
            "/api/v1/ovh/wishes/",
            account=thrifty.account,
            plan_code=PLAN["eu"],
            mode="order",
            cap_due_now=str(Decimal(DUE) - Decimal("0.01")),
        )
        picky.wish(cap_due_now=DUE)
        # a cent more a month once the cart stands; our price list is from before
        stack.shelf("POST", "prices", host="eu", code=PLAN["eu"], month=DEARER)
        picky.appear()
        exact.appear()
        for one in (thrifty, picky, exact):
            wait_until(one.alerts, what="the stock is seen")
        wait_until(exact.orders, what="an order is meant")
        time.sleep(CALM)
        assert thrifty.books() == picky.books() == exact.books() == []
        assert {(order["state"], order["reason"]) for order in exact.orders()} == {
            ("refused", "not_as_wished")
        }
        # a price list may be hours old, so OVH itself is asked: its quote decides
        refused = [*thrifty.orders(), *picky.orders()]
        assert {order["state"] for order in refused} <= {"refused"}, refused
        assert {order["reason"] for order in refused} <= {"price_over_cap"}, refused
