"""Which answer may travel in the webhook's response, and who is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.messages import Call
from bots.models import Bot, OutboxMessage, Person
from bots.services import outbox
from bots.testing import Someone, delivered, make_bot, outgoing
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=())


def announce(bot: Bot, chat_id: int, *, in_hours: float = 0) -> None:
    due_at = timezone.now() + timedelta(hours=in_hours)
    with scope(bot.tenant):
        outbox.write(bot, [Call("sendMessage", chat_id, {"text": "News"}, due_at=due_at)])


def test_an_answer_does_not_overtake_what_waits(bot: Bot) -> None:
    ada, bob = Someone(bot), Someone(bot)
    announce(bot, ada.telegram_id)
    assert bob.says("/privacy").text
    assert ada.says("/privacy").call is None
    assert [one.chat_id for one in outgoing(bot)] == [ada.telegram_id] * 2
    delivered(bot)
    assert ada.says("/privacy").text


def test_a_message_for_later_holds_no_answer_back(bot: Bot) -> None:
    ada = Someone(bot)
    announce(bot, ada.telegram_id, in_hours=1)
    assert ada.says("/privacy").text


def test_a_message_that_was_put_off_holds_answers_back(bot: Bot) -> None:
    ada = Someone(bot)
    announce(bot, ada.telegram_id, in_hours=1)
    with scope(bot.tenant):
        OutboxMessage.objects.update(is_put_off=True)
    assert ada.says("/privacy").call is None


def test_a_press_is_answered_at_once_all_the_same(bot: Bot) -> None:
    ada = Someone(bot)
    announce(bot, ada.telegram_id)
    assert (ada.presses("b!lang:en").call or {})["method"] == "answerCallbackQuery"


def test_people_are_kept_true(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/start")
    with scope(bot.tenant):
        first = Person.objects.get()
        Person.objects.update(blocked_at=timezone.now(), language="zh-hans")
    ada.first_name, ada.username = "Augusta", "ada"
    ada.says("/start")
    with scope(bot.tenant):
        again = Person.objects.get()
    assert (again.pk, again.created_at) == (first.pk, first.created_at)
    assert (again.first_name, again.username, again.language) == ("Augusta", "ada", "zh-hans")
    assert (again.has_started, again.blocked_at) == (True, None)
