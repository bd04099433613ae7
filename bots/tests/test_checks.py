"""What start-up checks say about products that Telegram or our own routing would not take."""

from __future__ import annotations

import pytest

from bots import checks, products
from bots.incoming import Incoming
from bots.products import Product
from bots.routing import Router
from bots.testing import products_for_test


def answer(incoming: Incoming, *rest: object) -> None:
    """Answer nothing."""


def found(router: Router, monkeypatch: pytest.MonkeyPatch, *, menu: str = "") -> list[str | None]:
    """Return what is reported about a product with this router."""
    with products_for_test(Product("toy", "Toy", "For tests", router, menu_command=menu)):
        # the app behind the toy: the mark on its config is not what is tested here
        config = type("Config", (), {"label": "toy", "bot_product": "toy"})()
        monkeypatch.setattr("bots.checks.apps.get_app_configs", lambda: [config])
        return [message.id for message in checks.products_are_sound(None)]


def with_command(name: str, *, staff: str | None = None) -> Router:
    router = Router()
    router.command(name, "Command", staff=staff)(answer)
    return router


@pytest.mark.parametrize("name", ["Poke", "po-ke", "", "a" * 33, "poké", "/poke", "poke\n"])
def test_a_command_that_telegram_would_refuse(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(with_command(name), monkeypatch) == ["bots.E004"]


@pytest.mark.parametrize("prefix", ["", "a b", "g:", "é", "a" * 64])
def test_a_deep_link_that_cannot_be_opened(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router()
    router.start(prefix)(answer)
    assert "bots.E005" in found(router, monkeypatch)


def test_deep_links_that_shadow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router()
    router.start("g_")(answer)
    router.start("g_x")(answer)
    assert found(router, monkeypatch) == ["bots.E006"]


def test_a_deep_link_that_shadows_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router()
    router.start("link_me")(answer)
    assert found(router, monkeypatch) == ["bots.E006"]


def test_a_menu_command_that_is_none_of_the_products(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(with_command("poke"), monkeypatch, menu="poke") == []
    assert found(with_command("poke"), monkeypatch, menu="pok") == ["bots.E007"]
    # a command of the platform is no entry of the product
    assert found(with_command("poke"), monkeypatch, menu="help") == ["bots.E007"]
    staff_only = with_command("poke", staff="operator")
    assert found(staff_only, monkeypatch, menu="poke") == []


def test_a_state_that_no_row_could_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    router = Router()
    router.state("a" * 61)(answer)
    assert found(router, monkeypatch) == ["bots.E008"]


def test_the_products_themselves_are_sound() -> None:
    assert products.installed()
    assert checks.products_are_sound(None) == []
