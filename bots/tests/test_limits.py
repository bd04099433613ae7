"""Telegram's limits, kept across processes in Redis."""

from __future__ import annotations

import itertools
import time

import pytest

from bots.services import limits

_bots = itertools.count(1_000_000)


@pytest.fixture
def bot_id() -> int:
    return next(_bots)


def waits(bot_id: int, chat_id: int | None, count: int) -> list[float]:
    return [limits.book(bot_id, chat_id).wait for _ in range(count)]


def test_a_chat_takes_a_burst_of_three_then_one_a_second(bot_id: int) -> None:
    assert waits(bot_id, 7, 3) == [0, 0, 0]
    fourth = limits.book(bot_id, 7)
    assert not fourth.is_booked
    assert 0 < fourth.wait <= 1
    assert not fourth.is_bots


def test_a_group_takes_twenty_a_minute(bot_id: int) -> None:
    booked = [limits.book(bot_id, -100).is_booked for _ in range(30)]
    assert sum(booked) <= 6


def test_a_bot_takes_about_twenty_five_a_second_over_all_chats(bot_id: int) -> None:
    began = time.monotonic()
    waited = waits(bot_id, 1, 1) + [limits.book(bot_id, chat).wait for chat in range(2, 31)]
    took = time.monotonic() - began
    within_a_second = [wait for wait in waited if wait < 1]
    assert len(within_a_second) <= 30
    assert waited[:5] == [0] * 5
    # 30 slots, 5 of them at once: the last one is a second after the first was asked for
    assert max(waited) + took > 0.95


def test_what_is_not_booked_does_not_use_up_the_bots_slots(bot_id: int) -> None:
    waits(bot_id, 1, 4)
    for _ in range(50):
        assert not limits.book(bot_id, 1).is_booked
    assert limits.book(bot_id, 2).wait < 0.2


def test_one_bots_pause_holds_all_its_chats_and_no_other_bot(bot_id: int) -> None:
    limits.pause(bot_id, 30)
    slot = limits.book(bot_id, 9)
    assert not slot.is_booked
    assert 29 < slot.wait <= 30.2
    assert slot.is_bots
    assert limits.book(next(_bots), 9).is_booked


def test_a_shorter_pause_does_not_end_a_longer_one(bot_id: int) -> None:
    limits.pause(bot_id, 30)
    limits.pause(bot_id, 1)
    assert limits.book(bot_id, 9).wait > 20


def test_answers_to_presses_need_no_slot(bot_id: int) -> None:
    limits.pause(bot_id, 30)
    assert limits.book(bot_id, None).is_booked
