"""What the beat task does when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, make_chat, outgoing
from lottery import tasks
from lottery.models import Lottery
from lottery.services import cards, draws, entries, giveaways
from lottery.services.cards import Join
from lottery.testing import TESTER, finish, make_draft, make_lottery
from lottery.tests.crowd import join, places, sent
from tenants.scoping import scope

State = Lottery.State


@pytest.mark.django_db
class TestClock:
    @pytest.fixture
    def later(self, time_machine: Any) -> Any:
        def go(moment: datetime) -> None:
            time_machine.move_to(moment, tick=False)
            tasks.run_due()

        return go

    def test_run_due_opens_and_draws(self, bot: Bot, later: Any) -> None:
        chat = make_chat(bot)
        start = timezone.now() + timedelta(minutes=10)
        lottery = make_lottery(bot, chat=chat, starts_at=start)
        assert lottery.state == State.SCHEDULED
        assert outgoing(bot) == []
        later(start - timedelta(seconds=1))
        assert outgoing(bot) == []
        later(start)
        assert [message.slot for message in outgoing(bot)] == [lottery.card_slot]
        later(start + timedelta(seconds=1))
        assert len(outgoing(bot)) == 1
        later(lottery.ends_at)
        with scope(bot.tenant_id, transaction=False):
            lottery.refresh_from_db()
        assert lottery.state == State.ANNOUNCED

    def test_a_poisoned_one_stops_no_other(self, bot: Bot, foreign_bot: Bot, later: Any) -> None:
        poisoned, sound = make_lottery(bot), make_lottery(foreign_bot)
        with scope(bot.tenant_id), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE lottery_lottery SET secret = 'damaged' WHERE id = %s", [poisoned.pk]
            )
        later(max(poisoned.ends_at, sound.ends_at))
        for lottery, state in ((poisoned, State.FROZEN), (sound, State.ANNOUNCED)):
            with scope(lottery.tenant_id, transaction=False):
                assert Lottery.objects.values_list("state", flat=True).get(pk=lottery.pk) == state

    def test_a_poisoned_one_is_not_tried_every_second(self, bot: Bot, later: Any) -> None:
        lottery = make_lottery(bot)
        with scope(bot.tenant_id), connection.cursor() as cursor:
            cursor.execute("UPDATE lottery_lottery SET secret = 'damaged'")
        later(lottery.ends_at)
        assert draws.due(lottery.ends_at + timedelta(seconds=1)) == []
        assert draws.due(lottery.ends_at + draws.HOLD) == [(lottery.tenant_id, lottery.pk)]

    def test_a_clock_that_went_back(self, bot: Bot, later: Any) -> None:
        lottery = make_lottery(bot)
        join(lottery, bot, 2)
        later(lottery.ends_at)
        drawn = [place.entry_id for place in places(lottery)]
        later(lottery.ends_at - timedelta(minutes=30))
        assert Someone(bot).presses(Join(lottery.pk)).text == "Sorry, joining is over."
        later(lottery.ends_at + timedelta(hours=1))
        assert [place.entry_id for place in places(lottery)] == drawn

    def test_the_worker_was_down_all_the_time(self, bot: Bot, later: Any) -> None:
        chat = make_chat(bot)
        start = timezone.now() + timedelta(minutes=10)
        lottery = make_lottery(bot, chat=chat, starts_at=start)
        later(lottery.ends_at + timedelta(days=1))
        with scope(bot.tenant_id, transaction=False):
            lottery.refresh_from_db()
        assert lottery.state == State.ANNOUNCED
        assert "Nobody joined" in outgoing(bot)[-1].params["text"]

    def test_the_card_counts_at_most_every_five_seconds(
        self, bot: Bot, later: Any, time_machine: Any
    ) -> None:
        start = timezone.now().replace(microsecond=0)
        time_machine.move_to(start, tick=False)
        lottery = make_lottery(bot, chat=make_chat(bot))

        def edits() -> list[str]:
            return [message.params["text"] for message in sent(bot, "editMessageText")]

        chat_members = [Someone(bot) for _ in range(4)]
        for second, person in enumerate(chat_members, 1):
            later(start + timedelta(seconds=second))
            with scope(bot.tenant_id, transaction=False):
                chat = lottery.chat
            person.presses(Join(lottery.pk), chat=chat)
        assert edits() == []
        later(start + timedelta(seconds=5))
        assert ["4 people" in text for text in edits()] == [True]
        later(start + timedelta(seconds=6))
        Someone(bot).presses(Join(lottery.pk), chat=chat)
        later(start + timedelta(seconds=9))
        assert ["4 people" in text for text in edits()] == [True]
        later(start + timedelta(seconds=10))
        # the edit that still waited was replaced
        assert ["5 people" in text for text in edits()] == [True]

    def test_a_quiet_card_costs_nothing(self, bot: Bot) -> None:
        lottery = make_lottery(bot, chat=make_chat(bot))
        join(lottery, bot, 1)
        now = timezone.now() + timedelta(seconds=6)
        assert cards.to_refresh(now) == [(lottery.tenant_id, lottery.pk)]
        with scope(bot.tenant_id):
            assert cards.refresh(lottery.pk, now=now)
            assert not cards.refresh(lottery.pk, now=now)
        assert cards.to_refresh(now + timedelta(minutes=1)) == []


@pytest.mark.django_db
class TestCancelling:
    def test_the_card_says_why(self, bot: Bot) -> None:
        lottery = make_lottery(bot, chat=make_chat(bot))
        with scope(bot.tenant_id):
            giveaways.cancel(lottery.pk, reason="  Storm\nahead ", actor=TESTER, now=timezone.now())
        assert "🚫 Called off: Storm ahead" in sent(bot, "editMessageText")[0].params["text"]
        assert draws.due(lottery.ends_at) == []

    def test_too_late(self, bot: Bot) -> None:
        lottery = finish(make_lottery(bot))
        with scope(bot.tenant_id), pytest.raises(giveaways.WrongState):
            giveaways.cancel(lottery.pk, reason="No", actor=TESTER, now=timezone.now())

    def test_numbers_have_no_gap(self, bot: Bot, foreign_bot: Bot) -> None:
        first = make_draft(bot)
        with scope(bot.tenant_id):
            giveaways.cancel(first.pk, reason="No", actor=TESTER, now=timezone.now())
        assert [first.number, make_draft(bot).number, make_lottery(bot).number] == [1, 2, 3]
        assert make_draft(foreign_bot).number == 1


@pytest.mark.django_db
def test_stream_reads_in_parts(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "CHUNK", 2)
    lottery = make_lottery(bot)
    join(lottery, bot, 5)
    finish(lottery)
    with scope(bot.tenant_id, transaction=False):
        assert [number for _pk, number, _w, _t in entries.stream(lottery.pk)] == [0, 1, 2, 3, 4]
