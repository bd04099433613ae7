"""A toy product with a handler of each sort: routing is proved without any real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bots.buttons import Button
from bots.incoming import Incoming
from bots.models import Person
from bots.products import Product
from bots.routing import Router
from bots.testing import products_for_test


class Poke(Button, prefix="tp"):
    """A button of the toy product."""

    number: int


class Switch:
    """Whether the command `fail` raises; `install` sets it back."""

    is_broken = True


router = Router()


@router.command("poke", "Poke")
def poke(incoming: Incoming) -> None:
    incoming.reply(f"poked {incoming.args}".strip())


@router.command("twice", "Twice")
def twice(incoming: Incoming) -> None:
    incoming.reply("one")
    incoming.reply("two")


@router.command("fail", "Fail")
def fail(incoming: Incoming) -> None:
    incoming.reply("never")
    Person.objects.filter(pk=incoming.person.pk).update(first_name="Changed")
    if Switch.is_broken:
        raise LookupError("the toy is broken")


@router.command("name", "Name")
def ask_name(incoming: Incoming) -> None:
    incoming.ask("name", "Your name?", data={"why": "test"})


@router.state("name")
def take_name(incoming: Incoming) -> None:
    if incoming.text == "?":
        incoming.ask("name", "Your name, please?", data={"why": "again"})
        return
    incoming.reply(f"Hello {incoming.text}, because {incoming.data['why']}")


@router.command("staff", "Staff", staff="operator")
def staff_only(incoming: Incoming) -> None:
    incoming.reply("welcome, colleague")


@router.command("board", "Board")
def write_board(incoming: Incoming) -> None:
    incoming.say(-1001, "board", slot="toy:board")
    incoming.edit_posted("toy:board", -1001, incoming.args)
    incoming.edit_posted("toy:board", -1001, f"{incoming.args}!")


@router.start("toy_")
def deep(incoming: Incoming, rest: str) -> None:
    incoming.reply(f"deep {rest}")


@router.button(Poke)
def poked(incoming: Incoming, button: Poke) -> None:
    incoming.toast(f"number {button.number}")
    incoming.edit("edited")


def product(menu_command: str = "poke") -> Product:
    """Return the toy, opened from the menu by this command."""
    return Product("toy", "Toy", "For tests", router, menu_command=menu_command)


@contextmanager
def install() -> Iterator[None]:
    """Have the toy installed and no other product, with its switch at `broken`."""
    Switch.is_broken = True
    with products_for_test(product()):
        yield
