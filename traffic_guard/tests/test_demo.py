"""What a newcomer finds: accounts with servers, a past behind them, and a stop in a dry run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from bots.models import Bot
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard import demo
from traffic_guard.models import (
    Account,
    OutboundHour,
    PlannedStop,
    Policy,
    Preferences,
    Reading,
    Server,
)

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator


def test_accounts_two_months_a_planned_dry_run_and_a_second_start_adds_nothing(
    tenant: Tenant, bot: Bot, huawei: HuaweiEmulator
) -> None:
    demo.load(tenant, bot)
    now = timezone.now()
    with scope(tenant):
        assert {one.state for one in Account.objects.all()} == {"ready"}
        assert {one.site for one in Account.objects.all()} == {"intl", "cn"}
        servers = {one.name: one for one in Server.objects.all()}
        assert len(servers) == 8
        assert servers["hk-web-1"].remaining_bytes
        assert Preferences.objects.get().chat is not None
        for name in ("hk-web-1", "bj-shop-1"):
            seen = Reading.objects.filter(package__links__server=servers[name])
            assert seen.count() > 24 * 30
            assert not seen.filter(at__gt=now).exists()
            assert seen.filter(at__lt=now - timedelta(days=30)).exists()
            assert not [one for one in seen if not 0 <= one.remaining_bytes <= one.total_bytes]
            assert OutboundHour.objects.filter(server=servers[name]).count() > 24 * 30
        assert Policy.objects.get().server == servers["hk-web-1"]
        stop = PlannedStop.objects.get()
        assert (stop.server, stop.is_dry_run, stop.state) == (servers["hk-web-1"], True, "waiting")
        before = Reading.objects.count()
        # what somebody removed stays removed
        Policy.objects.all().delete()
    demo.load(tenant, bot)
    with scope(tenant):
        assert (Account.objects.count(), Reading.objects.count()) == (2, before)
        assert not Policy.objects.exists()


def test_without_the_cloud_there_are_accounts_and_the_demo_starts(
    tenant: Tenant, bot: Bot, huawei: HuaweiEmulator
) -> None:
    huawei.fault("html", times=0)
    demo.load(tenant, bot)
    with scope(tenant):
        assert Account.objects.count() == 2
        assert not Server.objects.exists()
