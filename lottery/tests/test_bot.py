"""What people see and press in a chat."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, delivered, make_chat, outgoing
from lottery.bot import Back, ListPage, MinePage, Show
from lottery.models import Lottery
from lottery.services import giveaways
from lottery.services.cards import Details, Join
from lottery.testing import TESTER, finish, make_draft, make_lottery, prizes
from lottery.tests.crowd import entries, last_text
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def buttons(call: dict[str, Any] | None) -> list[str]:
    rows = (call or {}).get("reply_markup", {}).get("inline_keyboard", [])
    return [key["text"] for row in rows for key in row]


def test_deep_link_shows_the_card(bot: Bot) -> None:
    lottery = make_lottery(bot, title="<Big> & 大獎", prizes=prizes(("Phone 手機", 1), ("Pen", 30)))
    reply = Someone(bot).says(f"/start g_{lottery.public_id}")
    assert "🎁 <b>&lt;Big&gt; &amp; 大獎</b>" in reply.text
    assert "• Phone 手機\n• Pen × 30" in reply.text
    assert "(Asia/Taipei, UTC+8)" in reply.text
    assert buttons(reply.call) == ["🎉 Join", "Details", "My giveaways"]


def test_card_in_the_readers_language(bot: Bot) -> None:
    lottery = make_lottery(bot)
    reply = Someone(bot, language_code="zh-TW").says(f"/start g_{lottery.public_id}")
    assert "年" in reply.text  # the date at least, also before the texts are translated


def test_a_picture_comes_with_the_card(bot: Bot) -> None:
    lottery = make_lottery(bot, text="x" * 3000, prizes=prizes(*[("Prize " * 15, 1)] * 50))
    with scope(bot.tenant_id):
        Lottery.objects.filter(pk=lottery.pk).update(image="lottery/a.png")
    Someone(bot).says(f"/start g_{lottery.public_id}")
    sent = outgoing(bot)[-1]
    assert sent.method == "sendPhoto"
    assert sent.params["photo"] == {"media": "lottery/a.png"}
    assert len(sent.params["caption"]) <= 1024
    assert "… and" in sent.params["caption"]
    assert "⏰ Draw:" in sent.params["caption"]


def test_running_list(bot: Bot, other_bot: Bot) -> None:
    make_lottery(bot, title="Ours")
    make_lottery(other_bot, title="The other bot's")
    make_draft(bot, title="Not yet")
    reply = Someone(bot).says("/lotteries")
    assert "Ours" in reply.text
    assert "other" not in reply.text
    assert "Not yet" not in reply.text
    assert buttons(reply.call) == ["Ours", "🎉 Join"]


def test_running_list_is_friendly_when_empty(bot: Bot) -> None:
    assert "No giveaway is running" in Someone(bot).says("/lotteries").text


def test_running_list_has_pages(bot: Bot) -> None:
    for number in range(12):
        make_lottery(bot, title=f"Raffle {number:02}")
    ada = Someone(bot)
    assert "(1/3)" in ada.says("/lotteries").text
    ada.presses(ListPage(2))
    assert "(3/3)" in last_text(bot)
    assert "Raffle 11" in last_text(bot)
    ada.presses(ListPage(99))
    assert "(3/3)" in last_text(bot)


def test_list_in_a_group_does_not_tell_who_is_in(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Join(lottery.pk))
    ada.says("/lotteries", chat=chat)
    assert "✅" not in last_text(bot)


def test_my_giveaways(bot: Bot) -> None:
    ada = Someone(bot)
    won, running, gone = (make_lottery(bot, title=name) for name in ("Won", "On", "Gone"))
    for lottery in (won, running, gone):
        ada.presses(Join(lottery.pk))
    finish(won)
    with scope(bot.tenant_id):
        giveaways.cancel(gone.pk, reason="No parcel service", actor=TESTER, now=timezone.now())
    delivered(bot)
    text = ada.says("/mylotteries").text
    assert "<b>Won</b>\n🏆 You won: Phone" in text
    assert "<b>On</b>\n✅ You are in. Draw:" in text
    assert "<b>Gone</b>\n🚫 Called off: No parcel service" in text


def test_my_giveaways_of_a_newcomer(bot: Bot) -> None:
    assert "You have not joined" in Someone(bot).says("/mylotteries").text


def test_my_giveaways_are_not_told_in_a_group(bot: Bot) -> None:
    chat = make_chat(bot)
    ada = Someone(bot)
    ada.presses(Join(make_lottery(bot, title="Secret wish").pk))
    ada.says("/mylotteries", chat=chat)
    assert last_text(bot) == "I tell you that in private."
    ada.presses(MinePage(0), chat=chat)
    assert "Secret wish" not in last_text(bot)


def test_my_giveaways_by_link(bot: Bot) -> None:
    assert "You have not joined" in Someone(bot).says("/start mylotteries").text


def test_details_and_back(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Details(lottery.pk))
    assert lottery.secret_sha256 in last_text(bot)
    assert "Giveaway no. 1" in last_text(bot)
    ada.presses(Back(lottery.pk))
    assert lottery.secret_sha256 not in last_text(bot)


def test_details_in_a_group_are_a_dialog(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot, title="T" * 200)
    reply = Someone(bot).presses(Details(lottery.pk), chat=chat)
    assert len(reply.text) <= 200
    assert "👥" in reply.text


@pytest.mark.parametrize("kind", [Join, Details, Show, Back])
def test_a_giveaway_of_another_bot_is_not_found(
    bot: Bot, other_bot: Bot, foreign_bot: Bot, kind: Any
) -> None:
    for owner in (other_bot, foreign_bot):
        lottery = make_lottery(owner)
        reply = Someone(bot).presses(kind(lottery.pk))
        assert reply.text.startswith("I cannot find this giveaway.")
        assert entries(lottery) == 0


def test_a_deep_link_of_another_bot_is_not_found(bot: Bot, foreign_bot: Bot) -> None:
    lottery = make_lottery(foreign_bot)
    reply = Someone(bot).says(f"/start g_{lottery.public_id}")
    assert reply.text.startswith("I cannot find this giveaway.")


@pytest.mark.parametrize("data", ["lj:", "lj:x", "lj:1:2", "lj:99999999999999999999", "lj:-5"])
def test_a_forged_button(bot: Bot, data: str) -> None:
    reply = Someone(bot).presses(data)
    assert reply.status == 200
    assert reply.text.startswith(("This button is no longer", "I cannot find"))


def test_odd_names_win_and_are_shown_as_they_are(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot, chat=chat)
    name = "שלום <b>🎉👩‍👩‍👧</b> " + "長" * 100
    Someone(bot, first_name=name).presses(Join(lottery.pk), chat=chat)
    finish(lottery)
    text = outgoing(bot)[-1].params["text"]
    assert "שלום &lt;b&gt;🎉👩‍👩‍👧&lt;/b&gt;" in text
    assert "…</a>" in text


def test_a_drawn_card_tells_whether_i_won(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Join(lottery.pk))
    finish(lottery)
    delivered(bot)
    assert "🏆 You won: Phone" in ada.says(f"/start g_{lottery.public_id}").text
    assert "You won" not in Someone(bot).says(f"/start g_{lottery.public_id}").text
