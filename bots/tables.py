"""The handlers of all products of a bot as one look-up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from django.utils.text import format_lazy

from bots.routing import Match, Route, Router, claim
from tenants.models import Membership

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Table:
    """All routers of one set of products as one look-up; built once and kept.

    `choose(command, incoming)` answers commands that several products have, and words after /start.
    """

    def __init__(
        self, routers: Iterable[tuple[str, Router]], choose: Callable[..., None] | None = None
    ) -> None:
        self.commands: dict[str, Route] = {}
        self.buttons: dict[str, Route] = {}
        self.states: dict[str, Route] = {}
        self.starts: dict[str, Route] = {}
        self.start_words: list[Route] = []
        self.private_texts: list[tuple[re.Pattern[str], Route]] = []
        self.group_texts: list[Route] = []
        self.members: list[Route] = []
        self._choose = choose
        for slug, router in routers:
            self._add(slug, router)

    def _add(self, slug: str, router: Router) -> None:
        for key, route in router.commands.items():
            self._share(key, replace(route, product=slug))
        for name in ("buttons", "starts"):
            for key, route in getattr(router, name).items():
                claim(getattr(self, name), key, replace(route, product=slug))
        # two products may both ask for an "address": a state's full name has the product
        for key, route in router.states.items():
            claim(self.states, f"{slug}:{key}", replace(route, product=slug))
        self.private_texts += [
            (pattern, replace(route, product=slug)) for pattern, route in router.private_texts
        ]
        self.start_words += [replace(route, product=slug) for route in router.words_after_start]
        self.group_texts += [replace(route, product=slug) for route in router.group_texts]
        self.members += [replace(route, product=slug) for route in router.members]

    def _share(self, name: str, route: Route) -> None:
        """Enter a command; one that several products have asks which of them is meant."""
        first = self.commands.get(name)
        # the platform's own are nobody else's
        if first is None or self._choose is None or first.product == "bots":
            claim(self.commands, name, route)
            return
        options = (*(first.options or (first,)), route)
        least = least_role(one.staff for one in options)
        self.commands[name] = Route(
            partial(self._choose, name),
            least,
            described([one for one in options if one.staff == least]),
            in_menu=any(one.in_menu for one in options),
            options=options,
        )

    def command_of(self, product: str, name: str) -> Route | None:
        """Return a product's own route of a command."""
        route = self.commands.get(name)
        if route is None:
            return None
        return next((one for one in route.options or (route,) if one.product == product), None)

    def start(self, payload: str) -> Match | None:
        """Return the route of what follows /start: a deep link, the longest prefix, or words."""
        for prefix in sorted(self.starts, key=len, reverse=True):
            if payload.startswith(prefix):
                return Match(self.starts[prefix], (payload[len(prefix) :],))
        if self.start_words and self._choose is not None:
            return Match(Route(partial(self._choose, "start")))
        return None

    def private_text(self, said: str) -> tuple[Route, ...]:
        """Return the routes whose patterns fit a private text."""
        return tuple(route for pattern, route in self.private_texts if pattern.fullmatch(said))


def least_role(roles: Iterable[str | None]) -> str | None:
    """Return the role that most people have of several; None: everybody."""
    found = list(roles)
    return None if None in found else max(map(str, found), key=list(Membership.Role.values).index)


def described(routes: Sequence[Route]) -> _StrPromise | str:
    """Return the descriptions of several routes of one command as one, each once."""
    texts = list(dict.fromkeys(route.description for route in routes))
    return texts[0] if len(texts) == 1 else format_lazy(" / ".join(["{}"] * len(texts)), *texts)
