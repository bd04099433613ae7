"""The demo's giveaways."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Bot, OutboxMessage
from bots.testing import Someone
from lottery import demo, tasks
from lottery.models import Lottery
from lottery.services.cards import Join
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def states(tenant: Tenant) -> Counter[str]:
    with scope(tenant, transaction=False):
        return Counter(Lottery.objects.values_list("state", flat=True))


def test_one_of_each(tenant: Tenant, bot: Bot) -> None:
    demo.load(tenant, bot)
    assert states(tenant) == {"open": 1, "scheduled": 1, "announced": 1}
    demo.load(tenant, bot)
    assert sum(states(tenant).values()) == 3
    with scope(tenant, transaction=False):
        assert not OutboxMessage.objects.exists()


def test_the_running_one_is_drawn_and_comes_again(
    tenant: Tenant, bot: Bot, time_machine: Any
) -> None:
    demo.load(tenant, bot)
    with scope(tenant, transaction=False):
        running = Lottery.objects.get(state="open")
    assert running.ends_at <= timezone.now() + timedelta(minutes=3)
    Someone(bot).presses(Join(running.pk))
    time_machine.move_to(running.ends_at)
    tasks.run_due()
    demo.load(tenant, bot)
    assert states(tenant) == {"open": 1, "scheduled": 1, "announced": 2}
