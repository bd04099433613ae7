"""Two products of one bot with the same commands: whoever types one is asked which is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bots import products
from bots.choosing import ChooseProduct
from bots.gateways.telegram import connect
from bots.models import Bot
from bots.products import Product
from bots.routing import Router, RoutingError
from bots.services import hooks
from bots.testing import (
    Someone,
    delivered,
    make_bot,
    make_chat,
    outgoing,
    post,
    products_for_test,
)
from bots.tests.pairs import guard, link
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pair() -> Iterator[None]:
    found = [
        guard("alpha", staff="viewer", known=("web-1", "web 2")),
        guard("beta", staff="operator", known=("web-1",)),
    ]
    with products_for_test(*found):
        yield


@pytest.fixture
def bot() -> Bot:
    tenant = Tenant.objects.create(slug="acme", name="Acme")
    return make_bot(tenant, products=("alpha", "beta"))


def staff(bot: Bot, role: str = "operator", name: str = "Bob") -> Someone:
    someone = Someone(bot, first_name=name)
    link(bot, someone, role)
    return someone


def answers(bot: Bot) -> list[str]:
    """Return what waits in the outbox, and let it be sent."""
    texts = [str(one.params.get("text", "")) for one in outgoing(bot) if one.state == "due"]
    delivered(bot)
    return texts


# --- Commands


@pytest.mark.parametrize("words", ["", "web-1", "a:b:c " * 30, "字" * 300, "<b>1</b> & 2"])
def test_the_chosen_product_gets_the_words_as_typed(bot: Bot, words: str) -> None:
    bob = staff(bot)
    asked = bob.says(f"/status {words}".strip()).call or {}
    labels = [key["text"] for row in asked["reply_markup"]["inline_keyboard"] for key in row]
    assert labels == ["Alpha", "Beta"]
    pressed = bob.presses_under(asked, "Beta")
    assert (pressed.call or {})["method"] == "answerCallbackQuery"
    closed, said = answers(bot)
    assert said == f"beta (beta) for Bob: {words}".strip()
    assert "Beta" in closed


def test_telegram_gives_the_words_back_as_they_were_typed(
    telegram: TelegramEmulator, bot: Bot
) -> None:
    telegram.start(DEMO_BOT_ID, ALICE)
    mine = make_bot(bot.tenant, products=("alpha", "beta"), token=DEMO_TOKEN)
    alice = Someone(mine, telegram_id=ALICE, first_name="Alice")
    link(mine, alice)
    asked = dict(alice.says("/status <b>web-1</b> & *2*").call or {})
    connect(DEMO_TOKEN).call(asked.pop("method"), asked)
    shown = telegram.messages(DEMO_BOT_ID, ALICE)[-1]
    data = shown["reply_markup"]["inline_keyboard"][1][0]["callback_data"]
    post(mine, alice.press(data, message_id=shown["message_id"], text=shown["text"]))
    assert answers(mine)[-1] == "beta (beta) for Alice: <b>web-1</b> & *2*"


def test_the_question_loses_its_buttons_once_it_is_answered(bot: Bot) -> None:
    bob = staff(bot)
    bob.presses_under(bob.says("/status").call or {}, "Alpha")
    edit = next(one for one in outgoing(bot) if one.method == "editMessageText")
    assert edit.params["reply_markup"] == {"inline_keyboard": []}


def test_a_product_that_the_person_may_not_use_is_not_offered(bot: Bot) -> None:
    assert staff(bot, "viewer", "Vera").says("/status").text == "alpha (alpha) for Vera:"


def test_a_stranger_is_refused_as_ever(bot: Bot) -> None:
    assert "team" in Someone(bot).says("/status").text


def test_a_command_that_is_open_to_all_is_not_hidden_by_one_for_staff() -> None:
    with products_for_test(guard("alpha", staff="admin"), guard("beta", staff=None)):
        bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=("alpha", "beta"))
        assert Someone(bot).says("/status").text == "beta (beta) for Ada:"
        menu = next(commands for _where, code, commands in hooks.menus(bot) if not code)
        assert ("status", "How beta stands") in menu


def test_in_a_group_it_runs_as_whoever_presses(bot: Bot) -> None:
    chat = make_chat(bot)
    bob, adam = staff(bot), staff(bot, "admin", "Adam")
    bob.says("/status now", chat=chat)
    asked = outgoing(bot)[-1]
    assert asked.chat_id == chat.telegram_id
    delivered(bot)
    vera = staff(bot, "viewer", "Vera")
    assert "team" in vera.presses_under(asked.params, "Beta", chat=chat).text
    assert answers(bot) == []
    adam.presses_under(asked.params, "Beta", chat=chat)
    assert answers(bot)[-1] == "beta (beta) for Adam: now"


@pytest.mark.parametrize("text", ["…", "Which?\n\n/none", "Which?\n\n/help", "\n\n/status x"])
def test_a_press_that_no_question_of_ours_explains_is_stale(bot: Bot, text: str) -> None:
    bob = staff(bot)
    product = "gamma" if "status" in text else "alpha"
    reply = post(bot, bob.press(ChooseProduct(product), text=text))
    assert "no longer in use" in reply.text
    assert answers(bot) == []


def test_words_without_end_are_not_asked_about(bot: Bot) -> None:
    assert "too long" in staff(bot).says("/status " + "x" * 1001).text


def test_a_bot_with_one_of_the_products_asks_nothing(bot: Bot) -> None:
    alone = make_bot(bot.tenant, products=("beta",))
    assert staff(alone).says("/status 1").text == "beta (beta) for Bob: 1"


def test_the_main_menu_opens_each_products_own(bot: Bot) -> None:
    bob = staff(bot)
    menu = (bob.says("/start").call or {})["reply_markup"]["inline_keyboard"]
    assert [key["text"] for [key] in menu] == ["Alpha", "Beta"]
    bob.presses("b!open:beta")
    assert answers(bot) == ["beta (beta) for Bob:"]


def test_help_lists_a_shared_command_once(bot: Bot) -> None:
    text = staff(bot).says("/help").text
    assert text.count("/status") == 1
    assert "How alpha stands / How beta stands" in text
    viewers = staff(bot, "viewer", "Vera").says("/help").text
    assert "How alpha stands" in viewers
    assert "How beta stands" not in viewers


# --- /start and words


def test_words_after_start_reach_the_product_for_staff_alone(bot: Bot) -> None:
    bob = staff(bot)
    assert "Hello Vera" in staff(bot, "viewer", "Vera").says("/start web 2").text
    assert "Hello Ada" in Someone(bot).says("/start web 2").text
    alone = make_bot(bot.tenant, products=("alpha",))
    assert staff(alone).says("/start web 2").text == "alpha starts web 2"
    bob.presses_under(bob.says("/start web 2").call or {}, "Alpha")
    assert answers(bot)[-1] == "alpha starts web 2"


def test_words_that_the_product_does_not_know_open_the_menu(bot: Bot) -> None:
    alone = make_bot(bot.tenant, products=("alpha",))
    assert "Hello Bob" in staff(alone).says("/start nothing").text


def test_start_alone_and_deep_links_are_never_shadowed(bot: Bot) -> None:
    bob = staff(bot)
    assert "Hello Bob" in bob.says("/start").text
    assert bob.says("/start alpha_web-1").text == "alpha link web-1"
    assert "not valid" in bob.says("/start link_web-1").text


# --- Free texts


def test_a_text_falls_through_to_the_product_that_knows_it() -> None:
    found = [guard("alpha"), guard("beta", known=("web-1",))]
    with products_for_test(*found):
        bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=("alpha", "beta"))
        ada = Someone(bot)
        assert ada.says("web-1").text == "beta knows web-1"
        # nobody's: the first who has something to say to that says it
        assert ada.says("web-9").text == "beta knows none"
        alone = make_bot(bot.tenant, products=("alpha",))
        assert Someone(alone).says("web-9").text.startswith("Sorry")


# --- What stays an error


def test_a_command_of_the_platform_is_no_products() -> None:
    router = Router()
    router.command("help", "Mine")(lambda incoming: None)
    toy = Product("toy", "Toy", "For tests", router)
    with products_for_test(toy), pytest.raises(RoutingError):
        products.table(("toy",))


def test_a_product_claims_the_words_after_start_once() -> None:
    router = Router()
    router.start_words(staff="operator")(lambda incoming, words: None)
    with pytest.raises(RoutingError):
        router.start_words(staff="operator")(lambda incoming, words: None)
    whole = Router()
    whole.include(router)
    with pytest.raises(RoutingError):
        whole.include(router)
