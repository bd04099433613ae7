"""Asks which product is meant where several of a bot have the same command.

The question shows the command as it was typed, and the press reads it there: whoever presses runs
it as if he had typed it himself, with his own rights.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from bots import chatter, products
from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Press
from bots.raw import mapping, text
from bots.routing import Match, Pass, Route, Router, StaffOnly, may_reach, run

router = Router()
START = "start"
# Telegram's messages hold 4096; what is longer is no command that anybody types.
MAX_WORDS = 1000
BREAK = "\n\n"


class ChooseProduct(Button, prefix="b!which"):
    """Runs the command of the question for one product."""

    product: str


def choose(command: str, incoming: Incoming) -> None:
    """Run a command of several products, or words after /start: ask which, where several fit.

    Raises:
        StaffOnly: the person may use it with none of them.
    """
    routes = [route for route in _routes(incoming, command) if may_reach(route, incoming)]
    if len(routes) > 1:
        _ask(incoming, command, routes)
    elif routes:
        _run(incoming, command, routes[0])
    elif command == START:
        # an unknown deep link, or somebody who is not staff
        _main_menu(incoming)
    else:
        raise StaffOnly


def _routes(incoming: Incoming, command: str) -> tuple[Route, ...]:
    table = products.table(incoming.bot.products)
    if command == START:
        return tuple(table.start_words)
    route = table.commands.get(command)
    return route.options if route is not None else ()


def _run(incoming: Incoming, command: str, route: Route) -> None:
    words = (incoming.args,) if command == START else ()
    outcome = run(Match(route, words), incoming)
    if isinstance(outcome, Pass):
        (outcome.otherwise or (lambda: _main_menu(incoming)))()


def _main_menu(incoming: Incoming) -> None:
    run(Match(products.table(incoming.bot.products).commands[START]), incoming)


def _ask(incoming: Incoming, command: str, routes: list[Route]) -> None:
    if len(incoming.args) > MAX_WORDS:
        incoming.reply(_("That is too long. Say it in fewer words."))
        return
    known = products.installed()
    # where many read, the bot's own language
    language = translation.get_language() if incoming.chat.is_private else incoming.bot.language
    with translation.override(language):
        incoming.reply(
            format_html(
                "{}" + BREAK + "<code>{}</code>",
                _("Which one do you mean?"),
                f"/{command} {incoming.args}".strip(),
            ),
            keyboard=[
                [Press(known[route.product].title, ChooseProduct(route.product))]
                for route in routes
            ],
        )


@router.button(ChooseProduct)
def chosen(incoming: Incoming, button: ChooseProduct) -> None:
    message = mapping(incoming.raw.get("message") or {})
    said = text(message.get("text"), MAX_WORDS * 2).partition(BREAK)[2]
    command, _space, args = said.removeprefix("/").partition(" ")
    routes = _routes(incoming, command)
    route = next((one for one in routes if one.product == button.product), None)
    if route is None:
        # too old for Telegram to show us, or the product was switched off
        chatter.stale_button(incoming)
        return
    if not may_reach(route, incoming):
        raise StaffOnly
    incoming.text, incoming.args = said, args
    title = products.installed()[route.product].title
    incoming.edit(format_html("<code>{}</code> · {}", said, title), keyboard=[])
    _run(incoming, command, route)
