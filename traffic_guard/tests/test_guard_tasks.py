"""The clock's tasks alone bring a low server to rest and back; shared packages, two tenants."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import AlertMark, Decision, Package, Server, ServerPackage
from traffic_guard.tasks import guarding as tasks
from traffic_guard.testing import make_account
from traffic_guard.tests.guarded import Guarded

pytestmark = pytest.mark.django_db


def ticks(guarded: Guarded, times: int, **span: float) -> None:
    for _tick in range(times):
        guarded.passes(**span)
        tasks.sweep_evaluations()
        tasks.sweep_actions()
        tasks.resume_due()


def test_the_ticks_alone_stop_prove_and_start_again(guarded: Guarded) -> None:
    guarded.add_server(left_gb=20)
    guarded.emulator.end_cycle("web", 2 * 3600)
    guarded.emulator.set_remaining("web", 20)
    guarded.poll()
    ticks(guarded, 1, minutes=14)
    guarded.passes(minutes=1)
    guarded.poll()
    ticks(guarded, 1, seconds=15)
    assert guarded.plans() == ["waiting"]
    ticks(guarded, 1, minutes=30)
    ticks(guarded, 3, seconds=15)
    assert (guarded.states(), guarded.power()) == (["stop done"], "SHUTOFF")
    guarded.passes(hours=2)
    guarded.poll()
    ticks(guarded, 4, seconds=15)
    assert (guarded.states()[-1], guarded.power()) == ("start done", "ACTIVE")


def test_every_tick_is_in_the_beat_table_and_drops_what_is_late() -> None:
    names = {
        entry["task"].rpartition(".")[2]: entry
        for entry in current_app.conf.beat_schedule.values()
        if entry["task"].startswith("traffic_guard.tasks.guarding.")
    }
    assert set(names) == {"sweep_evaluations", "sweep_actions", "resume_due", "prune"}
    assert all(one["options"]["expires"] == one["schedule"] for one in names.values())


def test_one_accounts_trouble_is_no_others(guarded: Guarded, stranger: Tenant) -> None:
    make_account(stranger, polled_at=guarded.now, access_key="")
    guarded.add_server(left_gb=20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.poll()
    ticks(guarded, 1, seconds=1)
    assert guarded.plans() == ["waiting"]


def shared(guarded: Guarded, *names: str, is_chosen: bool = True) -> Package:
    """Buy a package for the region, and choose servers for it."""
    bought = guarded.emulator.add_shared_package(guarded.domain_id, total_gb=100, left_gb=2)
    with scope(guarded.tenant):
        package: Package = Package.objects.create(
            tenant=guarded.tenant,
            account=guarded.account,
            cloud_id=bought.id,
            kind=Package.Kind.SHARED,
            region="ap-southeast-1",
        )
        for name in names:
            found = guarded._server(guarded.emulator.add_server(guarded.domain_id, name=name))
            ServerPackage.objects.create(
                tenant=guarded.tenant, server=found, package=package, is_chosen=is_chosen
            )
    return package


def test_a_shared_package_stops_the_servers_that_were_chosen_and_no_other(
    guarded: Guarded,
) -> None:
    shared(guarded, "chosen")
    guarded.emulator.add_server(guarded.domain_id, name="bystander")
    with scope(guarded.tenant):
        guarded._server(guarded.emulator.server("bystander"))
    guarded.look()
    guarded.passes(minutes=15)
    assert [plan.server.name for plan in guarded.look()] == ["chosen"]
    guarded.grace_passes()
    assert (guarded.power("chosen"), guarded.power("bystander")) == ("SHUTOFF", "ACTIVE")


def test_a_shared_package_that_nobody_chose_a_server_for_only_alerts(guarded: Guarded) -> None:
    shared(guarded, "web", is_chosen=False)
    guarded.look()
    guarded.passes(minutes=15)
    assert guarded.look() == []
    assert guarded.server().verdict == "not_chosen"


def test_two_packages_of_a_server_count_together_and_one_unknown_stops_nothing(
    guarded: Guarded,
) -> None:
    server = guarded.add_server()
    second = guarded.emulator.add_second_package("web", 100)
    with scope(guarded.tenant):
        Package.objects.update(region="ap-southeast-1")
    guarded.add_package(server, second.id, region="ap-southeast-1")
    guarded.emulator.set_remaining("web", 20)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    # 20 and 100 GB of 1,100: more than 5 %
    assert guarded.server().verdict == "above"
    guarded.emulator.set_remaining(second.id, 10)
    guarded.passes(minutes=15)
    guarded.look()
    guarded.emulator.lose(second.id, 1)
    guarded.passes(minutes=15)
    assert guarded.look() == []
    assert guarded.server().verdict == "unknown"
    guarded.passes(minutes=15)
    assert len(guarded.look()) == 1


def test_two_tenants_with_the_same_key_each_act_by_their_own_rules(
    guarded: Guarded, stranger: Tenant, huawei: Any
) -> None:
    server = guarded.add_server()
    other = make_account(
        stranger,
        site=guarded.account.site,
        access_key=guarded.account.access_key,
        secret_key=guarded.account.secret_key,
        domain_id=guarded.domain_id,
        poll_at=guarded.now,
    )
    with scope(stranger):
        theirs = Server.objects.create(
            tenant=stranger,
            account=other,
            name="theirs",
            cloud_id=server.cloud_id,
            region=server.region,
            project_id=server.project_id,
        )
    guarded.runs_low()
    guarded.grace_passes()
    assert guarded.power() == "SHUTOFF"
    # Charlie's rows tell of no plan, no action and no decision of Alice's
    with scope(stranger):
        theirs.refresh_from_db()
        assert theirs.kept_off_by_id is None
        assert not Decision.objects.exists()


def test_old_marks_and_decisions_are_deleted_and_others_kept(guarded: Guarded) -> None:
    guarded.add_server()
    guarded.runs_low()
    guarded.passes(days=80)
    tasks.prune()
    with scope(guarded.tenant):
        assert not AlertMark.objects.exists()
        assert Decision.objects.exists()
    guarded.passes(days=400)
    tasks.prune()
    with scope(guarded.tenant):
        assert not Decision.objects.exists()
