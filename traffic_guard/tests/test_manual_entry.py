"""Servers and packages entered by hand, servers chosen for a shared package, servers hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from emulators.huawei.world import HONG_KONG, SINGAPORE
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Package, PlannedStop, Server
from traffic_guard.testing import make_account, make_package, make_server
from traffic_guard.tests.linked import discover, fresh, linked, packages_of, servers_of
from traffic_guard.tests.pages import member, text_of, url

if TYPE_CHECKING:
    from django.test import Client

    from emulators.huawei import HuaweiEmulator


def typed(account: Account, **changed: str) -> dict[str, str]:
    return {
        "account": account.public_id,
        "name": "By hand",
        "region": HONG_KONG,
        "server_id": "c0ffee00-0000-4000-8000-000000000001",
        "package_ids": "fr-1, fr-2\nfr-3",
        "project_id": "",
        **changed,
    }


def shared_package(account: Account, **fields: object) -> Package:
    with scope(account.tenant_id):
        found: Package = Package.objects.create(
            tenant_id=account.tenant_id,
            account=account,
            kind="shared",
            cloud_id="fr-shared",
            name="Shared",
            **{"region": "ap-southeast-1", **fields},
        )
    return found


# --- Servers


def test_a_server_is_entered_with_its_packages_and_no_search_takes_it_away(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    form = alice.get(url(tenant, f"accounts/server/?account={account.public_id}"))
    assert f'<option value="{HONG_KONG}">' in form.content.decode()
    response = alice.post(url(tenant, "accounts/server/"), typed(account))
    assert response.headers["Location"] == url(tenant, f"accounts/{account.public_id}/")
    server = servers_of(account)["By hand"]
    project = next(one for one in account.projects if one["region"] == HONG_KONG)
    assert (server.project_id, server.is_manual) == (project["project_id"], True)
    assert [one.cloud_id for one in packages_of(server)] == ["fr-1", "fr-2", "fr-3"]
    discover(account)
    server = servers_of(account)["By hand"]
    assert (server.missing_since, len(packages_of(server))) == (None, 3)
    assert "by hand" in text_of(alice.get(url(tenant, f"accounts/{account.public_id}/")))


def test_what_is_entered_by_hand_is_read_at_once(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant, poll_at=timezone.now() + timedelta(minutes=10))
    alice.post(url(tenant, "accounts/server/"), typed(account, project_id="p1"))
    read_at = fresh(account).poll_at
    assert read_at is not None
    assert read_at <= timezone.now()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"region": "evil.example.org/"}, "This is not the name of a region"),
        ({"region": "ap-southeast-9"}, "We do not know the project of this region."),
        ({"server_id": "../jobs"}, "An id has letters, digits"),
        ({"package_ids": "fr-1 fr/2"}, "An id has letters, digits"),
        ({"project_id": "a b"}, "An id has letters, digits"),
    ],
)
def test_what_is_wrong_with_a_server_is_said_beside_the_field(
    alice: Client, tenant: Tenant, changed: dict[str, str], told: str
) -> None:
    account = make_account(tenant, projects=[{"region": HONG_KONG, "project_id": "p1"}])
    response = alice.post(url(tenant, "accounts/server/"), typed(account, **changed))
    assert told in text_of(response)
    assert servers_of(account) == {}


def test_a_package_of_another_server_is_refused(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant, projects=[{"region": HONG_KONG, "project_id": "p1"}])
    package = make_package(make_server(account, "owner"))
    given = typed(account, package_ids=package.cloud_id)
    response = alice.post(url(tenant, "accounts/server/"), given)
    assert "This package belongs to “owner” already." in text_of(response)
    assert [*servers_of(account)] == ["owner"]


def test_a_package_is_added_to_a_server(alice: Client, tenant: Tenant) -> None:
    server = make_server(make_account(tenant))
    make_package(server)
    address = url(tenant, f"servers/{server.public_id}/package/")
    assert "An id has" in text_of(alice.post(address, {"package_id": "a/b"}))
    alice.post(address, {"package_id": " fr-second "})
    assert [one.cloud_id for one in packages_of(server)] == ["package-of-web-1", "fr-second"]


def test_what_a_search_took_for_shared_can_be_said_to_be_a_servers_own(
    alice: Client, tenant: Tenant
) -> None:
    account = make_account(tenant)
    server = make_server(account)
    package = shared_package(account)
    alice.post(url(tenant, f"servers/{server.public_id}/package/"), {"package_id": "fr-shared"})
    [mine] = packages_of(server)
    assert (mine.pk, mine.kind) == (package.pk, "bundled")


# --- Shared packages


def test_a_shared_package_only_alerts_until_servers_are_chosen(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    with scope(tenant, transaction=False):
        package = Package.objects.get(kind="shared")
    address = url(tenant, f"packages/{package.public_id}/")
    shown = text_of(alice.get(address))
    assert "none is stopped unless you tick it here" in shown
    assert "alerts only" in text_of(alice.get(url(tenant, "packages/")))
    # servers of its own region are offered, and no other
    assert ("sg-api-1" in shown, "hk-web-1" in shown) == (True, False)
    # one with a package of its own counts that alone
    assert "sg-media-1" not in shown
    chosen = [servers_of(account)[name] for name in ("sg-api-1", "sg-api-2")]
    alice.post(address, {"servers": [one.public_id for one in chosen]})
    assert [len(packages_of(one)) for one in chosen] == [1, 1]
    # a search leaves the choice alone
    discover(account)
    assert [len(packages_of(one)) for one in chosen] == [1, 1]
    alice.post(address, {"servers": [chosen[0].public_id]})
    assert [len(packages_of(one)) for one in chosen] == [1, 0]
    alice.post(address, {})
    assert packages_of(chosen[0]) == []
    with scope(tenant):
        acts = AuditEvent.objects.filter(action="traffic_package.servers_chosen").order_by("pk")
        assert [one.detail["servers"] for one in acts] == [
            ["sg-api-1", "sg-api-2"],
            ["sg-api-1"],
            [],
        ]


def test_no_server_of_another_region_account_or_tenant_can_be_chosen(
    alice: Client, tenant: Tenant, stranger: Tenant
) -> None:
    account = make_account(tenant)
    package = shared_package(account)
    make_server(account, "offered")
    other = make_account(tenant, name="Other", access_key="TESTACCESSKEY0000002")
    theirs = make_account(stranger)
    address = url(tenant, f"packages/{package.public_id}/")
    for wrong in (
        make_server(account, "far", region=SINGAPORE),
        make_server(other, "other"),
        make_server(theirs, "theirs"),
        make_server(account, "hidden", hidden_at=timezone.now()),
    ):
        response = alice.post(address, {"servers": [wrong.public_id]})
        assert "Select a valid choice." in text_of(response)
        assert packages_of(wrong) == []


def test_a_bundled_package_is_shown_and_not_changed(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    package = make_package(make_server(account), left=31.4)
    other = make_server(account, "other")
    address = url(tenant, f"packages/{package.public_id}/")
    shown = text_of(alice.get(address))
    assert "31.4 GB of 1,000 GB" in shown
    assert "Its server web-1" in shown
    alice.post(address, {"servers": [other.public_id]})
    assert packages_of(other) == []


def test_what_is_unknown_is_never_shown_as_a_number(alice: Client, tenant: Tenant) -> None:
    package = make_package(make_server(make_account(tenant)), left=31.4, trouble="missing")
    for rest in ("packages/", f"packages/{package.public_id}/"):
        shown = text_of(alice.get(url(tenant, rest)))
        assert ("unknown" in shown, "31.4" in shown) == (True, False)


# --- Hidden


def test_a_server_is_taken_off_the_list_and_put_back(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    server = make_server(account)
    now = timezone.now()
    with scope(tenant):
        PlannedStop.objects.create(
            tenant=tenant, server=server, cycle_end=now, execute_at=now, due_at=now
        )
    response = alice.post(url(tenant, f"servers/{server.public_id}/hide/"), follow=True)
    assert "1 server is off the list" in text_of(response)
    with scope(tenant):
        assert Server.objects.get().hidden_at is not None
        stop = PlannedStop.objects.get()
        assert (stop.state, stop.settled_reason, stop.due_at) == ("dropped", "hidden", None)
    alice.post(url(tenant, f"servers/{server.public_id}/show/"))
    with scope(tenant):
        assert Server.objects.get().hidden_at is None


# --- Who may


def test_strangers_find_nothing_and_below_admin_nothing_changes(
    charlie: Client, tenant: Tenant, stranger: Tenant
) -> None:
    account = make_account(tenant, projects=[{"region": HONG_KONG, "project_id": "p1"}])
    server, package = make_server(account), shared_package(account)
    forms = {
        f"servers/{server.public_id}/hide/": {},
        f"servers/{server.public_id}/show/": {},
        f"servers/{server.public_id}/package/": {"package_id": "fr-9"},
        f"packages/{package.public_id}/": {"servers": [server.public_id]},
    }
    for rest, given in forms.items():
        for where in (tenant, stranger):
            assert charlie.post(url(where, rest), given).status_code == 404, rest
    # another tenant's account is no choice
    response = charlie.post(url(stranger, "accounts/server/"), typed(account))
    assert "Select a valid choice." in text_of(response)
    for role in ("viewer", "operator"):
        browser = member(tenant, role)
        shown = text_of(browser.get(url(tenant, f"packages/{package.public_id}/")))
        assert ("it only alerts" in shown, "Save" in shown) == (True, False)
        for rest, given in {**forms, "accounts/server/": typed(account)}.items():
            assert browser.post(url(tenant, rest), given).status_code in (302, 403), rest
    with scope(tenant):
        assert Server.objects.get().hidden_at is None
        assert packages_of(server) == []
        assert not AuditEvent.objects.exists()


def test_many_packages_have_pages(
    alice: Client, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    account = make_account(tenant)
    with scope(tenant):
        Package.objects.bulk_create(
            Package(tenant=tenant, account=account, cloud_id=f"fr-{number}", name=f"P{number:03}")
            for number in range(51)
        )
    with django_assert_max_num_queries(6):
        first = text_of(alice.get(url(tenant, "packages/")))
    assert "P049" in first
    assert "P050" not in first
    assert "P050" in text_of(alice.get(url(tenant, "packages/?page=2")))
