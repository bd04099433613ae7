"""What people see and press in a chat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Bot, Person
from bots.testing import Someone, delivered, make_chat, outgoing
from lottery.bot import Back, JoinHere, ListPage, MinePage, Show
from lottery.models import Entry, Lottery
from lottery.services import giveaways
from lottery.services.cards import Details, Join
from lottery.testing import TESTER, finish, make_draft, make_lottery, prizes
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


def entries(lottery: Lottery) -> int:
    with scope(lottery.tenant_id, transaction=False):
        return Entry.objects.filter(lottery=lottery).count()


def last_text(bot: Bot) -> str:
    params = outgoing(bot)[-1].params
    return str(params.get("text") or params.get("caption"))


def buttons(call: dict[str, Any] | None) -> list[str]:
    rows = (call or {}).get("reply_markup", {}).get("inline_keyboard", [])
    return [key["text"] for row in rows for key in row]


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


def test_join_in_the_list(bot: Bot) -> None:
    lottery = make_lottery(bot)
    assert Someone(bot).presses(JoinHere(lottery.pk, 0)).text == "You are in. Good luck!"
    assert "Summer raffle</b> ✅" in last_text(bot)


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


def test_odd_names_win_and_are_shown_as_they_are(bot: Bot) -> None:
    chat = make_chat(bot)
    lottery = make_lottery(bot, chat=chat)
    name = "שלום <b>🎉👩‍👩‍👧</b> " + "長" * 100
    Someone(bot, first_name=name).presses(Join(lottery.pk), chat=chat)
    finish(lottery)
    text = outgoing(bot)[-1].params["text"]
    assert "שלום &lt;b&gt;🎉👩‍👩‍👧&lt;/b&gt;" in text
    assert "…</a>" in text


def test_the_same_person_at_two_bots_is_two_people(bot: Bot, other_bot: Bot) -> None:
    ours, theirs = make_lottery(bot), make_lottery(other_bot)
    Someone(bot, telegram_id=77).presses(Join(ours.pk))
    assert "You have not joined" in Someone(other_bot, telegram_id=77).says("/mylotteries").text
    assert entries(theirs) == 0
    with scope(bot.tenant_id, transaction=False):
        assert Person.objects.filter(telegram_id=77).count() == 2


def test_a_drawn_card_tells_whether_i_won(bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Join(lottery.pk))
    finish(lottery)
    delivered(bot)
    assert "🏆 You won: Phone" in ada.says(f"/start g_{lottery.public_id}").text
    assert "You won" not in Someone(bot).says(f"/start g_{lottery.public_id}").text
