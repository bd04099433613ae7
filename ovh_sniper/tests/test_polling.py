"""A host's stock is polled once for all tenants, as often as somebody needs it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.ovh.routes import STOCK
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Alert, Poller, Preferences, StoredCatalogue, Wish
from ovh_sniper.services.polling import demand, serving
from ovh_sniper.services.polling.serving import End
from ovh_sniper.testing import make_account, make_wish, orders_of
from ovh_sniper.tests.shelves import LARGE, OTHER, SMALL, at, intervals, row
from ovh_sniper.tests.turns import PLAN, FakeShelf, arm, poller, since_start, turn
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
OUT = "unavailable"


@pytest.fixture
def europe(tenant: Tenant) -> Account:
    """An account of Alice's: its host is needed."""
    return make_account(tenant)


@pytest.fixture
def shown() -> FakeShelf:
    return FakeShelf(row(SMALL, gra=OUT), row(LARGE, gra=OUT), row(OTHER, gra=OUT))


def arm_for_everybody(count: int) -> None:
    with unscoped("a test writes wishes of many tenants"):
        tenants = Tenant.objects.bulk_create(
            Tenant(slug=f"many{number}", name=str(number)) for number in range(count)
        )
        Wish.objects.bulk_create(
            Wish(tenant=one, host="eu", subsidiary="FR", plan_code=PLAN) for one in tenants
        )


# --- Once for all


def test_1_and_1000_tenants_cost_ovh_the_same_calls(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    arm(tenant)
    turn(60)
    few = len(ovh_emulator.calls(path=STOCK))
    ovh_emulator.clear_calls()
    arm_for_everybody(999)
    turn(1060, begins=1000)
    many = len(ovh_emulator.calls(path=STOCK))
    assert few == many == 12  # the whole list at 0 and 30, the plan each 5 seconds between
    assert len(ovh_emulator.calls(host="eu")) == many
    assert poller().calls == few + many


def test_stock_that_appears_becomes_an_order_and_alerts(
    linked: Account, ovh_emulator: OvhEmulator
) -> None:
    make_wish(linked)
    restock = {7.0: lambda: ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low")}
    assert turn(20, restock) == End.STOPPED
    (order,) = orders_of(linked.tenant)
    assert (order.state, order.plan_code, order.datacenter) == ("intended", PLAN, "gra")
    # the look at this plan alone saw it
    assert since_start(order.stock_seen_at) == 10
    with scope(linked.tenant):
        assert Alert.objects.count() == 6  # configurations


def test_hosts_are_polled_apart(
    europe: Account, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    make_account(stranger, "us")
    assert serving.unserved(at(0)) == [Host.EU, Host.US]
    turn(5)
    assert (poller().rows > 100, poller().succeeded_at) == (True, at(0))
    assert not Poller.objects.filter(host="us").exists()
    ovh_emulator.fault("html", host="us", path=STOCK, times=0)
    turn(4, host=Host.US)
    assert (poller(Host.US).failures, poller().failures) == (1, 0)
    turn(75, begins=70)
    assert poller().succeeded_at == at(70)


# --- The first look of all


def test_the_first_look_tells_nobody_anything(tenant: Tenant, shown: FakeShelf) -> None:
    arm(tenant)
    shown.rows = [row(SMALL, gra="1H-low"), row(LARGE, gra=OUT)]
    turn(20, shown=shown)
    with scope(tenant):
        assert not Alert.objects.exists()
    assert intervals() == [("gra", 0, None)]


def test_nothing_of_a_single_plan_is_asked_for_before_the_whole_list(
    tenant: Tenant, shown: FakeShelf
) -> None:
    arm(tenant)
    shown.errors[""] = ConnectionError()
    with pytest.raises(ConnectionError):
        turn(20, shown=shown)
    assert shown.asked == [(0, "")]
    shown.errors.clear()
    turn(120, shown=shown, begins=100)
    assert shown.asked[1:3] == [(100, ""), (105, PLAN)]


# --- Who needs it


def test_nobody_is_asked_for_what_nobody_needs(shown: FakeShelf) -> None:
    assert serving.unserved(at(0)) == []
    assert turn(60, shown=shown) == End.UNNEEDED
    assert shown.asked == []


def test_a_host_without_accounts_is_polled_for_an_armed_wish_and_for_a_page(
    tenant: Tenant,
) -> None:
    arm(tenant, host="ca", subsidiary="QC")
    demand.want(Host.US, at(0))
    assert serving.unserved(at(1)) == [Host.CA, Host.US]
    assert serving.unserved(at(601)) == [Host.CA]


def test_a_page_that_is_looked_at_writes_once_a_minute(django_assert_num_queries: Any) -> None:
    demand.want(Host.EU, at(0))
    with django_assert_num_queries(1):
        demand.want(Host.EU, at(30))
    demand.want(Host.EU, at(61))
    assert since_start(poller().wanted_until) == 661


@pytest.mark.parametrize(
    "changes",
    [
        {"state": Wish.State.PAUSED},
        {"state": Wish.State.DONE},
        {"expires_at": at(-1)},
        {"track": Wish.Track.VPS},
    ],
    ids=str,
)
def test_a_wish_that_waits_for_no_server_needs_no_host(
    tenant: Tenant, changes: dict[str, Any]
) -> None:
    arm(tenant, **changes)
    assert serving.unserved(at(0)) == []


def test_a_suspended_tenant_needs_no_host(europe: Account) -> None:
    arm(europe.tenant)
    Tenant.objects.filter(pk=europe.tenant_id).update(state=Tenant.State.SUSPENDED)
    assert serving.unserved(at(0)) == []


def test_a_turn_ends_when_the_host_is_needed_no_more(europe: Account, shown: FakeShelf) -> None:
    def leave() -> None:
        with scope(europe.tenant):
            Account.objects.all().delete()

    assert turn(170, {10: leave}, shown=shown) == End.UNNEEDED


# --- How often


def test_what_nobody_waits_for_is_looked_at_once_a_minute(
    europe: Account, shown: FakeShelf
) -> None:
    turn(130, shown=shown)
    assert shown.asked == [(0, ""), (60, ""), (120, "")]
    assert (poller().cadence, poller().interval, poller().rows) == ("idle", 60, 3)


def test_a_plan_that_is_armed_meanwhile_is_looked_at_within_seconds(
    europe: Account, shown: FakeShelf
) -> None:
    turn(30, {11: lambda: arm(europe.tenant)}, shown=shown)
    assert shown.seconds() == [0]
    first, second, *_more = shown.seconds(PLAN)
    assert 11 <= first <= 18
    assert second == pytest.approx(first + 5)
    assert (poller().cadence, poller().interval) == ("armed", 5)


def test_the_most_impatient_tenant_with_an_armed_wish_sets_the_pace(
    tenant: Tenant, stranger: Tenant, europe: Account, shown: FakeShelf
) -> None:
    for one, interval in ((tenant, 9), (stranger, 3)):
        with scope(one):
            Preferences.objects.create(tenant=one, interval=interval)
    arm(tenant)
    turn(20, shown=shown)
    assert shown.seconds(PLAN) == [9, 18]
    shown.asked.clear()
    arm(stranger, plan_code="27rise03")
    turn(210, shown=shown, begins=200)
    # both plans, though one of their tenants has more patience
    assert len(shown.seconds(PLAN)) == len(shown.seconds("27rise03")) == 3


def test_who_chose_no_interval_has_five_seconds(
    tenant: Tenant, stranger: Tenant, shown: FakeShelf
) -> None:
    with scope(stranger):
        Preferences.objects.create(tenant=stranger, interval=30)
    arm(stranger)
    arm(tenant)
    turn(12, shown=shown)
    assert shown.seconds(PLAN) == [5, 10]


def test_no_tenant_is_more_impatient_than_operators_allow(
    tenant: Tenant, shown: FakeShelf, settings: Any
) -> None:
    settings.OVH_MIN_INTERVAL = 4.0
    with scope(tenant):
        Preferences.objects.create(tenant=tenant, interval=1)
    arm(tenant)
    turn(13, shown=shown)
    assert shown.seconds(PLAN) == [4, 8, 12]


def test_a_plan_that_ovh_does_not_list_is_waited_for_in_the_whole_list(
    tenant: Tenant, shown: FakeShelf
) -> None:
    arm(tenant, plan_code="28new01")
    announced = row("28new01.ram-64g.2x960", gra="1H-low")

    def announce() -> None:
        shown.rows = [*shown.rows, announced]

    turn(70, {40: announce}, shown=shown)
    assert shown.seconds() == [0, 30, 60]
    assert shown.seconds("28new01") == [65]
    with scope(tenant):
        assert Alert.objects.get().plan_code == "28new01"


def test_prices_are_fetched_soon_where_a_plan_is_new(tenant: Tenant, shown: FakeShelf) -> None:
    arm(tenant)
    stored = StoredCatalogue.objects.create(
        host="eu", subsidiary="FR", fetched_at=at(-7200), retry_at=at(0) + timedelta(days=1)
    )
    turn(20, shown=shown)
    stored.refresh_from_db()
    # the very first list is new as a whole
    StoredCatalogue.objects.update(retry_at=at(0) + timedelta(days=1))
    shown.rows = [*shown.rows, row("28new01.ram-64g.2x960", gra=OUT)]
    turn(120, shown=shown, begins=100)
    stored.refresh_from_db()
    assert stored.retry_at == at(100)
    StoredCatalogue.objects.update(retry_at=at(0) + timedelta(days=1))
    turn(220, shown=shown, begins=200)
    stored.refresh_from_db()
    assert stored.retry_at == at(0) + timedelta(days=1)


# --- What has not changed


def test_a_list_that_has_not_changed_travels_once(
    europe: Account, ovh_emulator: OvhEmulator
) -> None:
    turn(130)
    assert [one["status"] for one in ovh_emulator.calls(path=STOCK)] == [200, 304, 304]
    assert (poller().succeeded_at, poller().changed_at) == (at(120), at(0))
    assert poller().etag
    assert poller().digest


def test_stock_that_came_and_went_between_two_same_whole_lists_is_closed(
    europe: Account, ovh_emulator: OvhEmulator
) -> None:
    wish = arm(europe.tenant)

    def sell_out() -> None:
        with scope(europe.tenant):
            wish.delete()  # no look at this plan alone will tell
        ovh_emulator.set_stock("eu", PLAN, "gra", OUT)

    restock = lambda: ovh_emulator.set_stock("eu", PLAN, "gra", "1H-low")  # noqa: E731
    turn(90, {7: restock, 12: sell_out})
    assert len(intervals(PLAN)) == 6
    assert all(closed_at is not None for _dc, _opened_at, closed_at in intervals(PLAN))
