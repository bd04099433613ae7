"""Who may send: leases renewed, lost, left by dead senders, and set by wrong clocks."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from bots.gateways.errors import Busy, Migrated, Refused, Unreachable
from bots.messages import send
from bots.models import Bot, OutboxMessage
from bots.services import outbox, outcomes, sending
from bots.testing import make_bot, outgoing
from bots.tests.senders import Fake, bot_now, change, change_bot, drain, states, write
from tenants import leases
from tenants.models import Lease, Tenant
from tenants.scoping import scope

State = OutboxMessage.State


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"))


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_the_lease_is_renewed_while_a_call_takes_its_time(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_renewed = threading.Event()
    left: list[timedelta] = []
    renew = sending.Sender.renew_lease

    def renewed(sender: sending.Sender, *conditions: Any) -> bool:
        change_bot(bot, sender_lease_until=Now() + timedelta(seconds=1))
        done = renew(sender, *conditions)
        until = bot_now(bot).sender_lease_until
        assert until is not None
        left.append(until - timezone.now())
        if len(left) > 1:  # the first one is the wave's own
            was_renewed.set()
        return done

    def answer(method: str, params: dict[str, Any]) -> Any:
        assert was_renewed.wait(timeout=30)
        return {"message_id": 5}

    monkeypatch.setattr(sending, "RENEW_EVERY", 0.01)
    monkeypatch.setattr(sending.Sender, "renew_lease", renewed)
    write(bot, send(7, "upload"))
    drain(bot, Fake(answer))
    assert was_renewed.is_set()
    assert left[1] > sending.LEASE - timedelta(seconds=2)
    assert states(bot) == [State.SENT]


def taken(bot: Bot, lease: str) -> OutboxMessage:
    """Return the bot's message as a sender sees it that has taken it."""
    change(bot, state=State.SENDING, lease=lease)
    return outgoing(bot)[0]


@pytest.mark.parametrize(
    "answer",
    [
        {"message_id": 5},
        Busy(3),
        Unreachable("gone", unclear=True),
        Refused(400, "bad"),
        Migrated(400, "upgraded", -1009),
    ],
)
def test_a_sender_that_lost_its_lease_changes_nothing(bot: Bot, answer: Any) -> None:
    write(bot, send(-7, "x", slot="card:1"))
    mine = taken(bot, "first")
    change(bot, lease="second")
    with scope(bot.tenant):
        outcome = outcomes.write(mine, answer, timezone.now())
        assert outcome.alarm is None
        assert outbox.posted(bot, "card:1") is None
    (row,) = outgoing(bot)
    assert (row.state, row.lease, row.attempts) == (State.SENDING, "second", 0)


def test_what_killed_its_sender_again_and_again_is_given_up(bot: Bot, fake: Fake) -> None:
    write(bot, send(7, "x"))
    change(bot, state=State.SENDING, lease="dead", attempts=outcomes.MAX_ATTEMPTS - 1)
    drain(bot, fake)
    assert (fake.calls, states(bot)) == ([], [State.FAILED])


def test_a_dead_senders_message_counts_an_attempt_and_is_sent(bot: Bot, fake: Fake) -> None:
    write(bot, send(7, "x"))
    change(bot, state=State.SENDING, lease="dead")
    drain(bot, fake)
    (row,) = outgoing(bot)
    assert (fake.texts, row.state, row.attempts) == (["x"], State.SENT, 2)


def test_a_lease_from_a_clock_that_was_wrong_is_free(bot: Bot, fake: Fake) -> None:
    write(bot, send(7, "x"))
    change_bot(bot, sender_lease="ahead", sender_lease_until=Now() + timedelta(days=1))
    assert sending.due_bots(timezone.now()) == [bot.pk]
    drain(bot, fake)
    assert states(bot) == [State.SENT]


def test_a_held_lease_is_not_taken_whatever_this_machines_clock_says(db: None) -> None:
    assert leases.take("poll", "one", seconds=15)
    ahead = timezone.now() + timedelta(minutes=5)
    assert not leases.take("poll", "two", seconds=15, now=ahead)
    assert leases.take("poll", "one", seconds=15)
    Lease.objects.update(until=Now() - timedelta(seconds=1))
    assert leases.take("poll", "two", seconds=15)
    Lease.objects.update(until=Now() + timedelta(days=1))
    assert leases.take("poll", "three", seconds=15)
