"""VPS plans are watched once for all tenants, and alerted of; nothing is ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from bots.testing import Someone
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Alert, Configuration, Order, StockInterval, VpsPlan, Wish
from ovh_sniper.services import demand, matching, vps, vps_rows, wishes
from ovh_sniper.tasks import orders as order_tasks
from ovh_sniper.tasks import vps as tasks
from ovh_sniper.testing import TESTER, poll
from ovh_sniper.tests.chatting import keys_of, make_ovh_bot, make_staff, sent_to
from ovh_sniper.tests.shelves import at
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
PLAN = "vps-2027-model2"
ROUTE = "/vps/order/rule/datacenter"
THERE, OUT, PREORDER = "available", "out-of-stock", "out-of-stock-preorder-allowed"


def watch(tenant: Tenant, **fields: Any) -> Wish:
    """Arm a wish for the plan, as a tenant does."""
    values = {
        "host": "eu",
        "subsidiary": "FR",
        "plan_code": PLAN,
        "track": Wish.Track.VPS,
        "mode": Wish.Mode.ALERT,
        **fields,
    }
    with scope(tenant):
        return wishes.create(actor=TESTER, now=timezone.now(), **values)


def put(
    emulator: OvhEmulator, linux: str = OUT, windows: str = OUT, days: int = 0, **more: Any
) -> None:
    """Say what OVH has in Gravelines; Strasbourg has nothing."""
    place = {"datacenter": "eu-west-gra", "code": "GRA", "status": THERE}
    systems = {"linuxStatus": linux, "windowsStatus": windows, "daysBeforeDelivery": days}
    other = {"datacenter": "eu-west-sbg", "code": "SBG", "status": THERE}
    gone = {"linuxStatus": OUT, "windowsStatus": OUT, "daysBeforeDelivery": 0}
    emulator.set_vps("eu", PLAN, [{**place, **systems, **more}, {**other, **gone}])


def look(seconds: float) -> list[tuple[str, str, str]]:
    """Do what the clock does with all plans that are due; return what changed."""
    changes = []
    for plan_id in vps.due(at(seconds)):
        changes += vps.look(plan_id, at(seconds))
    return [(one.kind, one.row.system_storage, one.datacenter) for one in changes]


def begin(seconds: float = 0) -> None:
    """Make the first look at everything that is watched."""
    vps.ensure_wanted(at(seconds))
    look(seconds)


def alerts_of(tenant: Tenant) -> list[tuple[str, str, str]]:
    with scope(tenant):
        return list(Alert.objects.order_by("pk").values_list("fqn", "datacenter", "state"))


LINUX, WINDOWS = f"vps/FR/{PLAN}/linux", f"vps/FR/{PLAN}/windows"


# --- What counts as stock


@pytest.mark.parametrize(
    ("linux", "windows", "found"),
    [
        (OUT, OUT, []),
        (PREORDER, PREORDER, []),
        ("", "", []),
        ("unknown", "comingSoon", []),
        (THERE, OUT, ["Linux"]),
        (OUT, THERE, ["Windows"]),
        (THERE, THERE, ["Linux", "Windows"]),
    ],
)
def test_stock_is_what_the_systems_say_and_not_the_status(
    tenant: Tenant, ovh_emulator: OvhEmulator, linux: str, windows: str, found: list[str]
) -> None:
    put(ovh_emulator)
    watch(tenant)
    begin()
    put(ovh_emulator, linux, windows)
    assert look(60) == [("opened", system, "gra") for system in found]


@pytest.mark.parametrize(("days", "word", "hours"), [(0, "1H", 1), (3, "72H", 72)])
def test_days_until_delivery_are_kept_in_hours(
    tenant: Tenant, ovh_emulator: OvhEmulator, days: int, word: str, hours: int
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, days=days)
    look(60)
    one = StockInterval.objects.get()
    assert (one.availability, one.delivery_hours) == (word, hours)


def test_intervals_are_kept_and_say_how_long_it_was_out(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    put(ovh_emulator)
    assert look(120) == [("closed", "Linux", "gra")]
    put(ovh_emulator, THERE)
    look(240)
    first, second = StockInterval.objects.order_by("pk")
    assert (first.opened_at, first.closed_at) == (at(60), at(120))
    assert (second.opened_at, second.closed_at) == (at(240), None)
    with scope(tenant):
        assert Alert.objects.latest("pk").out_for == 120


# --- Who is told


def test_staff_is_told_and_cannot_order_it(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    bot = make_ovh_bot(tenant)
    oscar: Someone = make_staff(bot, "operator")
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    (message,) = sent_to(bot, oscar)
    text = str(message.params["text"])
    assert PLAN in text
    assert "Linux" in text
    assert "Gravelines" in text
    # no price list has it, so nothing is said of prices
    assert "rice" not in text
    assert list(keys_of(message)) == ["Details", "🔕 Mute 1 h"]
    put(ovh_emulator)
    look(120)
    assert "Sold out" in str(sent_to(bot, oscar)[-1].params["text"])
    assert alerts_of(tenant) == [(LINUX, "gra", "ended")]
    with scope(tenant):
        assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("terms", "count"),
    [
        ({}, 1),
        ({"system_storage": "Linux"}, 1),
        ({"system_storage": "Windows"}, 0),
        ({"datacenters": ["gra"]}, 1),
        ({"datacenters": ["sbg"]}, 0),
        ({"max_delivery_hours": 72}, 1),
        ({"max_delivery_hours": 24}, 0),
        ({"subsidiary": "DE"}, 0),
    ],
    ids=str,
)
def test_a_wish_may_name_system_place_and_delivery(
    tenant: Tenant, ovh_emulator: OvhEmulator, terms: dict[str, Any], count: int
) -> None:
    watch(tenant, **terms)
    # the plan is watched in France by somebody, whatever this wish is for
    VpsPlan.objects.get_or_create(host="eu", subsidiary="FR", plan_code=PLAN)
    begin()
    for plan in VpsPlan.objects.filter(subsidiary="FR", looked_at=None):
        vps.look(plan.pk, at(0))
    put(ovh_emulator, THERE, days=3)
    for plan in VpsPlan.objects.filter(subsidiary="FR"):
        vps.look(plan.pk, at(60))
    assert len(alerts_of(tenant)) == count


def test_a_server_of_the_same_plan_code_is_another_matter(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant, track=Wish.Track.DEDICATED)
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    with scope(tenant):
        assert [alert.wish.track for alert in Alert.objects.all()] == [Wish.Track.VPS]


def test_what_is_there_at_the_first_look_is_told_to_who_waits_for_it(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    put(ovh_emulator, THERE)
    watch(tenant)
    order_tasks.sweep_wishes()
    assert alerts_of(tenant) == []
    tasks.sweep()
    assert StockInterval.objects.get().is_baseline
    order_tasks.sweep_wishes()
    assert alerts_of(tenant) == [(LINUX, "gra", "open")]


def test_what_is_there_already_is_told_to_a_new_wish(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    put(ovh_emulator, THERE)
    watch(tenant)
    tasks.sweep()
    watch(stranger)
    ovh_emulator.clear_calls()
    order_tasks.sweep_wishes()
    assert alerts_of(stranger) == [(LINUX, "gra", "open")]
    assert ovh_emulator.calls(path=ROUTE) == []


# --- Once for all, and no oftener than needed


def test_1_and_50_tenants_cost_ovh_the_same_calls(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    with unscoped("a test writes wishes of many tenants"):
        others = Tenant.objects.bulk_create(Tenant(slug=f"m{n}", name=str(n)) for n in range(49))
        Wish.objects.bulk_create(
            Wish(tenant=one, host="eu", subsidiary="FR", plan_code=PLAN, track=Wish.Track.VPS)
            for one in others
        )
    begin()
    look(10)
    look(60)
    assert len(ovh_emulator.calls(path=ROUTE)) == 2


def test_each_subsidiary_is_asked_for_itself(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    watch(stranger, subsidiary="DE")
    begin()
    queries = sorted(one["query"] for one in ovh_emulator.calls(path=ROUTE))
    assert queries == [
        f"ovhSubsidiary=DE&planCode={PLAN}",
        f"ovhSubsidiary=FR&planCode={PLAN}",
    ]


def test_no_more_than_eight_plans_are_looked_at_in_a_minute(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    for number in range(10):
        watch(tenant, plan_code=f"vps-{number}")
    vps.ensure_wanted(at(0))
    assert len(vps.due(at(0))) == 8
    look(0)
    # those that had to wait come first
    assert len(vps.due(at(30))) == 2


@pytest.mark.parametrize("state", [Wish.State.PAUSED, Wish.State.DONE, Wish.State.EXPIRED])
def test_nobody_asks_for_what_nobody_watches_any_more(
    tenant: Tenant, ovh_emulator: OvhEmulator, state: str
) -> None:
    wish = watch(tenant)
    begin()
    with scope(tenant):
        Wish.objects.filter(pk=wish.pk).update(state=state)
    assert vps.due(at(600)) == []
    # the dedicated servers' poller has no part in it
    assert demand.needed(at(0)) == set()


def test_two_workers_look_once(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    watch(tenant)
    vps.ensure_wanted(at(0))
    vps.ensure_wanted(at(0))
    (plan_id,) = vps.due(at(0))
    vps.look(plan_id, at(0))
    vps.look(plan_id, at(0))
    assert len(ovh_emulator.calls(path=ROUTE)) == 1


# --- Trouble


@pytest.mark.parametrize(
    "fault",
    [{"kind": "html"}, {"kind": "null"}, {"kind": "throttled", "retry_after": 300}],
    ids=str,
)
def test_a_look_that_failed_is_not_sold_out(
    tenant: Tenant, ovh_emulator: OvhEmulator, fault: dict[str, Any]
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    ovh_emulator.fault(path=ROUTE, **fault)
    assert look(120) == []
    plan = VpsPlan.objects.get()
    assert (plan.failures, plan.looked_at) == (1, at(60))
    assert plan.last_error
    assert StockInterval.objects.get().closed_at is None
    assert vps.due(at(150)) == []
    assert look(480) == []
    plan.refresh_from_db()
    assert (plan.failures, plan.last_error) == (0, "")


def test_an_empty_answer_is_not_sold_out(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    watch(tenant)
    put(ovh_emulator, THERE)
    begin()
    ovh_emulator.set_vps("eu", PLAN, [])
    assert look(60) == []
    assert VpsPlan.objects.get().last_error == "OVH named no place."


def test_a_plan_that_ovh_does_not_know_is_asked_for_rarely(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant, plan_code="vps-nonsense")
    begin()
    assert "Plan code not found" in VpsPlan.objects.get().last_error
    assert vps.due(at(1790)) == []
    assert len(vps.due(at(1800))) == 1


def test_after_a_long_time_without_looks_nobody_knows_since_when(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    wish = watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(3600)
    assert StockInterval.objects.get().is_baseline
    # it is told all the same, as to a new wish
    with scope(tenant):
        matching.look(wish.pk, at(3600))
    assert alerts_of(tenant) == [(LINUX, "gra", "open")]


# --- Beside the dedicated servers


def test_looks_at_dedicated_servers_leave_it_alone(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    look(60)
    poll("eu")
    assert StockInterval.objects.get(vps_rows.IS_VPS).closed_at is None
    assert not Configuration.objects.get(fqn=LINUX).is_gone


def test_what_a_process_that_died_had_not_told_is_caught_up_with(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE)
    # written, and nobody was told
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    VpsPlan.objects.update(retry_at=at(0))
    vps.look(VpsPlan.objects.get().pk, at(60))
    Tenant.objects.update(state=Tenant.State.ACTIVE)
    assert alerts_of(tenant) == []
    matching.catch_up("eu", at(90))
    assert alerts_of(tenant) == [(LINUX, "gra", "open")]


# --- What pages show


def test_pages_show_what_was_seen_last(
    tenant: Tenant, ovh_emulator: OvhEmulator, django_assert_num_queries: Any
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, PREORDER, days=2)
    look(60)
    with django_assert_num_queries(2):
        (plan,) = vps.known(Host.EU)
    assert (plan.plan_code, plan.subsidiary, plan.looked_at) == (PLAN, "FR", at(60))
    first, second = plan.places
    assert first == vps.Place("gra", THERE, PREORDER, 2, at(60), None)
    assert first.is_there
    assert not second.is_there
    assert vps.known(Host.US) == []


def test_a_plan_that_was_not_looked_at_yet_has_no_places(tenant: Tenant) -> None:
    watch(tenant)
    vps.ensure_wanted(at(0))
    (plan,) = vps.known(Host.EU)
    assert (plan.looked_at, plan.places) == (None, ())


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("GRA", "gra"),
        ("", "us-east-va"),
        ("MUM", "ynm"),
        ("a code of a form that nobody knows", "a code of a form that no"),
    ],
)
def test_a_place_is_named_as_wishes_name_it(
    tenant: Tenant, ovh_emulator: OvhEmulator, code: str, name: str
) -> None:
    watch(tenant)
    begin()
    put(ovh_emulator, THERE, datacenter="US-EAST-VA", code=code)
    look(60)
    assert alerts_of(tenant) == [(LINUX, name, "open")]
