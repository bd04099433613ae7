"""The search for servers: what is found, and what stays although it is no longer listed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from emulators.huawei.world import HONG_KONG, INTL_DOMAIN, MONITOR, SINGAPORE
from emulators.tidewater.state import ACCOUNT, TOKEN
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Package, Server
from traffic_guard.services.accounts import linking, manual
from traffic_guard.testing import TESTER
from traffic_guard.tests.linked import discover, fresh, linked, packages_of, servers_of

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator
    from emulators.tidewater import TidewaterEmulator


def shared_of(account: Account) -> list[Package]:
    with scope(account.tenant_id, transaction=False):
        return list(Package.objects.filter(account=account, kind="shared").order_by("pk"))


def test_plans_come_with_their_packages_and_addresses(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    server, real = servers_of(account)["hk-web-1"], huawei.server("hk-web-1")
    assert (server.kind, server.plan_id, server.cloud_id) == ("flexus", real.plan_id, real.id)
    assert (server.region, server.project_id) == (HONG_KONG, real.project_id)
    assert (server.charging, server.power) == ("prepaid", "running")
    assert server.addresses == [real.address]
    assert server.eips == [
        {"eip_id": real.eip_id, "address": real.address, "bandwidth_id": real.bandwidth_id}
    ]
    [package] = packages_of(server)
    assert (package.kind, package.cloud_id) == ("bundled", huawei.package("hk-web-1").id)
    # what it has left is for the readings
    assert (package.remaining_bytes, account.poll_at is not None) == (None, True)


def test_ordinary_servers_and_shared_packages_are_found_and_nothing_ties_them(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    server = servers_of(account)["sg-api-1"]
    assert (server.kind, server.region, server.charging) == ("ecs", SINGAPORE, "usage")
    assert packages_of(server) == []
    [package] = shared_of(account)
    assert package.region == SINGAPORE
    with scope(tenant, transaction=False):
        assert not package.links.exists()


def test_every_package_of_a_plan_counts(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    second = huawei.add_second_package("hk-web-1", 500)
    account = linked(tenant)
    ids = {one.cloud_id for one in packages_of(servers_of(account)["hk-web-1"])}
    assert ids == {huawei.package("hk-web-1").id, second.id}


def test_all_regions_of_an_account_are_searched_page_by_page(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    keys = huawei.add_account(regions=["ap-southeast-1", "xx-future-9"])
    for number in range(205):
        huawei.add_plan(keys.domain_id, name=f"plan-{number}")
    huawei.add_server(keys.domain_id, "xx-future-9", "far")
    found = servers_of(linked(tenant, keys))
    assert len(found) == 206
    assert found["far"].region == "xx-future-9"


def test_a_second_search_changes_nothing(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = linked(tenant)

    def rows() -> list[object]:
        with scope(tenant, transaction=False):
            servers = Server.objects.order_by("pk").values_list("pk", "cloud_id", "missing_since")
            return [*servers, *Package.objects.order_by("pk").values_list("pk", "cloud_id")]

    before = rows()
    discover(account)
    assert rows() == before


def test_servers_that_are_no_longer_listed_stay_and_are_marked(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    for name in ("hk-web-2", "sg-api-2"):
        huawei.remove(name)
    account = discover(account)
    found = servers_of(account)
    assert len(found) == 6
    missing = {name for name, one in found.items() if one.missing_since}
    assert (missing, account.discovery_note) == ({"hk-web-2", "sg-api-2"}, "fewer")
    assert len(packages_of(found["hk-web-2"])) == 1
    # told once
    assert discover(account).discovery_note == ""


def test_an_empty_list_is_explained_and_takes_nothing_away(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    keys = huawei.add_account()
    huawei.state.accounts[keys.domain_id].recorder_is_on = False
    account = linked(tenant, keys)
    assert (account.discovery_note, servers_of(account)) == ("empty", {})
    # a list that is switched off later: what is live is seen all the same
    other = linked(tenant, name="Other")
    huawei.state.accounts[INTL_DOMAIN].recorder_is_on = False
    other = discover(other)
    found = servers_of(other)
    assert {one.kind for one in found.values()} == {"flexus", "ecs"}
    assert [one for one in found.values() if one.missing_since] == []
    assert len(packages_of(found["hk-web-1"])) == 1


def test_what_was_not_answered_is_not_missing(tenant: Tenant, huawei: HuaweiEmulator) -> None:
    account = linked(tenant)
    for service in ("config", "ecs", "bss", "vpc"):
        huawei.fault("html", service=service, times=0)
    account = discover(account)
    assert account.discovery_note == "partly"
    found = servers_of(account)
    assert [one for one in found.values() if one.missing_since] == []
    assert found["hk-web-1"].eips != []
    assert len(shared_of(account)) == 1
    assert account.discover_at is not None
    assert account.discovered_at is not None
    assert account.discover_at - account.discovered_at < timedelta(hours=1)


def test_keys_without_the_right_to_list_plans_find_ordinary_servers(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    keys = huawei.add_keys(INTL_DOMAIN, [one for one in MONITOR if one != "rms:resources:list"])
    found = servers_of(linked(tenant, keys))
    assert len(found) == 6
    assert {one.kind for one in found.values()} == {"ecs"}


def test_a_package_ends_when_neither_list_nor_billing_knows_it(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    [shared] = shared_of(account)
    huawei.package(shared.cloud_id).is_unsubscribed = True
    discover(account)
    assert [one.ended_at for one in shared_of(account)] == [None]
    with scope(tenant):
        Package.objects.filter(pk=shared.pk).update(trouble="missing", misses=2)
    discover(account)
    assert shared_of(account)[0].ended_at is None
    with scope(tenant):
        Package.objects.filter(pk=shared.pk).update(misses=3)
    discover(account)
    assert shared_of(account)[0].ended_at is not None
    huawei.package(shared.cloud_id).is_unsubscribed = False
    discover(account)
    assert shared_of(account)[0].ended_at is None


def test_what_is_new_is_read_at_once_and_else_nothing_changes_the_readings_turn(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    assert account.poll_at == account.discovered_at
    later = timezone.now() + timedelta(days=9)
    with scope(tenant):
        Account.objects.update(poll_at=later)
    assert discover(account).poll_at == later
    huawei.add_second_package("hk-web-1", 500)
    account = discover(account)
    assert account.poll_at == account.discovered_at


def test_a_small_second_cloud_is_searched_by_the_same_rules(
    tenant: Tenant, tidewater: TidewaterEmulator
) -> None:
    account = linked(
        tenant, provider="tidewater", site="main", access_key=ACCOUNT, secret_key=TOKEN
    )
    assert (account.state, account.discovery_note) == (Account.State.READY, "")
    found = servers_of(account)
    assert {*found} == {"lagoon-1", "lagoon-2", "reef-1"}
    assert [len(packages_of(one)) for one in found.values()] == [1, 1, 1]
    with scope(tenant):
        server = manual.add_server(
            account,
            server_id="by-hand",
            region="tide-north",
            actor=TESTER,
            now=timezone.now(),
        )
    assert server.project_id == "tide-north"


def test_a_name_that_changed_is_followed_and_one_given_by_hand_stays(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    first, second = servers_of(account)["hk-web-1"], servers_of(account)["hk-web-2"]
    with scope(tenant):
        manual.add_server(
            account,
            server_id=second.cloud_id,
            region=second.region,
            name="Mine",
            actor=TESTER,
            now=timezone.now(),
        )
    for name in ("hk-web-1", "hk-web-2"):
        huawei.server(name).name += "-new"
    discover(account)
    with scope(tenant, transaction=False):
        names = [Server.objects.get(pk=one.pk).name for one in (first, second)]
    assert names == ["hk-web-1-new", "Mine"]


def test_a_search_that_is_asked_for_meanwhile_is_made_again(
    tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    with scope(tenant):
        assert linking.rescan(account, TESTER, timezone.now())
    asked = fresh(account).discover_at
    assert discover(account).discover_at != asked
    with scope(tenant):
        Account.objects.update(state=Account.State.BROKEN)
        assert not linking.rescan(account, TESTER, timezone.now())
