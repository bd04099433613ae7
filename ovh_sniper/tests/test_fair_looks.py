"""Where there are more armed plans than calls, nobody waits longer since another one wants much."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ovh_sniper.models import Account
from ovh_sniper.services.polling import cadence, shares
from ovh_sniper.services.polling.cadence import Demand
from ovh_sniper.testing import make_account
from ovh_sniper.tests.shelves import row
from ovh_sniper.tests.test_cadence import longest_wait, watch
from ovh_sniper.tests.turns import FakeShelf, arm, turn
from tenants.models import Tenant

MANY = tuple(f"many{number}" for number in range(13))
FEW = ("few",)
# as often as wanted, with the calls that come between
SOON = 5 + 2 * 1.2 + 0.1


def armed(
    ordered: tuple[tuple[str, ...], ...] = (), watched: tuple[tuple[str, ...], ...] = ()
) -> Demand:
    plans = sorted({one for plans in (*ordered, *watched) for one in plans})
    return Demand(is_armed=True, plans=tuple(plans), interval=5.0, ordered=ordered, watched=watched)


@pytest.mark.parametrize(
    "demand",
    [
        armed(ordered=(FEW,), watched=(MANY,)),
        armed(ordered=(FEW, MANY)),
        armed(watched=(FEW, MANY)),
        armed(ordered=(MANY, FEW), watched=(MANY, FEW)),
    ],
    ids=["ordered before watched", "both order", "both watch", "each does both"],
)
def test_thirteen_plans_of_one_tenant_delay_no_other(demand: Demand) -> None:
    looks = watch(demand, 300)
    assert cadence.plan_intervals(demand)["few"] == pytest.approx(5)
    assert longest_wait(looks, "few") < SOON
    # nor are they forgotten: the whole list shows them
    assert all(longest_wait(looks, code) < 18 for code in MANY)


def test_what_many_order_is_looked_at_before_what_one_does() -> None:
    popular, own = ("popular",), tuple(f"own{number}" for number in range(9))
    found = cadence.plan_intervals(armed(ordered=(popular, popular, (*own, "popular"))))
    assert found["popular"] == pytest.approx(5)
    assert all(found[code] > 10 for code in own)


def test_no_call_is_left_unused_and_none_is_given_twice() -> None:
    found = shares.rates([[MANY], [FEW, MANY]], calls=0.8, most=0.2)
    assert sum(found.values()) == pytest.approx(0.8)
    assert found["few"] == 0
    plenty = shares.rates([[MANY], [FEW]], calls=5, most=0.2)
    assert list(plenty.values()) == pytest.approx([0.2] * 14)
    assert shares.rates([], calls=1, most=1) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["alert", "ask"])
def test_the_pollers_demand_says_whose_plans_they_are(
    tenant: Tenant, stranger: Tenant, mode: str
) -> None:
    account: Account = make_account(tenant)
    rows = [row(f"{code}.ram-64g.2x500", gra="unavailable") for code in (*FEW, *MANY)]
    arm(tenant, plan_code="few", mode=mode, account=account)
    for code in MANY:
        arm(stranger, plan_code=code)
    shown = FakeShelf(*rows)
    turn(120, shown=shown)
    seen = sorted([*shown.seconds("few"), *shown.seconds()])
    assert max(later - sooner for sooner, later in pairwise(seen)) < SOON
    assert any(shown.seconds(code) for code in MANY)
