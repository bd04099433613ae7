"""What is deleted when, and what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.messages import send
from bots.models import Bot, Broadcast, FailedUpdate, OutboxMessage, Receipt
from bots.services import outbox, purging
from bots.testing import Someone, make_bot, outgoing
from tenants import leases
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def bot() -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=())


def receipts(bot: Bot) -> int:
    with scope(bot.tenant):
        return Receipt.objects.count()


def test_receipts_go_after_48_hours_in_batches(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    for _ in range(5):
        Someone(bot).says("/help")
    purging.purge(NOW + timedelta(hours=47))
    assert receipts(bot) == 5
    purging.purge(NOW + timedelta(hours=49))
    assert receipts(bot) == 0


def test_messages_go_when_they_are_done_and_old(bot: Bot) -> None:
    with scope(bot.tenant):
        outbox.write(bot, [send(1, "waits"), send(2, "was sent")])
        OutboxMessage.objects.filter(chat_id=2).update(state="sent")
    purging.purge(NOW + timedelta(days=15))
    assert [message.chat_id for message in outgoing(bot)] == [1]


def test_messages_of_a_broadcast_that_runs_stay(bot: Bot) -> None:
    with scope(bot.tenant):
        running = Broadcast.objects.create(tenant=bot.tenant, bot=bot, text="sale")
        outbox.write(bot, [send(1, "sale")])
        OutboxMessage.objects.update(state="sent", broadcast=running)
    purging.purge(NOW + timedelta(days=15))
    assert len(outgoing(bot)) == 1
    with scope(bot.tenant):
        Broadcast.objects.update(finished_at=NOW)
    purging.purge(NOW + timedelta(days=15))
    assert outgoing(bot) == []


def test_a_failure_that_a_later_try_mended_is_closed(bot: Bot) -> None:
    update = Someone(bot).message("/help")
    with scope(bot.tenant):
        failed = FailedUpdate.objects.create(
            tenant=bot.tenant, bot=bot, update_id=update["update_id"], update=update,
            kind="message", error="x", traceback="", last_at=NOW,
        )  # fmt: skip
        Receipt.objects.create(
            tenant=bot.tenant, bot_id=bot.pk, update_id=update["update_id"], received_at=NOW
        )
    purging.purge(NOW)
    with scope(bot.tenant):
        failed.refresh_from_db()
    assert failed.state == FailedUpdate.State.DONE


def test_two_purges_do_not_run_at_once(bot: Bot) -> None:
    Someone(bot).says("/help")
    assert leases.take("purge", "other", seconds=60, now=timezone.now())
    purging.purge(NOW + timedelta(days=9))
    assert receipts(bot) == 1
