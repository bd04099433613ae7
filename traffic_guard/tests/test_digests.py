"""Daily and weekly digests: when they are due, once, and what they say."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from bots.models import Bot, Channel, Notice
from bots.testing import Someone
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Bulletin, ChatRequest, OutboundHour, Preferences
from traffic_guard.services.telling import digests, preferences
from traffic_guard.tasks import telling
from traffic_guard.testing import GB, make_account, make_server
from traffic_guard.tests.chatting import texts_to
from traffic_guard.tests.planned import announced, low_server, make_action, make_plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
# a Monday, 09:00 there
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=SHANGHAI)


@pytest.fixture
def settings_of(tenant: Tenant) -> Preferences:
    """Wants a digest daily at nine, and on Mondays at nine one of the week."""
    with scope(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Shanghai")
        found = preferences.of(tenant.pk)
        found.daily_hour, found.weekly_day, found.weekly_hour = 9, 0, 9
        found.save()
    return found


def due_at(moment: datetime) -> list[str]:
    return [period for _tenant, period in digests.due(moment)]


def test_digests_are_due_at_their_hour_in_the_tenants_zone_and_for_six_hours(
    settings_of: Preferences,
) -> None:
    assert due_at(MONDAY - timedelta(minutes=1)) == []
    assert due_at(MONDAY) == ["daily", "weekly"]
    assert due_at(MONDAY + timedelta(hours=5)) == ["daily", "weekly"]
    assert due_at(MONDAY + timedelta(hours=6)) == []
    assert due_at(MONDAY + timedelta(days=1)) == ["daily"]
    with scope(settings_of.tenant_id):
        Tenant.objects.update(state="suspended")
    assert due_at(MONDAY) == []


def test_a_digest_says_what_happened_and_how_things_stand(
    bot: Bot, oscar: Someone, tenant: Tenant, settings_of: Preferences, time_machine: Any
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    account = make_account(tenant, name="Main")
    low_server(account, "web-2", left=30)
    make_plan(low_server(account, "web-1", left=8))
    make_server(account, "db-1")
    stopped = low_server(account, "web-3", left=10, power="stopped")
    at = timezone.now() - timedelta(hours=10)
    make_action(stopped, settled_at=at)
    make_action(low_server(account, "web-4"), kind="start", state="refused", settled_at=at)
    make_account(tenant, name="Old", access_key="ANOTHERKEY0000000001", state="broken")
    with scope(tenant):
        Preferences.objects.update(excess_price=Decimal("0.8"))
        for hours in range(1, 5):
            OutboundHour.objects.create(
                tenant=tenant,
                server=stopped,
                hour=at - timedelta(hours=hours),
                sent_bytes=5 * GB,
            )
        Channel.objects.create(tenant=tenant, kind="webhook", name="Ours", target="https://x.test")
        assert digests.send(tenant.pk, "daily", timezone.now())
        assert not digests.send(tenant.pk, "daily", timezone.now())
    [text] = texts_to(bot, oscar)
    for part in (
        "the last 24 hours",
        "web-1: 8 GB left (0.8 %)",
        "⏹ web-3: stopped at",
        "❌ web-4: not started",
        "db-1: no traffic package is known for it",
        "Old: refused by the cloud",
        # ten hours at 5 GB, of which the package held 10 GB
        "about 32.00 CNY: 40 GB above the packages",
    ):
        assert part in text
    assert text.index("web-1: 8 GB") < text.index("web-2: 30 GB")
    with scope(tenant):
        [notice] = Notice.objects.all()
    assert notice.event == "traffic.digest"
    assert [one["title"] for one in notice.blocks][:2] == ["Least left", "Run out before the reset"]


def test_the_task_sends_each_digest_once_and_a_quiet_one_is_short(
    bot: Bot, oscar: Someone, tenant: Tenant, settings_of: Preferences, time_machine: Any
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    for period in ("daily", "weekly", "weekly"):
        telling.send_digest(tenant.pk, period)
    daily, weekly = texts_to(bot, oscar)
    assert "the last 24 hours" in daily
    assert "the last 7 days" in weekly
    assert "No server is watched yet." in weekly


def test_what_was_told_long_ago_is_forgotten(
    bot: Bot, oscar: Someone, tenant: Tenant, time_machine: Any
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    server = low_server(make_account(tenant))
    announced(server)
    oscar.says("/stop web-1")
    for days, left in ((6, (1, 1)), (2, (1, 0)), (60, (0, 0))):
        time_machine.shift(timedelta(days=days))
        telling.prune()
        with scope(tenant):
            assert (Bulletin.objects.count(), ChatRequest.objects.count()) == left
