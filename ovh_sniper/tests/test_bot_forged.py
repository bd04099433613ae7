"""Buttons that are forged, damaged, old, or pressed again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bots.models import Bot, Person
from bots.testing import Someone, delivered, outgoing, post
from ovh_sniper.models import Account, ChatRequest, Preferences, Wish
from ovh_sniper.services.chat import requests
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.telling.buttons import (
    Confirm,
    Drop,
    Mute,
    WishFor,
)
from ovh_sniper.testing import orders_of
from ovh_sniper.tests.chatting import PLAN, key_like, make_staff
from ovh_sniper.tests.pressing import kept
from tenants.ids import public_id
from tenants.scoping import scope

# --- Forged, damaged, old


@pytest.mark.parametrize(
    "data",
    [
        "oo:",
        "oo:x",
        "oo:" + "9" * 50,
        "oa:nothing",
        "oc:%",
        "op:'; drop table",
        "od:…",
        "oy:x:y",
        "on:x",
        "ow:x:y:order",
        "oz:x:0",
        "or:x:0",
    ],
)
def test_what_is_forged_finds_nothing_and_breaks_nothing(
    bot: Bot, world: dict[str, str], data: str
) -> None:
    before = kept(bot.tenant)
    adam = make_staff(bot, "admin")
    reply = adam.presses(data)
    assert reply.status == 200
    assert reply.text
    assert kept(bot.tenant) == before


@pytest.mark.parametrize(
    "data", ["oo", "oo:a:b", "om:x", "om:1:2", "oy:x", "oq:1", "ol:x", "ow:a:b"]
)
def test_what_is_damaged_is_no_button(bot: Bot, oscar: Someone, data: str) -> None:
    assert "no longer in use" in oscar.presses(data).text


def test_an_account_that_was_not_offered_is_not_taken(
    bot: Bot, oscar: Someone, world: dict[str, str]
) -> None:
    said = oscar.presses(Confirm(world["request"], public_id())).text
    assert "cannot find that any more" in said
    # and the preview is still good
    oscar.presses(Confirm(world["request"], world["account"]))
    assert len(orders_of(bot.tenant)) == 3


def test_a_wish_of_no_mode_is_not_made(bot: Bot, oscar: Someone, world: dict[str, str]) -> None:
    said = oscar.presses(WishFor(world["request"], world["account"], "steal")).text
    assert "no longer in use" in said
    with scope(bot.tenant):
        assert Wish.objects.count() == 2


@pytest.mark.parametrize("hours", [-(2**62), 2**62, -1])
def test_a_silence_has_bounds(bot: Bot, oscar: Someone, hours: int) -> None:
    assert oscar.presses(Mute(hours)).status == 200
    with scope(bot.tenant):
        until = Preferences.objects.get().muted_until
    assert until is None or (until - timezone.now()).days <= 7


def test_an_expired_preview_orders_nothing(bot: Bot, oscar: Someone, world: dict[str, str]) -> None:
    with scope(bot.tenant):
        ChatRequest.objects.update(expires_at=timezone.now())
    for button in (
        Confirm(world["request"], world["account"]),
        WishFor(world["request"], world["account"], "order"),
        Drop(world["request"]),
    ):
        assert "more than 10 minutes old" in oscar.presses(button).text
    assert len(orders_of(bot.tenant)) == 1


def test_an_account_that_went_meanwhile_orders_nothing(
    bot: Bot, oscar: Someone, world: dict[str, str]
) -> None:
    with scope(bot.tenant):
        Account.objects.update(state=Account.State.BROKEN)
    oscar.presses(Confirm(world["request"], world["account"]))
    assert len(orders_of(bot.tenant)) == 1
    assert "no OVH account that can order" in outgoing(bot)[-1].params["text"]


# --- The same update again


def test_a_repeated_press_gets_the_same_answer_and_does_nothing_more(
    bot: Bot, oscar: Someone, world: dict[str, str]
) -> None:
    update = oscar.press(Confirm(world["request"], world["account"]))
    first, second = post(bot, update), post(bot, update)
    assert first == second
    assert len(orders_of(bot.tenant)) == 3


def test_a_request_of_somebody_is_answered_by_nobody_else(bot: Bot, oscar: Someone) -> None:
    """The service itself, whoever calls it."""
    olga = make_staff(bot, "operator")
    with scope(bot.tenant):
        people = {one.telegram_id: one for one in Person.objects.filter(bot=bot)}
        now = timezone.now()
        request = requests.keep(Command(PLAN), people[oscar.telegram_id], now=now)
        with pytest.raises(requests.Gone, match="foreign"):
            requests.take(request.public_id, people[olga.telegram_id], now)
        taken = requests.take(request.public_id, people[oscar.telegram_id], now)
        assert requests.command_of(taken) == Command(PLAN)
        with pytest.raises(requests.Gone, match="taken"):
            requests.take(request.public_id, people[oscar.telegram_id], now)


def test_a_colleague_may_answer_what_he_asked_himself(
    bot: Bot, world: dict[str, str], oscar: Someone
) -> None:
    olga = make_staff(bot, "operator")
    delivered(bot)
    call = olga.says(f"{PLAN} rbx 2").call
    olga.presses(key_like(call, "Order for"))
    assert len(orders_of(bot.tenant)) == 3
