"""Which function answers an update: commands, typed buttons, states, deep links, texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from bots.buttons import Button

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from bots.incoming import Incoming


@dataclass(frozen=True, slots=True)
class Pass:
    """Returned by a handler of words that are not its product's: the next product is asked.

    It must not have said or written anything. Where nobody wants the words the first `otherwise`
    is called, and without any the bot says what it says to words that it does not understand.
    """

    otherwise: Callable[[], object] | None = None


PASS = Pass()
Handler = Callable[..., Pass | None]
F = TypeVar("F", bound=Handler)
B = TypeVar("B", bound=Button)


class RoutingError(TypeError):
    """Two handlers claim the same thing."""


class StaffOnly(Exception):
    """The person has not linked an account with the role that a handler asks for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One handler: what it is registered under and who may reach it."""

    handler: Handler
    # the least role a linked member needs (tenants.Membership.Role); None: everybody
    staff: str | None = None
    description: _StrPromise | str = ""
    in_menu: bool = True
    button: type[Button] | None = None
    # the product whose router it is on; filled in by `bots.tables.Table`
    product: str = ""
    # of a command that several products have: their routes, of which the person chooses one
    options: tuple[Route, ...] = ()


@dataclass
class Router:
    """The handlers of one product; a module makes its own and decorates functions with it.

    A handler runs inside the update's transaction and the tenant's scope, in the person's
    language. It may read and write rows; it must not call the network.
    """

    commands: dict[str, Route] = field(default_factory=dict)
    buttons: dict[str, Route] = field(default_factory=dict)
    states: dict[str, Route] = field(default_factory=dict)
    starts: dict[str, Route] = field(default_factory=dict)
    words_after_start: list[Route] = field(default_factory=list)
    private_texts: list[tuple[re.Pattern[str], Route]] = field(default_factory=list)
    group_texts: list[Route] = field(default_factory=list)
    members: list[Route] = field(default_factory=list)

    def command(
        self,
        name: str,
        description: _StrPromise | str,
        *,
        staff: str | None = None,
        in_menu: bool = True,
    ) -> Callable[[F], F]:
        """Answer `/name`; `incoming.args` holds the text after it. Listed in Telegram's menu."""

        def register(handler: F) -> F:
            route = Route(handler, staff, description, in_menu)
            claim(self.commands, name, route)
            return handler

        return register

    def button(self, kind: type[Button], *, staff: str | None = None) -> Callable[[F], F]:
        """Answer presses of one kind of button: `handler(incoming, button)`."""

        def register(handler: F) -> F:
            claim(self.buttons, kind.prefix, Route(handler, staff, button=kind))
            return handler

        return register

    def state(self, name: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer the text that follows `incoming.ask("name", …)`, with `incoming.data`.

        The question is answered then: to ask it again the handler calls `incoming.ask` again.
        """

        def register(handler: F) -> F:
            claim(self.states, name, Route(handler, staff))
            return handler

        return register

    def start(self, prefix: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer the deep link `/start <prefix><rest>`: `handler(incoming, rest)`."""

        def register(handler: F) -> F:
            claim(self.starts, prefix, Route(handler, staff))
            return handler

        return register

    def start_words(self, *, staff: str) -> Callable[[F], F]:
        """Answer `/start <words>` of staff that is no deep link: `handler(incoming, words)`.

        Everybody else gets the main menu, as does staff where the handler returns `PASS`.
        """

        def register(handler: F) -> F:
            if self.words_after_start:
                raise RoutingError(f"{handler.__module__}: the words after /start are taken.")
            self.words_after_start.append(Route(handler, staff))
            return handler

        return register

    def private_text(self, pattern: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer a text of a private chat that is no command and no answer to a question of ours.

        The pattern must fit the whole text, whatever the case of its letters. Routes that fit are
        asked in the order of the products' slugs, until one does not return `PASS`; one for staff
        is not asked for anybody else. Anybody can write anything: keep patterns free of nested
        repetition.
        """

        def register(handler: F) -> F:
            compiled = re.compile(pattern, re.IGNORECASE)
            self.private_texts.append((compiled, Route(handler, staff)))
            return handler

        return register

    def group_text(self, handler: F) -> F:
        """See every text of groups; without such a handler group texts cost nothing."""
        self.group_texts.append(Route(handler))
        return handler

    def member(self, handler: F) -> F:
        """See who joins and leaves chats (`chat_member` updates; the bot must be admin there)."""
        self.members.append(Route(handler))
        return handler

    def include(self, part: Router) -> None:
        """Take over the handlers of another module's router, for a product of several modules.

        Raises:
            RoutingError: both claim the same thing.
        """
        for name in ("commands", "buttons", "states", "starts"):
            for key, route in getattr(part, name).items():
                claim(getattr(self, name), key, route)
        if self.words_after_start and part.words_after_start:
            raise RoutingError("Two parts claim the words after /start.")
        self.words_after_start += part.words_after_start
        self.private_texts += part.private_texts
        self.group_texts += part.group_texts
        self.members += part.members


def claim(table: dict[str, Route], key: str, route: Route) -> None:
    """Enter a route under a key. Raises RoutingError where it is taken."""
    if key in table:
        raise RoutingError(
            f"{route.handler.__module__}.{route.handler.__name__}: {key!r} is taken by "
            f"{table[key].handler.__module__}.{table[key].handler.__name__}."
        )
    table[key] = route


@dataclass(frozen=True, slots=True)
class Match:
    """The route of one update, with what was parsed to find it."""

    route: Route
    arguments: tuple[Any, ...] = ()


def may_reach(route: Route, incoming: Incoming) -> bool:
    """Tell whether a person has the role that a route asks for."""
    return route.staff is None or incoming.may(route.staff)


def run(match: Match, incoming: Incoming) -> Pass | None:
    """Run the matched handler if the person may reach it: the one way to any handler.

    Returns what the handler returned.

    Raises:
        StaffOnly: the route asks for a role that the person has not.
    """
    route = match.route
    if not may_reach(route, incoming):
        raise StaffOnly
    outer, incoming.product = incoming.product, route.product
    try:
        return route.handler(incoming, *match.arguments)
    finally:
        incoming.product = outer
