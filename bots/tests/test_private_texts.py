"""Free text in private chats: it reaches the product whose pattern it fits, and staff alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.incoming import Incoming
from bots.models import Bot, Person, StaffLink
from bots.products import Product
from bots.routing import Router
from bots.testing import Someone, delivered, make_bot, make_chat, outgoing, products_for_test
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope


def parrot(slug: str, pattern: str, *, staff: str | None = None) -> Product:
    """Return a product that answers texts of a pattern, and one question."""
    router = Router()

    @router.private_text(pattern, staff=staff)
    def answer(incoming: Incoming) -> None:
        incoming.reply(f"{slug} ({incoming.product}) heard {incoming.text}")

    @router.command(f"ask{slug}", "Ask")
    def ask(incoming: Incoming) -> None:
        incoming.ask("word", "A word?")

    @router.state("word")
    def take(incoming: Incoming) -> None:
        incoming.reply(f"the word is {incoming.text}")

    return Product(slug, slug, "For tests", router)


@pytest.fixture(autouse=True)
def products() -> Iterator[None]:
    found = [
        parrot("digits", r"[0-9]+"),
        parrot("words", r"[a-z0-9]+ please"),
        parrot("more", r"[0-9]+|order [0-9]+", staff="operator"),
    ]
    with products_for_test(*found):
        yield


@pytest.fixture
def bot(db: None) -> Bot:
    tenant = Tenant.objects.create(slug="acme", name="Acme")
    return make_bot(tenant, products=("digits", "more", "words"))


def test_a_text_reaches_the_product_whose_pattern_it_fits(bot: Bot) -> None:
    ada = Someone(bot)
    assert ada.says("42").text == "digits (digits) heard 42"
    assert ada.says("ABC Please").text == "words (words) heard ABC Please"


def test_a_text_that_fits_none_is_not_understood(bot: Bot) -> None:
    ada = Someone(bot)
    assert ada.says("42 euros").text.startswith("Sorry")
    assert ada.says("\n42").text.startswith("Sorry")


def test_the_answer_to_a_question_is_no_free_text(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/askdigits")
    assert ada.says("42").text == "the word is 42"
    assert ada.says("42").text == "digits (digits) heard 42"


def test_a_command_is_no_free_text(bot: Bot) -> None:
    assert Someone(bot).says("/42").text.startswith("Sorry")


def test_a_product_that_is_off_hears_nothing(bot: Bot) -> None:
    silent = make_bot(bot.tenant, products=("words",))
    assert Someone(silent).says("42").text.startswith("Sorry")


def test_a_group_hears_no_answer(bot: Bot) -> None:
    chat = make_chat(bot)
    assert Someone(bot).says("42", chat=chat).call is None
    assert outgoing(bot) == []


def test_a_text_for_staff_is_refused_to_strangers(bot: Bot) -> None:
    assert "team" in Someone(bot).says("order 7").text


@pytest.mark.parametrize(("role", "may"), [("operator", True), ("viewer", False)])
def test_a_text_for_staff_is_answered_by_role(bot: Bot, role: str, may: bool) -> None:  # noqa: FBT001
    bob = Someone(bot)
    bob.says("/start")
    delivered(bot)
    user = User.objects.create_user("bob@acme.example", "x" * 12)
    with scope(bot.tenant):
        member = Membership.objects.create(user=user, role=role)
        person = Person.objects.get(telegram_id=bob.telegram_id)
        StaffLink.objects.create(membership=member, person=person)
    assert (bob.says("order 7").text == "more (more) heard order 7") is may
