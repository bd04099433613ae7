"""How people find their way: the menu, links, their language, and what only staff may do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.models import Bot, Person, StaffLink
from bots.testing import Someone, make_bot, outgoing, products_for_test
from bots.tests.toy import install, product
from tenants.models import Membership, Tenant, User
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


def test_the_menu_shows_the_products_that_are_on(bot: Bot) -> None:
    call = Someone(bot).says("/start").call or {}
    assert call["reply_markup"]["inline_keyboard"] == [
        [{"text": "Toy", "callback_data": "b!open:toy"}]
    ]


def test_the_menu_shows_what_is_for_staff_to_staff_only(bot: Bot) -> None:
    ada, bob = Someone(bot), Someone(bot)
    make_staff(bot, bob)
    with products_for_test(product("staff")):
        assert (ada.says("/start").call or {})["reply_markup"] == {"inline_keyboard": []}
        call = bob.says("/start").call or {}
        assert [key["text"] for [key] in call["reply_markup"]["inline_keyboard"]] == ["Toy"]


def test_deep_links_reach_the_product(bot: Bot) -> None:
    assert Someone(bot).says("/start toy_42").text == "deep 42"
    assert "Hello Ada" in Someone(bot).says("/start other").text


def test_people_are_answered_in_their_language(bot: Bot) -> None:
    wong = Someone(bot, language_code="zh-hant")
    wong.says("/start")
    reply = wong.presses("b!lang:en")
    assert (reply.call or {})["method"] == "answerCallbackQuery"
    with scope(bot.tenant):
        assert Person.objects.get().language == "en"
    wong.says("/start")
    # the edit of the press waits in the outbox, so the next reply queues up behind it
    assert "Hello" in outgoing(bot)[-1].params["text"]


def test_names_are_kept_as_people_write_them(bot: Bot) -> None:
    Someone(bot, first_name="🦊<b>", last_name="\u202eevil").says("/start")
    with scope(bot.tenant):
        assert Person.objects.get().full_name == "🦊<b> \u202eevil"


# --- Staff


def test_staff_commands_are_refused_to_strangers(bot: Bot) -> None:
    assert "team" in Someone(bot).says("/staff").text


def test_the_menu_opens_no_staff_command_for_strangers(bot: Bot) -> None:
    with products_for_test(product("staff")):
        assert "team" in Someone(bot).presses("b!open:toy").text
        assert outgoing(bot) == []


def make_staff(bot: Bot, someone: Someone) -> User:
    someone.says("/poke")
    user: User = User.objects.create_user("bob@acme.example", "x" * 12)
    with scope(bot.tenant):
        member = Membership.objects.create(user=user, role="operator")
        person = Person.objects.get(telegram_id=someone.telegram_id)
        StaffLink.objects.create(membership=member, person=person)
    return user


def test_a_member_is_staff_until_his_account_is_closed(bot: Bot) -> None:
    bob = Someone(bot)
    user = make_staff(bot, bob)
    assert bob.says("/staff").text == "welcome, colleague"
    assert "/staff" in bob.says("/help").text
    user.is_active = False
    user.save()
    assert "team" in bob.says("/staff").text
    assert "/staff" not in bob.says("/help").text
