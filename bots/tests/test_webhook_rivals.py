"""An update whose transaction lost at the database: nothing of it stays, and Telegram repeats."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots.incoming import Incoming
from bots.models import Bot, FailedUpdate, Person, Receipt
from bots.products import Product
from bots.routing import Router
from bots.services import failures
from bots.testing import Someone, make_bot, outgoing, post, products_for_test
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import another_writer, lose

pytestmark = pytest.mark.django_db(transaction=True)
router = Router()


@router.command("rename", "Rename")
def rename(incoming: Incoming) -> None:
    Person.objects.filter(pk=incoming.person.pk).update(first_name="Changed")
    incoming.say(-1001, "renamed")
    if incoming.args not in finished:
        lose()


finished: set[str] = set()


@pytest.fixture(autouse=True)
def _product() -> Iterator[None]:
    finished.clear()
    with products_for_test(Product("toy", "Toy", "", router, menu_command="rename")):
        yield


def test_an_update_that_lost_comes_again_and_never_counts_as_failed(tenant: Tenant) -> None:
    bot = make_bot(tenant, products=("toy",))
    ada = Someone(bot)
    update = ada.message("/rename one")
    with another_writer():
        answers = [post(bot, update).status for _time in range(failures.PARK_AT + 1)]
    assert answers == [503] * 4
    assert left_of(bot) == (0, 0, False)
    assert outgoing(bot) == []
    finished.add("one")
    assert [post(bot, update).status for _time in range(2)] == [200, 200]
    assert left_of(bot) == (0, 1, True)
    assert [row.params["text"] for row in outgoing(bot)] == ["renamed"]


def left_of(bot: Bot) -> tuple[int, int, bool]:
    """Return how many updates failed and were taken, and whether somebody was renamed."""
    with scope(bot.tenant):
        is_renamed = Person.objects.filter(first_name="Changed").exists()
        return FailedUpdate.objects.count(), Receipt.objects.count(), is_renamed
