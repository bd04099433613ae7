"""Many workers at once: every notice once and in order, nobody written to twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from bots.models import Channel, Notice, Person
from bots.services import broadcasts, notices
from bots.services.notice_delivery import LEASE
from bots.testing import make_bot, outgoing
from bots.tests.channels import hook, later, server, warn
from bots.tests.receivers import Receiver, receiving
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
WORKERS = 6


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


def race(act: Callable[[], object], rounds: int = 5) -> None:
    """Do something in all workers at the same time, several times over."""
    ready = threading.Barrier(WORKERS)
    errors: list[Exception] = []

    def work() -> None:
        ready.wait()
        try:
            for _round in range(rounds):
                act()
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_many_feeders_write_to_each_person_once(tenant: Tenant) -> None:
    bot = make_bot(tenant)
    with scope(tenant):
        Person.objects.bulk_create(
            Person(
                tenant=tenant,
                bot=bot,
                telegram_id=number,
                has_started=True,
                seen_at=timezone.now(),
            )
            for number in range(1, 901)
        )
        broadcasts.start(bot, "Hello", Actor.system())
    race(lambda: broadcasts.feed(timezone.now()))
    reached = [row.chat_id for row in outgoing(bot)]
    assert len(reached) == len(set(reached)) == broadcasts.WAITING


def test_many_deliverers_tell_everything_once_and_in_order(
    tenant: Tenant, receiver: Receiver
) -> None:
    titles = [f"No {number}" for number in range(10)]
    with scope(tenant):
        for path in "abcd":
            Channel.objects.create(
                tenant=tenant,
                kind="webhook",
                name=path,
                target=f"{receiver.url}/{path}",
                secret="s",
            )
        for title in titles:
            notices.notify("bot.broken", title, "x")
    race(lambda: notices.deliver_due(timezone.now()), rounds=12)
    for path in "abcd":
        assert receiver.events(f"/{path}") == titles
    with scope(tenant):
        assert set(Notice.objects.values_list("state", flat=True)) == {Notice.State.SENT}


def test_what_is_added_while_cards_go_out_is_told_once(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    numbers = itertools.count()

    def act() -> None:
        warn(tenant, server(next(numbers)))
        notices.deliver_due(later())

    race(act)
    now = later() + LEASE
    while notices.deliver_due(now):
        pass
    told = [block["title"] for post, _environ in receiver.posts for block in post["blocks"]]
    assert sorted(told) == sorted(f"web-{number}" for number in range(next(numbers)))
