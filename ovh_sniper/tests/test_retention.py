"""What is kept for how long: history for its days, orders for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bots.testing import make_bot
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import (
    Account,
    Alert,
    AlertLine,
    AlertMessage,
    CatalogueChange,
    ChatRequest,
    Configuration,
    GhostStock,
    Order,
    StockInterval,
    StoredCatalogue,
    Unwatched,
    VpsPlan,
    Wish,
)
from ovh_sniper.services.operators import retention
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.stock import intervals as stock
from ovh_sniper.tasks import retention as tasks
from ovh_sniper.testing import make_account
from ovh_sniper.tests.shelves import LARGE, OTHER, SMALL, at, intervals, row, started
from tenants import leases
from tenants.models import Lease, Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
OUT = "unavailable"
DAY = 86400.0
DAYS = 400


def prune(days: float) -> None:
    """Let so many days pass, and prune."""
    retention.prune(at(days * DAY))


@pytest.fixture
def wish(tenant: Tenant) -> Wish:
    with scope(tenant):
        found: Wish = Wish.objects.create(
            tenant=tenant, host="eu", subsidiary="FR", plan_code="27sk15"
        )
    return found


# --- Stock


def test_intervals_are_kept_for_their_days() -> None:
    known = started(row(SMALL, gra=OUT, rbx=OUT))
    stock.apply(known, [row(SMALL, gra="72H", rbx="72H")], at(10))
    stock.apply(known, [row(SMALL, gra=OUT, rbx="72H")], at(20))
    prune(DAYS)
    assert len(intervals()) == 2
    prune(DAYS + 1)
    # what is still open is no history
    assert intervals() == [("rbx", 10, None)]


def test_how_many_days_is_for_operators_to_say(settings: Any) -> None:
    settings.OVH_HISTORY_DAYS = 30
    known = started(row(SMALL, gra="72H"))
    stock.apply(known, [row(SMALL, gra=OUT)], at(10))
    prune(29)
    assert StockInterval.objects.exists()
    prune(31)
    assert not StockInterval.objects.exists()


def test_a_configuration_goes_when_it_is_listed_no_more_and_nothing_is_remembered() -> None:
    known = started(row(SMALL, gra=OUT), row(LARGE, gra="72H"), row(OTHER, gra=OUT))
    stock.apply(known, [row(OTHER, gra=OUT)], at(10))  # the others are gone
    kept = StockInterval.objects.get()
    StockInterval.objects.filter(pk=kept.pk).update(closed_at=at(100 * DAY))
    prune(DAYS + 1)
    # the large one's interval is young enough, the other one is still listed
    assert set(Configuration.objects.values_list("fqn", flat=True)) == {LARGE, OTHER}
    prune(DAYS + 102)
    assert set(Configuration.objects.values_list("fqn", flat=True)) == {OTHER}


def test_what_a_poller_knows_stays_true_after_pruning() -> None:
    known = started(row(SMALL, gra="72H"), row(OTHER, gra=OUT))
    stock.apply(known, [row(OTHER, gra=OUT)], at(10))
    prune(DAYS + 1)
    again = stock.load(Host.EU)
    (back,) = stock.apply(again, [row(OTHER, gra=OUT), row(SMALL, gra="72H")], at(402 * DAY))
    assert (back.kind, back.out_for) == ("opened", None)


def test_old_refusals_gaps_and_vps_plans_go() -> None:
    ghosts.note_refused(Host.EU, SMALL, "27sk15", "gra", at(0))
    ghosts.note_refused(Host.EU, LARGE, "27sk15", "gra", at(50 * DAY))
    Unwatched.objects.create(host="eu", since=at(-60), until=at(0))
    VpsPlan.objects.create(host="eu", subsidiary="FR", plan_code="vps-1", looked_at=at(0))
    prune(DAYS + 1)
    assert [one.fqn for one in GhostStock.objects.all()] == [LARGE]
    assert not Unwatched.objects.exists()
    assert not VpsPlan.objects.exists()


def test_old_price_changes_go_and_price_lists_stay() -> None:
    catalogue = StoredCatalogue.objects.create(host="eu", subsidiary="FR", fetched_at=at(0))
    for days in (0, 50):
        CatalogueChange.objects.create(
            catalogue=catalogue,
            plan_code="27sk15",
            name="KS-15",
            kind=CatalogueChange.Kind.PRICE,
            noticed_at=at(days * DAY),
        )
    prune(DAYS + 1)
    assert [one.noticed_at for one in CatalogueChange.objects.all()] == [at(50 * DAY)]
    assert StoredCatalogue.objects.exists()


# --- Tenants'


def alert_at(wish: Wish, days: float, state: str = Alert.State.ENDED) -> Alert:
    """Write an alert, in a message."""
    number = int(days)
    with scope(wish.tenant):
        alert: Alert = Alert.objects.create(
            tenant=wish.tenant,
            wish=wish,
            interval_id=number,
            fqn=SMALL,
            plan_code="27sk15",
            datacenter="gra",
            availability="72H",
            state=state,
            stock_seen_at=at(days * DAY),
        )
        Alert.objects.filter(pk=alert.pk).update(created_at=at(days * DAY))
        bot = wish.bot or make_bot(wish.tenant, products=("ovh_sniper",))
        Wish.objects.filter(pk=wish.pk).update(bot=bot)
        wish.bot = bot
        message = AlertMessage.objects.create(
            tenant=wish.tenant, bot=bot, chat_id=1, slot=f"ovh:alert:{number}"
        )
        AlertMessage.objects.filter(pk=message.pk).update(created_at=at(days * DAY))
        AlertLine.objects.create(tenant=wish.tenant, message=message, alert=alert)
    return alert


def test_old_alerts_go_with_their_messages_and_open_ones_stay(wish: Wish) -> None:
    alert_at(wish, 0)
    alert_at(wish, 1, Alert.State.OPEN)
    alert_at(wish, 50, Alert.State.ORDERED)
    prune(DAYS + 2)
    with scope(wish.tenant):
        assert [one.interval_id for one in Alert.objects.order_by("pk")] == [1, 50]
        assert [one.slot for one in AlertMessage.objects.order_by("pk")] == [
            "ovh:alert:1",
            "ovh:alert:50",
        ]


def order_at(account: Account, days: float, state: str) -> Order:
    with scope(account.tenant):
        found: Order = Order.objects.create(
            tenant=account.tenant,
            account=account,
            source=Order.Source.WISH,
            plan_code="27sk15",
            fqn=SMALL,
            datacenter="gra",
            addons={"memory": "ram-64g"},
            detail="is not available in gra",
            cart_id="a-secret-cart",
            state=state,
            created_at=at(days * DAY),
        )
    return found


@pytest.mark.parametrize("state", [Order.State.DRY, Order.State.REFUSED])
def test_of_an_order_that_bought_nothing_the_contents_go(tenant: Tenant, state: str) -> None:
    account = make_account(tenant)
    old, young = order_at(account, 0, state), order_at(account, 50, state)
    prune(DAYS + 1)
    with scope(tenant):
        old.refresh_from_db()
        young.refresh_from_db()
    assert (old.addons, old.detail, old.cart_id) == ({}, "", "")
    # that it was is kept
    assert (old.state, old.plan_code, old.datacenter) == (state, "27sk15", "gra")
    assert young.cart_id == "a-secret-cart"


@pytest.mark.parametrize(
    "state", [Order.State.DELIVERED, Order.State.UNKNOWN, Order.State.CANCELLED]
)
def test_an_order_that_bought_or_may_have_is_kept_whole(tenant: Tenant, state: str) -> None:
    order = order_at(make_account(tenant), 0, state)
    prune(DAYS + 1)
    with scope(tenant):
        order.refresh_from_db()
    assert (order.addons, order.cart_id) == ({"memory": "ram-64g"}, "a-secret-cart")


def test_requests_in_chats_go_a_week_after_their_buttons_died(tenant: Tenant) -> None:
    bot = make_bot(tenant, products=("ovh_sniper",))
    with scope(tenant):
        for days in (0, 3):
            ChatRequest.objects.create(tenant=tenant, bot=bot, expires_at=at(days * DAY))
    prune(8)
    with scope(tenant):
        assert [one.expires_at for one in ChatRequest.objects.all()] == [at(3 * DAY)]


def test_tenants_are_pruned_alike(tenant: Tenant, stranger: Tenant) -> None:
    for one in (tenant, stranger):
        order_at(make_account(one), 0, Order.State.REFUSED)
    prune(DAYS + 1)
    for one in (tenant, stranger):
        with scope(one):
            assert Order.objects.get().detail == ""


# --- How


def test_more_than_a_batch_goes_in_several(settings: Any) -> None:
    Unwatched.objects.bulk_create(
        Unwatched(host="eu", since=at(0), until=at(number))
        for number in range(2 * retention.BATCH + 1)
    )
    prune(DAYS + 1)
    assert not Unwatched.objects.exists()


def test_only_one_process_prunes(tenant: Tenant) -> None:
    order = order_at(make_account(tenant), 0, Order.State.REFUSED)
    assert leases.take(retention.LEASE, "another", seconds=3600)
    prune(DAYS + 1)
    with scope(tenant):
        order.refresh_from_db()
    assert order.detail
    assert Lease.objects.get().holder == "another"


def test_the_clock_prunes(settings: Any) -> None:
    settings.OVH_HISTORY_DAYS = 0
    Unwatched.objects.create(host="eu", since=at(0), until=at(0) - timedelta(days=1000))
    tasks.prune()
    assert not Unwatched.objects.exists()
    assert not Lease.objects.exists()
