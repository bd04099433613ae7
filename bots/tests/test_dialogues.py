"""A question to a person: answered by the next text, asked again, cancelled, forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.models import Bot, Conversation
from bots.testing import Someone, make_bot, products_for_test
from bots.tests.toy import install, product
from tenants.models import Tenant
from tenants.scoping import scope


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    with install():
        yield


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant, products=("toy",))


def test_a_question_is_answered_by_the_next_text(bot: Bot) -> None:
    ada = Someone(bot)
    assert ada.says("/name").text == "Your name?"
    assert Someone(bot).says("Bob").text.startswith("Sorry")
    assert ada.says("Ada 🦊").text == "Hello Ada 🦊, because test"
    assert ada.says("Ada").text.startswith("Sorry")


def test_an_expired_question_is_forgotten_with_a_word(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    with scope(bot.tenant):
        Conversation.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert "forgotten" in ada.says("Ada").text
    assert ada.says("Ada").text.startswith("Sorry")


def test_cancel_ends_a_dialogue(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    assert "start over" in ada.says("/cancel").text
    assert ada.says("Ada").text.startswith("Sorry")


def test_a_question_is_closed_by_its_answer_and_stays_open_for_commands(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    ada.says("/poke")
    assert ada.says("Ada").text == "Hello Ada, because test"
    with scope(bot.tenant):
        assert not Conversation.objects.exists()


def test_a_question_can_be_asked_again(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    assert ada.says("?").text == "Your name, please?"
    assert ada.says("Ada").text == "Hello Ada, because again"


def test_a_question_left_by_its_handler_in_the_menu_is_the_products_own(bot: Bot) -> None:
    with products_for_test(product("name")):
        ada = Someone(bot)
        ada.presses("b!open:toy")
        with scope(bot.tenant):
            assert Conversation.objects.get().state == "toy:name"
