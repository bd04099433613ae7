"""A product of several modules: each has a router, and the product's own includes them."""

from __future__ import annotations

import pytest

from bots.buttons import Button
from bots.incoming import Incoming
from bots.routing import Router, RoutingError


class Knock(Button, prefix="tk"):
    """A button of a part."""

    door: int


def answer(incoming: Incoming, *rest: object) -> None:
    """Answer nothing."""


def part() -> Router:
    router = Router()
    router.command("knock", "Knock")(answer)
    router.button(Knock)(answer)
    router.state("name")(answer)
    router.start("k_")(answer)
    router.private_text("knock knock")(answer)
    router.group_text(answer)
    router.member(answer)
    return router


def test_all_handlers_of_a_part_are_taken_over() -> None:
    whole = Router()
    whole.include(part())
    assert whole == part()


def test_two_parts_may_not_claim_the_same() -> None:
    whole = Router()
    whole.command("knock", "Knock, too")(answer)
    with pytest.raises(RoutingError):
        whole.include(part())
