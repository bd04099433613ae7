"""What a newcomer finds: an account, wishes and a past, at the emulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.testing import make_bot
from ovh_sniper import demo
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Preferences, StockInterval, Wish
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.forecasting import history
from ovh_sniper.services.stock import intervals
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def test_an_account_wishes_and_two_months_of_stock(tenant: Tenant, ovh_emulator: Any) -> None:
    bot = make_bot(tenant)
    demo.load(tenant, bot)
    with scope(tenant):
        assert Account.objects.get().can_order
        assert {wish.mode for wish in Wish.objects.all()} == {"alert", "ask", "order"}
        assert all(wish.dry_run for wish in Wish.objects.filter(mode="order"))
        assert Preferences.objects.filter(chat__title="Harbor Friends").exists()
    assert catalogues.current(Host.EU, "FR") is not None
    past = StockInterval.objects.filter(closed_at__isnull=False)
    assert past.count() > 100
    now = timezone.now()
    assert not past.filter(closed_at__gt=now).exists()
    # charts and chances see it
    seen = history.timeline("eu", "27sk15", now - timedelta(days=90), now)
    assert len(seen.restocks()) > 20


def test_a_second_start_adds_nothing(tenant: Tenant, ovh_emulator: Any) -> None:
    bot = make_bot(tenant)
    demo.load(tenant, bot)
    with scope(tenant):
        Wish.objects.all().delete()
    seen = StockInterval.objects.count()
    demo.load(tenant, bot)
    with scope(tenant):
        # what somebody removed stays removed
        assert not Wish.objects.exists()
        assert Account.objects.count() == 1
    assert StockInterval.objects.count() == seen


def test_generated_intervals_never_overlap(tenant: Tenant, ovh_emulator: Any) -> None:
    demo.load(tenant, make_bot(tenant))
    ends: dict[tuple[int, str], Any] = {}
    for one in StockInterval.objects.filter(closed_at__isnull=False).order_by("opened_at"):
        place = (one.configuration_id, one.datacenter)
        assert place not in ends or one.opened_at > ends[place]
        ends[place] = one.closed_at
    assert len(ends) > 10


def test_without_ovh_there_is_an_account_and_the_demo_starts(
    tenant: Tenant, ovh_emulator: Any
) -> None:
    ovh_emulator.fault("html", host="eu", path="*", times=0)
    demo.load(tenant, make_bot(tenant))
    with scope(tenant):
        assert Account.objects.count() == 1
    assert not intervals.in_stock(Host.EU)
