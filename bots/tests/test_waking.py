"""A commit wakes the sender, and the sweep does not flood the broker."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from bots import nudging, tasks
from bots.messages import send
from bots.models import Bot
from bots.services import outbox, purging, sending
from bots.testing import make_bot
from tenants.models import Tenant
from tenants.scoping import scope


class Published:
    """Stands in for a task: what was published, and when."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.came = threading.Event()

    def delay(self, keys: list[Any]) -> None:
        self.messages.append(keys)
        self.came.set()


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"))


@pytest.fixture
def deliver(monkeypatch: pytest.MonkeyPatch) -> Published:
    published = Published()
    monkeypatch.setattr(tasks, "deliver", published)
    return published


@pytest.fixture
def senders_are_woken(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app as it starts outside of tests."""
    monkeypatch.setattr(outbox, "_nudge", None)
    settings.NUDGE_SENDERS = True
    apps.get_app_config("bots").ready()


@pytest.mark.usefixtures("senders_are_woken")
def test_a_commit_publishes_the_delivery(
    bot: Bot, deliver: Published, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), scope(bot.tenant):
        outbox.say(bot, 7, "x")
        outbox.say(bot, 8, "y")
    assert deliver.came.wait(timeout=30)
    assert deliver.messages == [[bot.pk]]


@pytest.mark.usefixtures("senders_are_woken")
def test_a_rollback_publishes_nothing(bot: Bot, deliver: Published) -> None:
    with transaction.atomic(), scope(bot.tenant):
        outbox.say(bot, 7, "x")
        transaction.set_rollback(True)
    assert nudging._waker.take() == {}
    assert deliver.messages == []


def test_without_the_setting_nobody_is_woken(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_nudge", None)
    settings.NUDGE_SENDERS = False
    apps.get_app_config("bots").ready()
    assert outbox._nudge is None


def test_what_is_noted_twice_is_published_once(
    deliver: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Published()
    monkeypatch.setattr(tasks, "purge", other)
    waker = nudging.Waker()
    monkeypatch.setattr(waker, "_run", lambda: None)
    for key in (3, 1, 3, 1):
        waker.note("bots.tasks.deliver", key)
    waker.note("bots.tasks.purge", (1, 2))
    assert waker.take() == {"bots.tasks.deliver": [3, 1], "bots.tasks.purge": [(1, 2)]}
    assert waker.take() == {}


def test_a_task_that_cannot_be_published_stops_no_other(
    deliver: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    waker = nudging.Waker()
    monkeypatch.setattr(nudging, "COLLECT", 0)
    waker.note("bots.tasks.no_such_task", 1)
    waker.note("bots.tasks.deliver", 2)
    assert deliver.came.wait(timeout=30)
    assert deliver.messages == [[2]]


def test_a_product_wakes_its_own_task_after_the_commit(
    deliver: Published, settings: Any, db: None, django_capture_on_commit_callbacks: Any
) -> None:
    settings.NUDGE_SENDERS = True
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        nudging.wake_after_commit("bots.tasks.deliver", 11)
        assert deliver.messages == []
    assert deliver.came.wait(timeout=30)
    assert deliver.messages == [[11]]


def test_the_sweep_gives_out_a_limited_number_of_turns_that_expire(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        tasks.deliver, "apply_async", lambda args, expires: turns.append((args, expires))
    )
    for one in (bot, make_bot(bot.tenant), make_bot(bot.tenant)):
        with scope(bot.tenant):
            outbox.write(one, [send(7, "x")])
    tasks.sweep_outbox()
    assert [expires for _args, expires in turns] == [2, 2, 2]
    assert turns[0][0] == ([bot.pk],)
    turns.clear()
    monkeypatch.setattr(tasks, "SWEPT_AT_ONCE", 2)
    tasks.sweep_outbox()
    assert len(turns) == 2


def test_a_bot_with_more_to_send_gets_another_turn_that_expires(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        tasks.deliver, "apply_async", lambda args, expires: turns.append((args, expires))
    )
    monkeypatch.setattr(sending, "drain", lambda bot_id: True)
    tasks.deliver([bot.pk])
    assert turns == [(([bot.pk],), 2)]


def test_the_hourly_purge_ends_old_news_too(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(sending, "expire", asked.append)
    monkeypatch.setattr(purging, "purge", asked.append)
    tasks.purge()
    assert len(asked) == 2
    assert all(moment <= timezone.now() for moment in asked)
