"""How notices go out: once, again after trouble, and no channel holding up another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots import events
from bots.models import Notice
from bots.services import notices
from bots.services.notice_delivery import WAITS
from bots.tests.channels import fresh, hook, rows, states, tell
from bots.tests.receivers import Receiver, receiving
from tenants.models import Tenant
from tenants.scoping import scope

DUE, SENT, FAILED = Notice.State.DUE, Notice.State.SENT, Notice.State.FAILED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other(db: None) -> Tenant:
    return Tenant.objects.create(slug="other", name="Other")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def test_a_delivered_notice_is_not_delivered_again(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    tell(tenant)
    assert notices.deliver_due(timezone.now()) == 1
    assert notices.deliver_due(timezone.now() + timedelta(days=1)) == 0
    assert states(tenant) == [SENT]
    assert fresh(channel).last_ok_at is not None


def test_a_refusal_fails_and_shows_at_the_channel(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    receiver.status = 404
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert states(tenant) == [FAILED]
    assert "404" in rows(tenant)[0].error
    assert "404" in fresh(channel).last_error
    receiver.status = 200
    tell(tenant, "Later")
    notices.deliver_due(timezone.now())
    assert fresh(channel).last_error == ""


def test_a_broken_service_is_tried_again_less_and_less_often(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status = 500
    tell(tenant)
    now = timezone.now()
    for number, wait in enumerate(WAITS, start=1):
        notices.deliver_due(now)
        row = rows(tenant)[0]
        assert (row.state, row.attempts, row.due_at) == (DUE, number, now + wait)
        assert notices.deliver_due(now + wait - timedelta(seconds=1)) == 0
        now += wait
    notices.deliver_due(now)
    assert states(tenant) == [FAILED]
    assert len(receiver.posts) == len(WAITS) + 1
    ids = {body["id"] for body, _environ in receiver.posts}
    assert len(ids) == 1  # the receiver can tell a repeat


def test_a_busy_service_is_left_in_peace_for_as_long_as_it_asks(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status, receiver.headers = 429, [("Retry-After", "600")]
    tell(tenant)
    now = timezone.now()
    notices.deliver_due(now)
    assert rows(tenant)[0].due_at == now + timedelta(minutes=10)


def test_a_poisoned_channel_stops_only_itself(
    tenant: Tenant, other: Tenant, receiver: Receiver
) -> None:
    bad = hook(tenant, receiver, "/bad")
    damaged = hook(tenant, receiver, "/damaged")
    hook(tenant, receiver, "/good")
    hook(other, receiver, "/other")
    receiver.by_path["/bad"] = 500
    with connection.cursor() as cursor, scope(tenant):
        cursor.execute(
            "UPDATE bots_channel SET target = 'no ciphertext' WHERE id = %s", [damaged.pk]
        )
    tell(tenant, "One")
    tell(tenant, "Two")
    tell(other, "Three")
    notices.deliver_due(timezone.now())
    assert receiver.events("/good") == ["One", "Two"]
    assert receiver.events("/other") == ["Three"]
    # the second notice did not even knock, and kept its attempts
    assert receiver.events("/bad") == ["One"]
    assert [r.attempts for r in rows(tenant) if r.channel_id == bad.pk] == [1, 0]
    assert [r.state for r in rows(tenant) if r.channel_id == damaged.pk] == [FAILED] * 2


def test_what_was_put_off_goes_out_when_the_channel_works_again(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status = 500
    for title in ("One", "Two", "Three", "Four", "Five"):
        tell(tenant, title)
    now = timezone.now()
    notices.deliver_due(now)
    receiver.status = 200
    for _tick in range(3):
        now += WAITS[0]
        notices.deliver_due(now)
    assert receiver.events()[1:] == ["One", "Two", "Three", "Four", "Five"]


def test_a_pass_takes_few_of_one_channel_and_the_next_pass_goes_on(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    titles = [f"No {number}" for number in range(7)]
    for title in titles:
        tell(tenant, title)
    now = timezone.now()
    assert [notices.deliver_due(now) for _tick in range(4)] == [3, 3, 1, 0]
    assert receiver.events() == titles


def test_a_channel_silent_for_a_day_forgets_old_news(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    notices.deliver_due(timezone.now() + timedelta(hours=25))
    assert states(tenant) == [FAILED]
    assert receiver.posts == []


def test_the_notices_of_a_suspended_tenant_wait(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    tenant.state = Tenant.State.SUSPENDED
    tenant.save()
    assert notices.deliver_due(timezone.now()) == 0
    assert states(tenant) == [DUE]


def test_a_test_is_tried_once_and_not_put_off(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    receiver.status = 500
    for title in ("One", "Two", "Three", "Four"):
        tell(tenant, title)
    with scope(tenant):
        notice = notices.test(channel)
    notices.deliver_due(timezone.now())
    assert receiver.posts[0][0]["event"] == events.TEST
    with scope(tenant):
        notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (FAILED, 1)
    assert "500" in notice.error


def test_looking_for_due_notices_costs_one_query_where_there_are_none(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as queries:
        notices.deliver_due(timezone.now())
    assert len(queries) <= 1
