"""Feishu's limits: 5 calls a second and 100 a minute of one hook, whoever calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Channel, Notice
from bots.services import limits, notices
from bots.tests.channels import add, fresh, rows, tell
from emulators.feishu import DEMO_KEY, FeishuEmulator
from emulators.httpd import Server
from tenants.ids import random_text
from tenants.models import Tenant

Kind = Channel.Kind
DUE, SENT, FAILED = Notice.State.DUE, Notice.State.SENT, Notice.State.FAILED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other(db: None) -> Tenant:
    return Tenant.objects.create(slug="other", name="Other")


@pytest.fixture
def emulator(settings: Any) -> Iterator[FeishuEmulator]:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = server.url
        yield emulator
    emulator.close()


def test_no_window_holds_more_calls_than_feishu_takes() -> None:
    (pace, burst), (slow, most) = limits.HOOK_SECOND, limits.HOOK_MINUTE
    assert burst + 1000 / pace <= 5
    assert most + 60_000 / slow <= 100


def test_slots_are_spread_and_not_booked_far_ahead() -> None:
    key = random_text(10)
    first = limits.book_hook(key)
    assert (first.is_booked, first.wait) == (True, 0.0)
    waits = [slot.wait for _number in range(12) if (slot := limits.book_hook(key)).is_booked]
    assert waits == sorted(waits)
    assert all(wait <= limits.LONGEST_WAIT_MS / 1000 for wait in waits)
    assert len(waits) < 6
    assert limits.book_hook(random_text(10)).wait == 0.0


@pytest.mark.parametrize(
    "fault", [{"status": 11232}, {"status": 9499, "description": "too many request"}]
)
def test_a_bot_called_too_often_is_left_alone_by_all_its_tenants(
    tenant: Tenant, other: Tenant, emulator: FeishuEmulator, fault: dict[str, Any]
) -> None:
    add(tenant, Kind.FEISHU, DEMO_KEY)
    theirs = add(other, Kind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v2/hook/{DEMO_KEY}")
    emulator.fault("status", times=1, **fault)
    tell(tenant)
    now = timezone.now()
    notices.deliver_due(now)
    tell(other)
    notices.deliver_due(timezone.now())
    [mine], [held] = rows(tenant), rows(other)
    assert mine.state == held.state == DUE
    assert timedelta(minutes=1) <= mine.due_at - now <= timedelta(minutes=3)
    # it never knocked: that is no attempt, and no problem of its channel
    assert (mine.attempts, held.attempts) == (1, 0)
    assert mine.error
    assert held.error == fresh(theirs).last_error == ""
    assert fresh(theirs).last_ok_at is None
    assert held.due_at > timezone.now()
    assert emulator.messages(DEMO_KEY) == []


def test_a_hook_that_is_gone_is_told_in_words_and_stays_switched_on(
    tenant: Tenant, emulator: FeishuEmulator
) -> None:
    channel = add(tenant, Kind.FEISHU, "a-hook-that-was-deleted")
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert rows(tenant)[0].state == FAILED
    broken = fresh(channel)
    assert "copy the address again" in broken.last_error
    assert broken.is_active


def test_without_redis_feishu_is_told_all_the_same(
    tenant: Tenant, emulator: FeishuEmulator, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    add(tenant, Kind.FEISHU, DEMO_KEY)
    tell(tenant)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    limits.client.cache_clear()
    limits._script.cache_clear()
    try:
        notices.deliver_due(timezone.now())
    finally:
        limits.client.cache_clear()
        limits._script.cache_clear()
    assert rows(tenant)[0].state == SENT
