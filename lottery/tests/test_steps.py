"""Freeze, draw, announce: once, whole, and continued wherever a worker died."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bots.models import Bot
from bots.testing import make_chat, outgoing
from lottery.models import Lottery
from lottery.services import draws
from lottery.testing import finish, make_lottery, prizes
from lottery.tests.crowd import join, places
from tenants.scoping import scope

State = Lottery.State


class Killed(BaseException):
    """What `kill -9` looks like from inside."""


@pytest.mark.django_db(transaction=True)
class TestDyingAnywhere:
    def steps(self, bot: Bot) -> tuple[Lottery, int]:
        """Return a giveaway that is due, and how many statements its draw takes."""
        counted = Counter[str]()

        def count(execute: Any, sql: Any, *rest: Any) -> Any:
            counted["statements"] += 1
            return execute(sql, *rest)

        lottery = self.due(bot)
        with connection.execute_wrapper(count):
            finish(lottery)
        return self.due(bot), counted["statements"]

    def due(self, bot: Bot) -> Lottery:
        chat = make_chat(bot, telegram_id=-next(chat_ids))
        lottery = make_lottery(bot, chat=chat, prizes=prizes(("Phone", 2)))
        join(lottery, bot, 3)
        return lottery

    def test_the_next_tick_goes_on(self, bot: Bot) -> None:
        lottery, statements = self.steps(bot)
        assert statements > 20
        for number in range(1, statements + 1):
            before = len(outgoing(bot))
            self.die_at(number, lottery)
            again = lottery.ends_at + draws.HOLD + timedelta(seconds=1)
            assert (lottery.tenant_id, lottery.pk) in draws.due(again) or self.is_done(lottery)
            finish(lottery, now=again)
            assert lottery.state == State.ANNOUNCED
            assert len(places(lottery)) == 2
            methods = [message.method for message in outgoing(bot)[before:]]
            assert methods == ["editMessageText", *["sendMessage"] * 3], f"killed at {number}"
            lottery = self.due(bot)

    def is_done(self, lottery: Lottery) -> bool:
        with scope(lottery.tenant_id, transaction=False):
            lottery.refresh_from_db()
        return lottery.state == State.ANNOUNCED

    def die_at(self, number: int, lottery: Lottery) -> None:
        seen = Counter[str]()

        def die(execute: Any, sql: Any, *rest: Any) -> Any:
            seen["statements"] += 1
            if seen["statements"] == number:
                raise Killed
            return execute(sql, *rest)

        with pytest.raises(Killed), connection.execute_wrapper(die):
            finish(lottery)


chat_ids = iter(range(5000, 9000))


@pytest.mark.django_db
class TestTwoWorkers:
    def test_the_second_one_does_nothing(self, bot: Bot) -> None:
        lottery = make_lottery(bot, chat=make_chat(bot))
        join(lottery, bot, 3)
        finish(lottery)
        before = len(outgoing(bot)), [place.entry_id for place in places(lottery)]
        finish(lottery, now=lottery.ends_at + timedelta(minutes=1))
        assert before == (len(outgoing(bot)), [place.entry_id for place in places(lottery)])

    def test_one_holds_it_for_a_while(self, bot: Bot) -> None:
        lottery = make_lottery(bot)
        with scope(bot.tenant_id, transaction=False):
            Lottery.objects.filter(pk=lottery.pk).update(retry_at=lottery.ends_at + draws.HOLD)
            assert not draws.advance(lottery.pk, now=lottery.ends_at)
            assert draws.advance(lottery.pk, now=lottery.ends_at + draws.HOLD)

    @pytest.mark.parametrize("first", ["one", "two"])
    def test_steps_in_any_order_give_one_result(self, bot: Bot, first: str) -> None:
        """Worker "one" is between commit and draw while "two" does everything, or the reverse."""
        lottery = make_lottery(bot)
        join(lottery, bot, 4)
        now = lottery.ends_at
        steps = {"one": (draws.freeze, draws.commit), "two": (draws.freeze, draws.commit)}
        with scope(bot.tenant_id, transaction=False):
            for step in steps[first]:
                assert step(lottery.pk, now=now)
            for step in steps["two" if first == "one" else "one"]:
                assert not step(lottery.pk, now=now)
            assert draws.draw(lottery.pk, now=now)
            assert not draws.draw(lottery.pk, now=now)
            assert draws.announce(lottery.pk, now=now)
            assert not draws.announce(lottery.pk, now=now)
        assert len(places(lottery)) == 1

    def test_no_draw_before_the_list_is_committed(self, bot: Bot) -> None:
        lottery = make_lottery(bot)
        asked = []

        def beacon() -> bytes:
            asked.append(1)
            return bytes(32)

        with scope(bot.tenant_id, transaction=False):
            draws.freeze(lottery.pk, now=lottery.ends_at)
            assert not draws.draw(lottery.pk, now=lottery.ends_at, beacon=beacon)
        assert asked == []
