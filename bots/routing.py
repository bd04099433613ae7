"""Which function answers an update: commands, typed buttons, states, deep links, texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from bots.buttons import Button

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from bots.incoming import Incoming

Handler = Callable[..., None]
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
    # the product whose router it is on; filled in by `Table`
    product: str = ""


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
            _claim(self.commands, name, route)
            return handler

        return register

    def button(self, kind: type[Button], *, staff: str | None = None) -> Callable[[F], F]:
        """Answer presses of one kind of button: `handler(incoming, button)`."""

        def register(handler: F) -> F:
            _claim(self.buttons, kind.prefix, Route(handler, staff, button=kind))
            return handler

        return register

    def state(self, name: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer the text that follows `incoming.ask("name", …)`, with `incoming.data`.

        The question is answered then: to ask it again the handler calls `incoming.ask` again.
        """

        def register(handler: F) -> F:
            _claim(self.states, name, Route(handler, staff))
            return handler

        return register

    def start(self, prefix: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer the deep link `/start <prefix><rest>`: `handler(incoming, rest)`."""

        def register(handler: F) -> F:
            _claim(self.starts, prefix, Route(handler, staff))
            return handler

        return register

    def private_text(self, pattern: str, *, staff: str | None = None) -> Callable[[F], F]:
        """Answer a text of a private chat that is no command and no answer to a question of ours.

        The pattern must fit the whole text, whatever the case of its letters; of several routes
        that fit the first wins, in the order of the products' slugs. Anybody can write anything:
        keep patterns free of nested repetition.
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
                _claim(getattr(self, name), key, route)
        self.private_texts += part.private_texts
        self.group_texts += part.group_texts
        self.members += part.members


def _claim(table: dict[str, Route], key: str, route: Route) -> None:
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


class Table:
    """All routers of one set of products as one look-up; built once and kept."""

    def __init__(self, routers: Iterable[tuple[str, Router]]) -> None:
        self.commands: dict[str, Route] = {}
        self.buttons: dict[str, Route] = {}
        self.states: dict[str, Route] = {}
        self.starts: dict[str, Route] = {}
        self.private_texts: list[tuple[re.Pattern[str], Route]] = []
        self.group_texts: list[Route] = []
        self.members: list[Route] = []
        for slug, router in routers:
            for name in ("commands", "buttons", "starts"):
                for key, route in getattr(router, name).items():
                    _claim(getattr(self, name), key, replace(route, product=slug))
            # two products may both ask for an "address": a state's full name has the product
            for key, route in router.states.items():
                _claim(self.states, f"{slug}:{key}", replace(route, product=slug))
            self.private_texts += [
                (pattern, replace(route, product=slug)) for pattern, route in router.private_texts
            ]
            self.group_texts += [replace(route, product=slug) for route in router.group_texts]
            self.members += [replace(route, product=slug) for route in router.members]

    def start(self, payload: str) -> Match | None:
        """Return the route of a deep link's payload; the longest prefix wins."""
        for prefix in sorted(self.starts, key=len, reverse=True):
            if payload.startswith(prefix):
                return Match(self.starts[prefix], (payload[len(prefix) :],))
        return None

    def private_text(self, said: str) -> Match | None:
        """Return the first route whose pattern fits a private text."""
        for pattern, route in self.private_texts:
            if pattern.fullmatch(said):
                return Match(route)
        return None


def run(match: Match, incoming: Incoming) -> None:
    """Run the matched handler if the person may reach it: the one way to any handler.

    Raises:
        StaffOnly: the route asks for a role that the person has not.
    """
    route = match.route
    if route.staff is not None and not incoming.may(route.staff):
        raise StaffOnly
    outer, incoming.product = incoming.product, route.product
    try:
        route.handler(incoming, *match.arguments)
    finally:
        incoming.product = outer
