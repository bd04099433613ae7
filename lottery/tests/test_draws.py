"""What a draw gives, and who is told."""

from __future__ import annotations

import hashlib
import json

import pytest

from bots.messages import units
from bots.models import Bot, Chat, OutboxMessage, PostedMessage
from bots.testing import Someone, make_chat, outgoing
from lottery.models import DrawRecord, Entry, Lottery
from lottery.services import fairdraw
from lottery.services.cards import Join
from lottery.testing import finish, make_lottery, prizes
from lottery.tests.crowd import join, places, sent
from tenants.models import AuditEvent
from tenants.scoping import scope

State = Lottery.State


@pytest.mark.django_db
class TestResult:
    def test_a_draw_by_the_clock(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat, prizes=prizes(("Phone", 1), ("Pen", 2)))
        join(lottery, bot, 5)
        finish(lottery)
        assert lottery.state == State.ANNOUNCED
        won = places(lottery)
        assert [place.prize.name for place in won if place.prize] == ["Phone", "Pen", "Pen"]
        assert len({place.entry_id for place in won}) == 3

    def test_anybody_can_recompute_it(self, bot: Bot) -> None:
        lottery = make_lottery(bot, prizes=prizes(("Phone 手機", 2)), reserves=2)
        join(lottery, bot, 6)
        finish(lottery)
        with scope(bot.tenant_id, transaction=False):
            record = DrawRecord.objects.get(lottery=lottery)
            listed = list(Entry.objects.filter(lottery=lottery).order_by("entry_no"))
        facts = json.loads(record.record)
        assert hashlib.sha256(record.record.encode()).hexdigest() == record.record_hash
        assert hashlib.sha256(bytes.fromhex(record.secret)).hexdigest() == facts["secret_sha256"]
        assert facts["secret_sha256"] == lottery.secret_sha256
        leaves = [fairdraw.leaf(i, one.weight, bytes(one.tag)) for i, one in enumerate(listed)]
        assert fairdraw.root(leaves).hex() == facts["root"]
        assert facts["beacon"] == {"kind": "local"}
        assert (facts["entries"], facts["tickets"], facts["seq"]) == (6, 6, lottery.number)
        key = fairdraw.seed(
            bytes.fromhex(record.record_hash),
            bytes.fromhex(record.secret),
            bytes.fromhex(record.beacon),
        )
        order = fairdraw.places(key, [one.weight for one in listed], 4)
        assert [place.entry_id for place in places(lottery)] == [listed[i].pk for i in order]
        assert [one.ticket_end for one in listed] == [1, 2, 3, 4, 5, 6]

    def test_reserves_win_nothing(self, bot: Bot) -> None:
        lottery = make_lottery(bot, reserves=2)
        join(lottery, bot, 5)
        finish(lottery)
        assert [place.prize is not None for place in places(lottery)] == [True, False, False]
        assert len([one for one in sent(bot) if "Congratulations" in one.params["text"]]) == 1

    def test_nobody_joined(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = finish(make_lottery(bot, chat=chat))
        assert lottery.state == State.ANNOUNCED
        assert places(lottery) == []
        assert "Nobody joined" in outgoing(bot)[-1].params["text"]
        with scope(bot.tenant_id, transaction=False):
            record = json.loads(DrawRecord.objects.get(lottery=lottery).record)
        assert record["root"] == hashlib.sha256(b"").hexdigest()

    def test_more_prizes_than_people(self, bot: Bot) -> None:
        lottery = make_lottery(bot, prizes=prizes(("Phone", 1), ("Pen", 9999)))
        join(lottery, bot, 2)
        finish(lottery)
        assert [place.prize.name for place in places(lottery) if place.prize] == ["Phone", "Pen"]

    def test_who_left_or_was_excluded_is_not_drawn(self, bot: Bot) -> None:
        lottery = make_lottery(bot, prizes=prizes(("Pen", 9)))
        join(lottery, bot, 3)
        with scope(bot.tenant_id):
            first = Entry.objects.filter(lottery=lottery).order_by("pk")[0]
            Entry.objects.filter(pk=first.pk).update(state=Entry.State.EXCLUDED)
        finish(lottery)
        assert first.pk not in {place.entry_id for place in places(lottery)}
        assert lottery.entry_count == 2

    def test_it_is_written_down(self, bot: Bot) -> None:
        lottery = finish(make_lottery(bot))
        with scope(bot.tenant_id, transaction=False):
            actions = list(AuditEvent.objects.values_list("action", flat=True).order_by("pk"))
        assert actions[-3:] == ["giveaway.created", "giveaway.published", "giveaway.drawn"]
        assert lottery.announced_at


@pytest.mark.django_db
class TestAnnouncing:
    def test_card_result_and_winners(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat, prizes=prizes(("Phone", 1)))
        join(lottery, bot, 3)
        before = len(outgoing(bot))
        finish(lottery)
        edit, result, private = outgoing(bot)[before:]
        winner = places(lottery)[0].entry.person
        assert (edit.method, edit.slot) == ("editMessageText", lottery.card_slot)
        assert "🏁 The draw is over." in edit.params["text"]
        assert "🏆 Winners: " in edit.params["text"]
        assert [key["text"] for [key] in edit.params["reply_markup"]["inline_keyboard"]] == [
            "Open in private"
        ]
        assert (result.chat_id, result.method) == (chat.telegram_id, "sendMessage")
        assert f'<a href="tg://user?id={winner.telegram_id}">' in result.params["text"]
        assert (private.chat_id, private.method) == (winner.telegram_id, "sendMessage")
        assert "You won <b>Phone</b>" in private.params["text"]

    def test_who_did_not_win_hears_nothing(self, bot: Bot) -> None:
        lottery = make_lottery(bot)
        people = join(lottery, bot, 5)
        before = {message.pk for message in outgoing(bot)}
        finish(lottery)
        written_to = {one.chat_id for one in outgoing(bot) if one.pk not in before}
        assert len(written_to & {person.telegram_id for person in people}) == 1

    def test_winners_are_told_in_their_language(self, bot: Bot) -> None:
        lottery = make_lottery(bot)
        join(lottery, bot, 1, language_code="zh-CN")
        finish(lottery)
        assert "Phone" in sent(bot)[-1].params["text"]

    def test_who_cannot_be_written_to_is_named_in_the_chat(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat)
        Someone(bot, first_name="Shy").presses(Join(lottery.pk), chat=chat)
        finish(lottery)
        assert {message.chat_id for message in sent(bot)} == {chat.telegram_id}
        assert "Shy" in sent(bot)[-1].params["text"]

    def test_without_a_chat(self, bot: Bot) -> None:
        lottery = make_lottery(bot)
        [ada] = join(lottery, bot, 1)
        finish(lottery)
        assert sent(bot)[-1].chat_id == ada.telegram_id

    def test_a_post_that_is_gone(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat)
        with scope(bot.tenant_id):
            OutboxMessage.objects.filter(slot=lottery.card_slot).update(state="failed")
        finish(lottery)
        assert sent(bot, "editMessageText") == []
        assert "Nobody joined" in sent(bot)[-1].params["text"]

    def test_a_post_that_stands(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat)
        with scope(bot.tenant_id):
            OutboxMessage.objects.filter(slot=lottery.card_slot).update(state="sent")
            PostedMessage.objects.create(
                bot=bot, slot=lottery.card_slot, chat_id=chat.telegram_id, message_id=5
            )
        finish(lottery)
        assert len(sent(bot, "editMessageText")) == 1

    def test_a_chat_the_bot_was_removed_from(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat)
        [ada] = join(lottery, bot, 1)
        with scope(bot.tenant_id):
            Chat.objects.filter(pk=chat.pk).update(state=Chat.State.LEFT)
        before = len(outgoing(bot))
        finish(lottery)
        assert [message.chat_id for message in outgoing(bot)[before:]] == [ada.telegram_id]
        assert lottery.state == State.ANNOUNCED

    def test_many_winners_fit_telegrams_limits(self, bot: Bot) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(
            bot, chat=chat, title="奬" * 200, prizes=prizes(("🎁" * 60, 30), ("Pen", 60))
        )
        join(lottery, bot, 85, last_name="L" * 200)
        finish(lottery)
        results = [one.params["text"] for one in sent(bot) if one.chat_id == chat.telegram_id][1:]
        assert len(results) == 3
        for text in results:
            assert units(text) < 8192  # with its markup; the names alone are below 4,096
            assert text.count("<a ") <= 90
        assert sum(text.count("<a ") for text in results) == 85
