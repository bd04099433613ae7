"""Packages of a region: of which type they are, and renewals that were taken for one of them."""

from __future__ import annotations

import pytest

from emulators.huawei import HuaweiEmulator
from tenants.scoping import scope
from traffic_guard.models import Account, Package, Server
from traffic_guard.testing import GB, make_server
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.linked import discover
from traffic_guard.tests.watched import Watched


def _search(watched: Watched) -> None:
    with scope(watched.tenant):
        Account.objects.filter(pk=watched.account.pk).update(discover_at=watched.now)
    discover(watched.account, watched.now)


def _buy(watched: Watched, server: Server, line: str, left: float) -> None:
    """Buy a package of a type, found by a search, and choose the server for it."""
    bought = watched.emulator.add_shared_package(
        watched.domain_id, total_gb=100, left_gb=left, line=line
    )
    _search(watched)
    with scope(watched.tenant):
        package = Package.objects.get(cloud_id=bought.id)
        server.links.create(tenant=watched.tenant, package=package, is_chosen=True)


@pytest.fixture
def bare(guarded: Guarded) -> Server:
    """A server without a package of its own."""
    bought = guarded.emulator.add_server(guarded.domain_id, name="web")
    return make_server(
        guarded.account,
        "web",
        cloud_id=bought.id,
        project_id=bought.project_id,
        addresses=[bought.address],
    )


@pytest.mark.parametrize(
    ("types", "left", "trouble"),
    [
        (("static", "static"), 5 * GB, ""),
        (("dynamic",), 2 * GB, ""),
        (("premium",), 2 * GB, ""),  # alone it needs no type
        (("dynamic", "static"), None, "types"),
        (("dynamic", "premium"), None, "types"),
        (("premium", "premium"), None, "types"),
    ],
)
def test_packages_of_one_type_are_added_up_and_no_others(
    guarded: Guarded, bare: Server, types: tuple[str, ...], left: int | None, trouble: str
) -> None:
    """A dynamic package pays for dynamic addresses only: nothing is stopped by such a sum."""
    for number, line in enumerate(types):
        _buy(guarded, bare, line, 2 + number)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    standing = guarded.standing()
    assert (standing.remaining, standing.trouble) == (left, trouble)
    assert bool(guarded.plans()) == (left is not None)


def test_a_renewal_that_a_search_took_for_a_shared_one_takes_over_all_the_same(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    """Billing lists it at once, Config names the plan's old one for a day."""
    watched.add_server("web")
    watched.poll()
    huawei.end_cycle("web", 600)
    renewal = huawei.renew("web")
    _search(watched)
    with scope(watched.tenant):
        assert Package.objects.get(cloud_id=renewal).kind == Package.Kind.SHARED
    watched.passes(minutes=15)
    huawei.set_remaining("web", 800)
    watched.poll()
    assert (watched.package().cloud_id, watched.package().kind) == (renewal, "bundled")
    assert watched.standing().remaining == 800 * GB
    assert watched.package().first_cycle_end is not None
    _search(watched)
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing().remaining == 800 * GB


def test_a_package_that_was_chosen_for_another_server_is_nobodys_renewal(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web")
    other = watched.add_server("api")
    watched.poll()
    huawei.end_cycle("web", 600)
    renewal = huawei.renew("web")
    _search(watched)
    with scope(watched.tenant):
        other.links.all().delete()
        shared = Package.objects.get(cloud_id=renewal)
        other.links.create(tenant=watched.tenant, package=shared, is_chosen=True)
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing().trouble == "missing"
