"""VPS plans are watched once for all tenants, whatever OVH answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ovh_sniper.models import Configuration, StockInterval, VpsPlan, Wish
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.polling import demand, vps
from ovh_sniper.services.stock import vps_rows
from ovh_sniper.testing import poll
from ovh_sniper.tests.shelves import at
from ovh_sniper.tests.vps_shelf import LINUX, PLAN, ROUTE, THERE, alerts_of, begin, look, put, watch
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


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
        reacting.look(wish.pk, at(3600))
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
    reacting.catch_up("eu", at(90))
    assert alerts_of(tenant) == [(LINUX, "gra", "open")]
