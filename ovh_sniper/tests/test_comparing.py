"""A cart is what was wished, or it is not ordered: line by line, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ovh_sniper.gateways.carts import Item, Quote, QuoteLine
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.carts import building, comparing

PLAN = "27sk15"
ADDONS = {"memory": "ram-64g", "storage": "disk-500", "bandwidth": "bandwidth-300"}
CODES = [PLAN, *ADDONS.values()]


def item(number: int, code: str, **changes: object) -> Item:
    given = {"duration": "P1M", "mode": "default", "quantity": 1, **changes}
    return Item(id=number, plan_code=code, parent_id=None, option_ids=(), **given)  # type: ignore[arg-type]


def options(*codes: str) -> list[Item]:
    return [item(number, code) for number, code in enumerate(codes, 2)]


def line(number: int | None, quantity: int = 1, text: str = "a line") -> QuoteLine:
    return QuoteLine(number, text, "DURATION", quantity, Decimal(1))


def quote(*lines: QuoteLine) -> Quote:
    return Quote(lines, "EUR", Decimal(1), Decimal(0), Decimal(1))


@pytest.mark.parametrize(
    ("held", "facts"),
    [
        (["ram-64g", "disk-500", "bandwidth-300"], None),
        (["bandwidth-300", "disk-500", "ram-64g"], None),
        (["ram-64g", "disk-500"], "-bandwidth-300"),
        (["ram-32g", "disk-500", "bandwidth-300"], "-ram-64g +ram-32g"),
        (["ram-64g", "disk-500", "bandwidth-300", "vrack"], "+vrack"),
        (["ram-64g", "ram-64g", "disk-500", "bandwidth-300"], "+ram-64g"),
        ([], "-bandwidth-300 -disk-500 -ram-64g"),
    ],
)
def test_a_server_holds_exactly_the_wished_options(held: list[str], facts: str | None) -> None:
    found = comparing.lines(item(1, PLAN), options(*held), PLAN, ADDONS)
    assert (found and (found.reason, found.detail)) == (facts and ("not_as_wished", facts))


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"quantity": 2}, "27sk15 x2"),
        ({"duration": "P1Y", "mode": "upfront12"}, "27sk15 P1Y upfront12"),
    ],
)
def test_one_server_by_the_month(changes: dict[str, object], facts: str) -> None:
    found = comparing.lines(item(1, PLAN, **changes), options(*CODES[1:]), PLAN, ADDONS)
    assert found is not None
    assert found.detail == facts


@pytest.mark.parametrize(
    ("lines", "facts"),
    [
        ([line(1), line(1), line(2)], None),
        ([line(1)], "-ram-64g"),
        ([line(1), line(2), line(3, text="More")], "+More"),
        ([line(1), line(2), line(None, text="A gift")], "+A gift"),
        ([line(1), line(2, 2, "Memory")], "Memory x2"),
    ],
)
def test_a_quote_has_lines_of_the_same_items_once_each(
    lines: list[QuoteLine], facts: str | None
) -> None:
    known = [{"item": 1, "code": PLAN}, {"item": 2, "code": "ram-64g"}]
    found = comparing.quoted(known, quote(*lines))
    assert (found and found.detail) == facts


@pytest.mark.parametrize(
    ("capped", "due", "renewal", "currency", "reason"),
    [
        ({}, "9999", None, "XXX", None),
        ({"cap_due_now": 10}, "10", None, "EUR", None),
        ({"cap_due_now": 10}, "10.01", None, "EUR", "price_over_cap"),
        ({"cap_due_now": 10}, "10.001", None, "EUR", "price_over_cap"),
        ({"cap_due_now": 0}, "0.01", None, "EUR", "price_over_cap"),
        ({"cap_due_now": 10}, "10", None, "USD", "currency"),
        ({"cap_due_now": 10}, None, "1", "EUR", "price_unknown"),
        ({"cap_renewal": 10}, "50", "10", "EUR", None),
        ({"cap_renewal": 10}, "5", "10.01", "EUR", "renewal_over_cap"),
        ({"cap_renewal": 10}, "5", None, "EUR", "price_unknown"),
        ({"budget_day": 10}, "5", None, "USD", "currency"),
        ({"budget_month": 10}, None, None, "EUR", "price_unknown"),
        ({"budget_day": 10}, "50", None, "EUR", None),
    ],
)
@pytest.mark.parametrize("is_order", [False, True])
def test_limits(
    capped: dict[str, int],
    due: str | None,
    renewal: str | None,
    currency: str,
    reason: str | None,
    *,
    is_order: bool,
) -> None:
    wish = Wish(**capped)
    caps = {name: value for name, value in capped.items() if name.startswith("cap")}
    found = comparing.price(
        Order(wish=wish, **caps) if is_order else wish,
        None if due is None else Decimal(due),
        None if renewal is None else Decimal(renewal),
        currency,
        "EUR",
    )
    assert (found and found.reason) == reason


@pytest.mark.parametrize(
    ("place", "regions", "region"),
    [
        ("gra", ("canada", "europe"), "europe"),
        ("bhs", ("canada", "europe"), "canada"),
        ("ca-east-tor-a", ("canada", "europe"), "canada"),
        ("eu-west-par-a", ("canada", "europe"), "europe"),
        ("vin", ("united_states",), "united_states"),
        ("bhs", ("united_states",), "united_states"),
        ("gra", (), None),
    ],
)
def test_labels_of_a_cart(place: str, regions: tuple[str, ...], region: str | None) -> None:
    labels = building.configuration(
        {"region": regions, "dedicated_os": ("none_64.en",), "new": ("only",), "free": ("a", "b")},
        place,
    )
    assert labels.pop("region", None) == region
    assert labels == {"dedicated_datacenter": place, "dedicated_os": "none_64.en", "new": "only"}
