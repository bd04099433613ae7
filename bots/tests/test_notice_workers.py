"""Workers that deliver notices: killed under way, two at once, too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Notice
from bots.services import notices
from bots.services.notice_delivery import LEASE, WAITS
from bots.tests.channels import Killed, hook, rows, states, tell
from bots.tests.receivers import Receiver, receiving
from tenants.models import Tenant

SENDING, SENT, FAILED = Notice.State.SENDING, Notice.State.SENT, Notice.State.FAILED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def kill_in(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    monkeypatch.setattr(f"bots.services.notice_delivery.{where}", die)


def during_talk(monkeypatch: pytest.MonkeyPatch, act: Callable[[], int]) -> list[int]:
    """Have `act` done by another worker after the first has talked, before it writes it down."""
    from bots.services import notice_delivery

    settle = notice_delivery._settle
    results: list[int] = []

    def interrupted(way: Any, outcomes: Any, now: datetime) -> None:
        if not results:
            results.append(-1)
            results[0] = act()
        settle(way, outcomes, now)

    monkeypatch.setattr(notice_delivery, "_settle", interrupted)
    return results


def test_a_worker_killed_while_talking_costs_a_lease(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    with monkeypatch.context() as patch:
        kill_in(patch, "_settle")
        with pytest.raises(Killed):
            notices.deliver_due(now)
    assert states(tenant) == [SENDING]
    assert notices.deliver_due(now + LEASE / 2) == 0
    assert notices.deliver_due(now + LEASE) == 1
    assert states(tenant) == [SENT]
    assert len({body["id"] for body, _environ in receiver.posts}) == 1


def test_a_notice_that_kills_every_worker_is_given_up(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    kill_in(monkeypatch, "_settle")
    for _attempt in range(len(WAITS) + 1):
        with pytest.raises(Killed):
            notices.deliver_due(now)
        now += LEASE
    assert notices.deliver_due(now) == 0
    assert states(tenant) == [FAILED]


def test_two_workers_deliver_once(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant, "One")
    tell(tenant, "Two")
    now = timezone.now()
    second = during_talk(monkeypatch, lambda: notices.deliver_due(now))
    notices.deliver_due(now)
    assert second == [0]
    assert receiver.events() == ["One", "Two"]


def test_a_worker_that_lost_its_lease_changes_nothing(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    receiver.status = 500
    # while the first talks, its lease runs out and a second gives the notice up for now
    during_talk(monkeypatch, lambda: notices.deliver_due(now + LEASE))
    notices.deliver_due(now)
    assert rows(tenant)[0].attempts == 2
    assert rows(tenant)[0].due_at == now + LEASE + WAITS[1]
