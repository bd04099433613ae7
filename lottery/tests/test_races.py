"""Real threads on PostgreSQL; on SQLite writers queue up (BEGIN IMMEDIATE), so there is no race."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import Bot, Person
from bots.testing import Someone, make_chat, outgoing
from lottery.models import DrawRecord, Entry, Lottery, Place
from lottery.services import draws, entries, giveaways
from lottery.services.cards import Join
from lottery.testing import TESTER, make_draft, make_lottery, make_plan, prizes
from tenants.scoping import scope
from tenants.testing import in_threads

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]


def make_people(bot: Bot, count: int) -> list[Person]:
    with scope(bot.tenant_id):
        people: list[Person] = Person.objects.bulk_create(
            Person(bot=bot, tenant_id=bot.tenant_id, telegram_id=n, seen_at=timezone.now())
            for n in range(1, count + 1)
        )
    return people


def test_two_workers_draw_once(bot: Bot) -> None:
    lottery = make_lottery(bot, chat=make_chat(bot), prizes=prizes(("Pen", 3)))
    for person in make_people(bot, 20):
        with scope(bot.tenant_id):
            entries.join(lottery.pk, person)
    steps = (draws.freeze, draws.commit, draws.draw, draws.announce)

    def work(_number: int) -> list[bool]:
        with scope(bot.tenant_id, transaction=False):
            return [step(lottery.pk, now=lottery.ends_at) for step in steps]

    done = in_threads(4, work)
    for number in range(len(steps)):
        assert sum(result[number] for result in done) <= 1
    # a worker that came too early for a later step leaves it to the next tick
    with scope(bot.tenant_id, transaction=False):
        draws.advance(lottery.pk, now=lottery.ends_at)
        assert Place.objects.filter(lottery=lottery).count() == 3
        assert DrawRecord.objects.filter(lottery=lottery).count() == 1
    texts = [one.params["text"] for one in outgoing(bot) if one.method == "sendMessage"]
    assert len([text for text in texts if "The winners of" in text]) == 1


def test_two_ticks_take_it_once(bot: Bot) -> None:
    lottery = make_lottery(bot)

    def work(_number: int) -> bool:
        with scope(bot.tenant_id, transaction=False):
            return draws.advance(lottery.pk, now=lottery.ends_at)

    assert any(in_threads(4, work))
    with scope(bot.tenant_id, transaction=False):
        lottery.refresh_from_db()
    assert lottery.state == Lottery.State.ANNOUNCED


def test_no_join_after_the_freeze(bot: Bot) -> None:
    """Whoever was told "you are in" stands in the frozen list, and nobody else."""
    lottery = make_lottery(bot)
    people = make_people(bot, 90)
    before_the_end = lottery.starts_at

    def join_many(part: list[Person]) -> list[int]:
        told = []
        for person in part:
            try:
                with scope(bot.tenant_id):
                    entries.join(lottery.pk, person, now=before_the_end)
            except entries.Ended:
                continue
            told.append(person.pk)
        return told

    def work(number: int) -> list[int]:
        if number < 3:
            return join_many(people[number::3])
        while True:  # freeze in the middle of the crowd
            with scope(bot.tenant_id, transaction=False):
                if entries.count(lottery.pk) >= 20:
                    assert draws.freeze(lottery.pk, now=lottery.ends_at)
                    draws.commit(lottery.pk, now=lottery.ends_at)
                    return []

    told = [pk for part in in_threads(4, work) for pk in part]
    with scope(bot.tenant_id, transaction=False):
        listed = Entry.objects.filter(lottery=lottery, entry_no__isnull=False)
        assert sorted(listed.values_list("person_id", flat=True)) == sorted(told)
        assert Entry.objects.filter(lottery=lottery, entry_no=None).count() == 0
    assert 20 <= len(told) < 90


def test_the_freeze_waits_for_a_join_under_way(bot: Bot) -> None:
    lottery = make_lottery(bot)
    [person] = make_people(bot, 1)
    frozen = threading.Event()

    def freeze() -> None:
        with scope(bot.tenant_id, transaction=False):
            draws.freeze(lottery.pk, now=lottery.ends_at)
        frozen.set()
        connection.close()

    with scope(bot.tenant_id):
        entries.join(lottery.pk, person, now=lottery.starts_at)
        thread = threading.Thread(target=freeze)
        thread.start()
        assert not frozen.wait(0.3)
    thread.join(10)
    with scope(bot.tenant_id, transaction=False):
        lottery.refresh_from_db()
        assert lottery.state == Lottery.State.FROZEN
        assert entries.count(lottery.pk) == 1


def test_joins_do_not_wait_for_each_other_nor_for_the_counter(bot: Bot) -> None:
    lottery = make_lottery(bot)
    one, two = make_people(bot, 2)

    def other(_number: int) -> None:
        with scope(bot.tenant_id):
            assert entries.join(lottery.pk, two).is_new
        with scope(bot.tenant_id):
            Lottery.objects.filter(pk=lottery.pk).update(entry_count=1)

    with scope(bot.tenant_id):
        entries.join(lottery.pk, one)
        in_threads(1, other)


def test_one_person_in_four_updates_at_once(bot: Bot) -> None:
    lottery = make_lottery(bot)
    [person] = make_people(bot, 1)

    def work(_number: int) -> bool:
        with scope(bot.tenant_id):
            return entries.join(lottery.pk, person).is_new

    assert sorted(in_threads(4, work)) == [False, False, False, True]


def test_numbers_have_no_gap_and_no_double(bot: Bot) -> None:
    def work(_number: int) -> int:
        return make_draft(bot).number

    assert sorted(in_threads(6, work)) == [1, 2, 3, 4, 5, 6]


def test_cancel_and_freeze_exclude_each_other(bot: Bot) -> None:
    lottery = make_lottery(bot)

    def cancel(now: datetime) -> bool:
        try:
            with scope(bot.tenant_id):
                giveaways.cancel(lottery.pk, reason="Why", actor=TESTER, now=now)
        except giveaways.WrongState:
            return False
        return True

    def work(number: int) -> bool:
        if number:
            return cancel(lottery.ends_at)
        with scope(bot.tenant_id, transaction=False):
            return draws.freeze(lottery.pk, now=lottery.ends_at)

    assert sorted(in_threads(2, work)) == [False, True]


def test_a_join_by_button_costs_six_round_trips_at_most(bot: Bot) -> None:
    lottery = make_lottery(bot, chat=make_chat(bot))
    make_plan(bot)
    ada, bob = Someone(bot), Someone(bot)
    chat = None
    for who in (ada, bob):
        who.says("/start")
    for where in ("private", "group"):
        who = ada if where == "private" else bob
        if where == "group":
            with scope(bot.tenant_id, transaction=False):
                lottery = Lottery.objects.select_related("chat").get(pk=lottery.pk)
                chat = lottery.chat
        statements: list[str] = []

        def count(execute: Any, sql: Any, *rest: Any, seen: list[str] = statements) -> Any:
            seen.append(str(sql))
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            reply = who.presses(Join(lottery.pk), chat=chat)
        assert reply.text.startswith("You are in.")
        round_trips = len(statements) + 1  # the COMMIT passes no wrapper
        assert round_trips <= (6 if where == "private" else 4), statements
