"""What one update may cost: messages to the database, commit included (DESIGN section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from bots import registry
from bots.models import Bot
from bots.testing import Someone, make_bot, outgoing, post
from tenants import batch
from tenants.models import Tenant
from tenants.testing import sent_messages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bot(transactional_db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=())


# PostgreSQL commits in the message that settles; SQLite, in the same process, in a call of its own
IN_ALL = 2 if connection.vendor == "postgresql" else 3
RoundTrips = Callable[[], Any]


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RoundTrips:
    """Return a context that collects the messages to the store."""
    if connection.vendor == "postgresql":
        return lambda: sent_messages(tmp_path)
    return lambda: calls_to_sqlite(monkeypatch)


@contextmanager
def calls_to_sqlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect calls of SQLite. It gets a batch's statements singly: they count as one."""
    calls: list[str] = []
    in_batch = False

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if not in_batch and not sql.startswith("BEGIN"):
            calls.append(sql)
        return execute(sql, *rest)

    def run(statements: Any, **options: Any) -> Any:
        nonlocal in_batch
        calls.append("; ".join(str(sql) for sql, _ in statements))
        in_batch = True
        try:
            return original(statements, **options)
        finally:
            in_batch = False

    original = batch.run
    with monkeypatch.context() as patch, connection.execute_wrapper(note):
        patch.setattr(batch, "run", run)
        wrapper: Any = type(connections["default"])
        patch.setattr(wrapper, "_commit", _counting(wrapper._commit, calls))
        yield calls


def _counting(commit: Any, calls: list[str]) -> Any:
    def counted(self: Any) -> Any:
        calls.append("COMMIT")
        return commit(self)

    return counted


def test_an_update_of_a_known_person_costs_two(bot: Bot, round_trips: RoundTrips) -> None:
    ada = Someone(bot)
    ada.says("/help")
    with round_trips() as sent:
        assert ada.says("/privacy").text
    assert len(sent) == IN_ALL, sent
    assert "COMMIT" in sent[-1]


def test_a_free_text_looks_for_a_dialogue_in_the_same_two(
    bot: Bot, round_trips: RoundTrips
) -> None:
    ada = Someone(bot)
    # a connection prepares the statement of texts at its first one
    ada.says("hello?")
    with round_trips() as sent:
        ada.says("what?")
    assert len(sent) == IN_ALL, sent


def test_a_first_contact_costs_one_more(bot: Bot, round_trips: RoundTrips) -> None:
    Someone(bot).says("/help")
    with round_trips() as sent:
        Someone(bot).says("/help")
    assert len(sent) == IN_ALL + 1, sent


def test_messages_for_later_cost_nothing_more(bot: Bot, round_trips: RoundTrips) -> None:
    ada = Someone(bot)
    ada.says("/help")
    with round_trips() as sent:
        ada.presses("b!lang:en")
    assert outgoing(bot)
    # the choice of a language is a row of its own
    assert len(sent) <= IN_ALL + 1, sent


def test_a_repeat_costs_one(bot: Bot, round_trips: RoundTrips) -> None:
    update = Someone(bot).message("/help")
    post(bot, update)
    with round_trips() as sent:
        post(bot, update)
    # on PostgreSQL beside the ROLLBACK, which ends the transaction behind the answer's back
    assert len([one for one in sent if "ROLLBACK" not in one]) == 1, sent


def test_an_unwanted_update_and_a_wrong_secret_cost_nothing(
    bot: Bot, round_trips: RoundTrips
) -> None:
    ada = Someone(bot)
    ada.says("/help")
    with round_trips() as sent:
        post(bot, {"update_id": 9, "edited_message": {"chat": {"id": 1}}})
        assert post(bot, ada.message("/help"), secret="wrong").status == 403
    assert sent == []


def test_a_process_looks_a_bot_up_once(bot: Bot, round_trips: RoundTrips) -> None:
    ada = Someone(bot)
    ada.says("/help")
    registry.clear()
    with round_trips() as sent:
        ada.says("/privacy")
        ada.says("/privacy")
    assert len(sent) == 1 + 2 * IN_ALL, sent
