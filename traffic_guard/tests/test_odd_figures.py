"""Figures that no package should have, and packages that take over from each other and back.

One odd answer must neither stop a server nor keep the account's other servers from being read.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from emulators.huawei import HuaweiEmulator
from tenants.scoping import scope
from traffic_guard.models import Account, BulletinLine, Package
from traffic_guard.testing import GB
from traffic_guard.tests.guarded import Guarded
from traffic_guard.tests.linked import discover
from traffic_guard.tests.watched import Watched

pytestmark = pytest.mark.django_db

NEVER = 253402300799  # 9999-12-31T23:59:59Z, as clouds write "does not end"


def test_a_figure_that_no_database_holds_is_unknown_and_the_others_are_read(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    watched.add_server("web")
    watched.add_server("shop", left_gb=300)
    package = huawei.package("web")
    package.total = 10**12 * GB
    huawei.state.keep_package(package)
    watched.poll()
    assert not watched.standing("web").is_known
    assert watched.standing("shop").remaining == 300 * GB


def test_a_package_that_never_ends_is_read_like_any_other(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    bare = watched.add_server("api")
    shared = huawei.add_shared_package(watched.domain_id, total_gb=300, left_gb=90)
    shared.expires = NEVER
    huawei.state.keep_package(shared)
    with scope(watched.tenant):
        bare.links.all().delete()
        Package.objects.all().delete()
        package = watched.add_package(bare, shared.id, kind=Package.Kind.SHARED)
        package.links.update(is_chosen=True)
    watched.poll()
    assert watched.standing("api").remaining == 90 * GB
    assert watched.wait <= timedelta(hours=12)
    # and a reader in Beijing can be shown when it ends
    end = watched.package("api").cycle_end
    assert end is not None
    assert end.astimezone(ZoneInfo("Asia/Shanghai")).year > 2100


def test_a_renewal_that_was_known_before_it_takes_effect_takes_over_in_its_turn(
    watched: Watched, huawei: HuaweiEmulator
) -> None:
    """Asked for the renewal, billing names the package in effect; later it is the reverse."""
    server = watched.add_server("web")
    package = huawei.package("web")
    current, renewal = package.id, "fr-renewal"
    watched.add_package(server, renewal)
    package.former.append(renewal)
    huawei.state.keep_package(package)
    watched.poll()
    watched.passes(minutes=15)
    watched.poll()
    assert watched.standing().remaining == 500 * GB
    # the renewal takes effect
    package.former, package.id = [current], renewal
    huawei.state.keep_package(package, current)
    for _poll in range(2):
        watched.passes(minutes=15)
        watched.poll()
    assert watched.standing().remaining == 500 * GB
    assert watched.package().cloud_id == renewal


def test_no_package_takes_over_from_one_of_the_same_server_whose_cycle_runs(
    guarded: Guarded, huawei: HuaweiEmulator
) -> None:
    """Two packages pay for a server; asked for the full one, billing names the empty one."""
    server = guarded.add_server("web", left_gb=900)
    second = huawei.add_second_package("web", 20)
    huawei.set_remaining(second.id, 1)
    guarded.add_package(server, second.id)
    guarded.look()
    guarded.passes(minutes=15)
    guarded.look()
    assert guarded.standing().remaining == 901 * GB
    full = huawei.package("web")
    huawei.state.packages.pop(full.id)
    second.former.append(full.id)
    huawei.state.keep_package(second)
    for _poll in range(3):
        guarded.passes(minutes=15)
        guarded.look()
    assert not guarded.standing().is_known
    guarded.grace_passes()
    assert (guarded.plans(), guarded.power()) == ([], "ACTIVE")


def test_any_trouble_that_lasts_for_three_polls_is_told(
    guarded: Guarded, huawei: HuaweiEmulator
) -> None:
    guarded.add_server("web")
    guarded.look()
    package = huawei.package("web")
    package.total = 0
    huawei.state.keep_package(package)
    told = []
    for _poll in range(4):
        guarded.passes(minutes=15)
        guarded.look()
        with scope(guarded.tenant):
            told.append(BulletinLine.objects.filter(topic="unknown").count())
    assert guarded.standing().trouble == "no_total"
    assert told == [0, 0, 1, 1]


def test_a_package_that_is_lost_for_a_poll_while_servers_are_searched_for_has_not_ended(
    guarded: Guarded, huawei: HuaweiEmulator
) -> None:
    """Config lists nothing of it (the recorder is off), billing does but for one moment."""
    server = guarded.add_server("web", left_gb=900)
    huawei.set_server("web", is_unlisted=True)
    second = huawei.add_second_package("web", 20)
    huawei.set_remaining(second.id, 0)
    guarded.add_package(server, second.id)
    guarded.look()
    huawei.lose("web")
    guarded.passes(minutes=15)
    guarded.look()
    assert guarded.standing().trouble == "missing"
    with scope(guarded.tenant):
        Account.objects.update(discover_at=guarded.now)
    assert discover(guarded.account).discovered_at == guarded.now
    for _poll in range(3):
        guarded.passes(minutes=15)
        guarded.look()
    assert guarded.standing().remaining == 900 * GB
    guarded.grace_passes()
    assert (guarded.plans(), guarded.power()) == ([], "ACTIVE")


def test_figures_of_the_first_minutes_after_a_reset_stop_nothing(
    guarded: Guarded, huawei: HuaweiEmulator
) -> None:
    """The new cycle is named already, and late bookings of the old one still move its rest."""
    guarded.policy(grace_minutes=0)
    guarded.add_server("web")
    huawei.end_cycle("web", 3600)
    guarded.look()
    guarded.passes(minutes=61)
    huawei.set_remaining("web", 0)
    for _poll in range(3):
        assert guarded.look() == []
        guarded.passes(minutes=2)
    assert guarded.server().verdict == "cycle_over"
    huawei.set_remaining("web", 1000)
    guarded.passes(minutes=10)
    guarded.look()
    assert guarded.server().verdict == "above"
