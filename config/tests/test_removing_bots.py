"""Deleting a bot with its products: gone at once, its rows in batches, whatever dies meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots import tasks
from bots.messages import send
from bots.models import Bot, Broadcast, Channel, OutboxMessage, Person, Receipt
from bots.services import connecting, outbox, purging, removing, sending
from bots.testing import Someone, make_bot, make_chat
from emulators.telegram import TelegramEmulator
from emulators.telegram.world import DEMO_TOKEN
from lottery.services.cards import Join
from lottery.testing import finish, make_lottery
from tenants import leases
from tenants.models import Tenant, TenantOwned
from tenants.scoping import scope, unscoped
from tenants.services.audit import Actor

pytestmark = pytest.mark.django_db
ACTOR = Actor.system()


@pytest.fixture
def bot(telegram: TelegramEmulator) -> Bot:
    bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"), token=DEMO_TOKEN)
    fill(bot)
    return bot


@pytest.fixture
def other(bot: Bot) -> Bot:
    """Another bot of the same tenant, which must keep all it has."""
    other = make_bot(bot.tenant)
    fill(other)
    return other


@pytest.fixture
def _step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page deletes one batch of two rows, the sweep the rest."""
    monkeypatch.setattr(removing, "BATCH", 2)
    monkeypatch.setattr(removing, "AT_ONCE", 1)


def fill(bot: Bot) -> None:
    """Give a bot people, traffic, a broadcast, and giveaways: one drawn, one running."""
    make_chat(bot)
    drawn, running = make_lottery(bot), make_lottery(bot)
    for _number in range(3):
        someone = Someone(bot)
        someone.presses(Join(lottery=drawn.pk))
        someone.presses(Join(lottery=running.pk))
    finish(drawn)
    with scope(bot.tenant):
        broadcast = Broadcast.objects.create(bot=bot, text="sale")
        outbox.write(bot, [send(chat_id, "x") for chat_id in range(1, 6)])
        OutboxMessage.objects.filter(bot=bot, chat_id=1).update(broadcast=broadcast)
        Channel.objects.create(bot=bot, kind="webhook", name=f"of {bot.pk}", target="https://x.org")


def rows() -> dict[str, int]:
    """Return how many rows all tenants have, by model, audit and channels left out."""
    with unscoped("tests"):
        counts = {
            model._meta.label: model._default_manager.count()
            for model in apps.get_models()
            if issubclass(model, TenantOwned) and model._meta.label not in KEPT
        }
    return {label: count for label, count in counts.items() if count}


# what belongs to the tenant, not to the bot
KEPT = {"tenants.AuditEvent", "tenants.Membership", "bots.Channel", "bots.Notice"}


def test_nothing_of_a_small_bot_is_left_when_the_page_comes_back(bot: Bot) -> None:
    assert len(rows()) > 8  # the fixture is worth its name
    connecting.delete_bot(bot, actor=ACTOR)
    assert rows() == {}


def test_another_bot_keeps_all_it_has(other: Bot) -> None:
    with scope(other.tenant):
        (bot,) = Bot.objects.exclude(pk=other.pk)
    connecting.delete_bot(bot, actor=ACTOR)
    left = rows()
    connecting.delete_bot(other, actor=ACTOR)
    assert (left["bots.Person"], left["lottery.Entry"], left["bots.OutboxMessage"] > 4) == (
        3, 6, True,
    )  # fmt: skip
    assert rows() == {}


@pytest.mark.usefixtures("_step_by_step")
def test_a_large_bot_is_gone_at_once_and_its_rows_later(bot: Bot) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    with scope(bot.tenant):
        assert not Bot.objects.exists()
        assert Person.objects.exists()
    assert sending.due_bots(timezone.now()) == []
    # the very same bot can be connected again while the rest of it goes
    again = connecting.connect_bot(bot.tenant, DEMO_TOKEN, ["lottery"], actor=ACTOR)
    tasks.remove_bots()
    with scope(bot.tenant):
        assert not Person.objects.exists()
        assert list(Bot.everything.all()) == [again]


@pytest.mark.usefixtures("_step_by_step")
def test_no_secret_of_the_bot_stays_while_its_rows_go(bot: Bot) -> None:
    before = bot.token_fingerprint
    connecting.delete_bot(bot, actor=ACTOR)
    with scope(bot.tenant):
        marked = Bot.everything.get()
    assert (marked.token, marked.hook_digest, marked.previous_hook_digest) == ("", None, None)
    assert bytes(marked.token_fingerprint) != bytes(before)


@pytest.mark.usefixtures("_step_by_step")
def test_each_step_is_a_short_transaction(bot: Bot) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    with scope(bot.tenant):
        Person.objects.bulk_create(
            Person(bot_id=bot.pk, telegram_id=10_000 + number, seen_at=timezone.now())
            for number in range(20)
        )
    with CaptureQueriesContext(connection) as queries:
        tasks.remove_bots()
    of_people = [q["sql"] for q in queries if q["sql"].startswith('DELETE FROM "bots_person"')]
    assert len(of_people) >= 10
    assert rows() == {}


@pytest.mark.usefixtures("_step_by_step")
def test_a_sweep_that_died_anywhere_is_taken_up_by_the_next(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    delete_batch = removing._delete_batch
    steps: list[int] = []

    def dies_at_each_third(bot_id: int) -> int:
        steps.append(bot_id)
        if len(steps) % 3 == 0:
            raise SystemExit
        return delete_batch(bot_id)

    monkeypatch.setattr(removing, "_delete_batch", dies_at_each_third)
    deaths = 0
    while rows() or bots_marked():
        try:
            tasks.remove_bots()
        except SystemExit:
            deaths += 1
    assert deaths > 3


def bots_marked() -> bool:
    with unscoped("tests"):
        return Bot.everything.exists()


@pytest.mark.usefixtures("_step_by_step")
def test_two_sweeps_do_not_run_at_once(bot: Bot) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    before = rows()
    assert leases.take(removing.LEASE, "other", seconds=60)
    tasks.remove_bots()
    assert rows() == before
    leases.drop(removing.LEASE, "other")
    tasks.remove_bots()
    assert not bots_marked()


def test_a_bots_channels_stay_with_the_tenant(bot: Bot) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    with scope(bot.tenant):
        assert Channel.objects.get().bot is None


@pytest.mark.usefixtures("_step_by_step")
def test_the_other_clock_work_passes_over_a_bot_that_goes(bot: Bot) -> None:
    connecting.delete_bot(bot, actor=ACTOR)
    later = timezone.now() + timedelta(hours=1)
    for work in (tasks.feed_broadcasts, tasks.check_bots, tasks.count_days, tasks.sweep_outbox):
        work()
    purging.purge(later)
    with unscoped("tests"):
        assert not Bot.objects.exists()


@pytest.mark.usefixtures("_step_by_step")
def test_receipts_go_too(bot: Bot) -> None:
    Someone(bot).says("/help")
    connecting.delete_bot(bot, actor=ACTOR)
    tasks.remove_bots()
    with unscoped("tests"):
        assert not Receipt.objects.exists()
