"""Updates that were put aside, run again: once, whole, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from bots import registry
from bots.dispatch import dispatch
from bots.incoming import Incoming
from bots.models import Bot, FailedUpdate, Person, Receipt
from bots.products import Product
from bots.registry import BotInfo
from bots.replay import replay
from bots.routing import Router
from bots.services import failures, receipts
from bots.testing import Reply, Someone, keys_of, make_bot, outgoing, post, products_for_test
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db(transaction=True)

State = FailedUpdate.State
router = Router()


class Switch:
    """Whether the toy works."""

    is_broken = True


@router.command("count", "Count")
def count(incoming: Incoming) -> None:
    """Have an effect that can be counted, then perhaps fail."""
    Person.objects.filter(pk=incoming.person.pk).update(username=f"{incoming.person.username}+")
    incoming.reply("counted")
    if Switch.is_broken:
        raise LookupError("the toy is broken")


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Switch, "is_broken", True)
    with products_for_test(Product("toy", "Toy", "For tests", router)):
        yield


@pytest.fixture
def bot(transactional_db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=("toy",))


def info(bot: Bot) -> BotInfo:
    found = registry.find(keys_of(bot).hook_token)
    assert found is not None
    return found


def parked(bot: Bot) -> tuple[dict[str, Any], FailedUpdate]:
    """Return an update that failed three times, and its row."""
    update = Someone(bot).message("/count")
    assert [post(bot, update).status for _ in range(3)] == [500, 500, 200]
    return update, stored(bot)


def stored(bot: Bot) -> FailedUpdate:
    with scope(bot.tenant):
        return FailedUpdate.objects.get()


def effects(bot: Bot) -> tuple[list[str], int]:
    """Return what became of people's names, and how many messages go out."""
    with scope(bot.tenant):
        names = list(Person.objects.values_list("username", flat=True))
    return names, len(outgoing(bot))


def receipt(bot: Bot) -> Receipt:
    with scope(bot.tenant):
        return Receipt.objects.get()


def test_a_replay_does_everything_once_and_repeats_do_nothing(bot: Bot) -> None:
    update, failed = parked(bot)
    assert receipt(bot).is_parked
    Switch.is_broken = False
    assert replay(failed)
    assert stored(bot).state == State.DONE
    assert not receipt(bot).is_parked
    assert effects(bot) == (["+"], 1)
    assert not replay(failed)
    assert post(bot, update).call is None
    assert dispatch(info(bot), update, response=False) == ""
    assert effects(bot) == (["+"], 1)


def test_a_replay_that_fails_leaves_the_update_parked(bot: Bot) -> None:
    update, failed = parked(bot)
    assert not replay(failed)
    again = stored(bot)
    assert (again.state, again.attempts) == (State.PARKED, 4)
    assert receipt(bot).is_parked
    assert effects(bot) == ([], 0)
    assert post(bot, update).status == 200
    assert effects(bot) == ([], 0)


def test_a_replay_that_dies_leaves_the_update_parked(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _update, failed = parked(bot)
    Switch.is_broken = False

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(receipts, "settle_parked", die)
        with pytest.raises(KeyboardInterrupt):
            replay(failed)
    assert stored(bot).state == State.PARKED
    assert receipt(bot).is_parked
    assert effects(bot) == ([], 0)
    assert replay(failed)
    assert effects(bot) == (["+"], 1)


def test_an_update_that_was_taken_meanwhile_is_not_parked(bot: Bot) -> None:
    """Two failures, then a repeat goes through while the third attempt still hangs."""
    update = Someone(bot).message("/count")
    assert [post(bot, update).status for _ in range(2)] == [500, 500]
    Switch.is_broken = False
    answer = post(bot, update)
    assert answer.text == "counted"
    assert failures.note(info(bot), update, TimeoutError("the third attempt"))
    assert stored(bot).state == State.DONE
    assert not receipt(bot).is_parked
    assert not replay(stored(bot))
    assert effects(bot) == (["+"], 0)
    assert post(bot, update) == answer


def test_an_attempt_that_fails_late_gives_the_answer_of_the_one_that_worked(bot: Bot) -> None:
    ada = Someone(bot)
    # known already: a first contact holds the person's row until the end
    ada.says("/help")
    update = ada.message("/count")
    assert post(bot, update).status == 500
    seen: list[Reply] = []

    def overtaken(incoming: Incoming) -> None:
        if not Switch.is_broken:
            count(incoming)
            return
        Switch.is_broken = False

        def repeat() -> None:
            seen.append(post(bot, update))
            connections.close_all()

        thread = threading.Thread(target=repeat)
        thread.start()
        thread.join()
        raise TimeoutError("too late")

    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one transaction write at a time: nobody can overtake")
    slow = Router()
    slow.command("count", "Count")(overtaken)
    with products_for_test(Product("toy", "Toy", "For tests", slow)):
        reply = post(bot, update)
    assert reply == seen[0]
    assert reply.text == "counted"
    assert effects(bot) == (["+"], 0)


def test_an_update_taken_although_parked_is_closed_without_effects(bot: Bot) -> None:
    _update, failed = parked(bot)
    with scope(bot.tenant):
        Receipt.objects.update(is_parked=False)
    Switch.is_broken = False
    assert replay(failed)
    assert stored(bot).state == State.DONE
    assert effects(bot) == ([], 0)


def test_a_replay_works_when_the_receipt_was_purged(bot: Bot) -> None:
    update, failed = parked(bot)
    with scope(bot.tenant):
        Receipt.objects.all().delete()
    Switch.is_broken = False
    assert replay(failed)
    assert post(bot, update).call is None
    assert effects(bot) == (["+"], 1)


def test_two_replays_at_once_are_one(bot: Bot) -> None:
    _update, failed = parked(bot)
    Switch.is_broken = False
    outcomes: list[bool] = []

    def run() -> None:
        outcomes.append(replay(failed))
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]
    assert effects(bot) == (["+"], 1)


def test_what_could_not_be_stored_cannot_be_replayed(bot: Bot) -> None:
    update = Someone(bot).message("/count")
    failures.note(info(bot), update, ValueError("x"), park_at=1, keep_update=False)
    Switch.is_broken = False
    assert not replay(stored(bot))
    assert stored(bot).state == State.PARKED


def test_a_suspended_tenants_update_waits(bot: Bot) -> None:
    _update, failed = parked(bot)
    Switch.is_broken = False
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert not replay(failed)
    assert stored(bot).state == State.PARKED
    assert effects(bot) == ([], 0)


def test_the_time_of_a_replay_is_kept(bot: Bot) -> None:
    _update, failed = parked(bot)
    with scope(bot.tenant):
        FailedUpdate.objects.update(last_at=timezone.now() - timedelta(days=1))
    Switch.is_broken = False
    replay(failed)
    assert stored(bot).last_at > timezone.now() - timedelta(minutes=1)
