"""Joining a giveaway in a chat: in private, in a group, twice, too early, too late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import Bot, Person
from bots.testing import Someone, make_chat, outgoing
from lottery.bot import JoinHere
from lottery.models import Lottery
from lottery.services import giveaways
from lottery.services.cards import Join
from lottery.testing import TESTER, finish, make_draft, make_lottery
from lottery.tests.crowd import entries, last_text
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def test_join_in_private(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    reply = ada.presses(Join(lottery.pk))
    assert reply.call is not None
    assert reply.call["method"] == "answerCallbackQuery"
    assert reply.text == "You are in. Good luck!"
    assert entries(lottery) == 1
    assert "✅ You are in." in last_text(bot)
    assert "👥 1 person takes part" in last_text(bot)


def test_pressing_twice_makes_one_entry(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Join(lottery.pk))
    assert ada.presses(Join(lottery.pk)).text.startswith("You are in already.")
    assert entries(lottery) == 1


def test_a_repeated_update_joins_once_and_gets_the_same_answer(bot: Bot) -> None:
    from bots.testing import post

    lottery = make_lottery(bot)
    update = Someone(bot).press(Join(lottery.pk))
    assert post(bot, update) == post(bot, update)
    assert entries(lottery) == 1


def test_join_in_a_group_tells_how_to_hear_of_a_win(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot, chat=chat)
    reply = Someone(bot).presses(Join(lottery.pk), chat=chat)
    assert "Open in private" in reply.text
    assert reply.call is not None
    assert reply.call["show_alert"] is True
    card = outgoing(bot)[0].params
    assert card["reply_markup"]["inline_keyboard"][1][0]["url"] == (
        f"https://t.me/{bot.username}?start=g_{lottery.public_id}"
    )


def test_join_in_a_group_of_somebody_who_started_the_bot(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot, chat=chat)
    ada = Someone(bot)
    ada.says("/start")
    reply = ada.presses(Join(lottery.pk), chat=chat)
    assert reply.text == "You are in. I will write to you in private if you win."
    assert "show_alert" not in (reply.call or {})


def test_join_in_the_list(bot: Bot) -> None:
    lottery = make_lottery(bot)
    assert Someone(bot).presses(JoinHere(lottery.pk, 0)).text == "You are in. Good luck!"
    assert "Summer raffle</b> ✅" in last_text(bot)


def test_a_draft_cannot_be_joined(bot: Bot) -> None:
    draft = make_draft(bot)
    assert Someone(bot).presses(Join(draft.pk)).text.startswith("I cannot find this giveaway.")
    assert Someone(bot).says(f"/start g_{draft.public_id}").text.startswith("I cannot find")


def test_joining_before_the_start(bot: Bot) -> None:
    soon = make_lottery(bot, starts_at=timezone.now() + timedelta(minutes=30))
    assert Someone(bot).presses(Join(soon.pk)).text.startswith("This giveaway starts: ")
    assert entries(soon) == 0


def test_joining_after_the_end(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada, late = Someone(bot), Someone(bot)
    ada.presses(Join(lottery.pk))
    finish(lottery)
    assert late.presses(Join(lottery.pk)).text == "Sorry, joining is over."
    assert ada.presses(Join(lottery.pk)).text == "Joining is over, and you are in. Good luck!"
    assert entries(lottery) == 1


def test_joining_past_the_end_before_the_clock_froze_it(bot: Bot) -> None:
    lottery = make_lottery(bot)
    with scope(bot.tenant_id):
        Lottery.objects.filter(pk=lottery.pk).update(
            starts_at=timezone.now() - timedelta(hours=2),
            ends_at=timezone.now() - timedelta(seconds=1),
        )
    assert Someone(bot).presses(Join(lottery.pk)).text == "Sorry, joining is over."


def test_joining_what_was_called_off(bot: Bot) -> None:
    lottery = make_lottery(bot)
    with scope(bot.tenant_id):
        giveaways.cancel(lottery.pk, reason="Oops", actor=TESTER, now=timezone.now())
    assert Someone(bot).presses(Join(lottery.pk)).text == "Sorry, joining is over."


def test_the_same_person_at_two_bots_is_two_people(bot: Bot, other_bot: Bot) -> None:
    ours, theirs = make_lottery(bot), make_lottery(other_bot)
    Someone(bot, telegram_id=77).presses(Join(ours.pk))
    assert "You have not joined" in Someone(other_bot, telegram_id=77).says("/mylotteries").text
    assert entries(theirs) == 0
    with scope(bot.tenant_id, transaction=False):
        assert Person.objects.filter(telegram_id=77).count() == 2
