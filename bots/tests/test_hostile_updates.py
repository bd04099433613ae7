"""What nobody but Telegram could send, sent by somebody else: it must not stop a chat for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, DataError, OperationalError, connection

from bots import registry
from bots.buttons import BadButton, Button
from bots.dispatch import StoreAway, dispatch
from bots.models import Bot, FailedUpdate, Person, Receipt
from bots.registry import BotInfo
from bots.services import alarms, failures, receipts
from bots.testing import Someone, keys_of, make_bot, post
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db(transaction=True)

Json = dict[str, Any]


@pytest.fixture
def bot(transactional_db: None) -> Bot:
    return make_bot(Tenant.objects.create(slug="acme", name="Acme"), products=())


def failed(bot: Bot) -> list[FailedUpdate]:
    with scope(bot.tenant):
        return list(FailedUpdate.objects.all())


def info(bot: Bot) -> BotInfo:
    found = registry.find(keys_of(bot).hook_token)
    assert found is not None
    return found


def nested(depth: int) -> bytes:
    return b'{"update_id": 5, "x": ' + b'{"a": ' * depth + b"1" + b"}" * (depth + 1)


def change(update: Json, **values: Any) -> None:
    update["message"].update(values)


SENDER = {"is_bot": False, "first_name": "Ada"}
MESSAGES: dict[str, Callable[[Json], None]] = {
    "an id of letters": lambda one: change(one, **{"from": {**SENDER, "id": "abc"}}),
    "an id of nothing": lambda one: change(one, **{"from": {**SENDER, "id": None}}),
    "no id": lambda one: change(one, **{"from": SENDER}),
    "half an id": lambda one: change(one, **{"from": {**SENDER, "id": 1.5}}),
    "a true id": lambda one: change(one, **{"from": {**SENDER, "id": True}}),
    "an id of 0": lambda one: change(one, **{"from": {**SENDER, "id": 0}}),
    "a huge id": lambda one: change(one, **{"from": {**SENDER, "id": 2**70}}),
    "an id beyond BIGINT": lambda one: change(one, **{"from": {**SENDER, "id": 2**63}}),
    "a sender of text": lambda one: change(one, **{"from": "x"}),
    "a name of numbers": lambda one: change(one, **{"from": {"id": 7, "first_name": [1]}}),
    "no chat": lambda one: change(one, chat=None),
    "a chat of text": lambda one: change(one, chat="x"),
    "a chat without id": lambda one: change(one, chat={"type": "private"}),
    "a type of lists": lambda one: change(one, chat={"id": 7, "type": []}),
    "entities of numbers": lambda one: change(one, entities=[1]),
    "a message id of text": lambda one: change(one, message_id="x"),
    "a migration to text": lambda one: change(one, migrate_to_chat_id="x"),
    "a message of text": lambda one: one.update(message="x"),
    "a press of lists": lambda one: one.update(message=None, callback_query=[1]),
    "a press on a list": lambda one: one.update(
        message=None,
        callback_query={"id": "1", "from": {**SENDER, "id": 7}, "message": [1], "data": "x"},
    ),
    "a membership of text": lambda one: one.update(
        message=None,
        my_chat_member={
            "from": {**SENDER, "id": 7},
            "chat": {"id": -5, "type": "group"},
            "new_chat_member": "x",
        },
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_not_as_the_bot_api_says_is_parked_at_once(
    bot: Bot, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[FailedUpdate] = []
    monkeypatch.setattr(alarms, "update_parked", told.append)
    update = Someone(bot).message("hi")
    MESSAGES[name](update)
    assert [post(bot, update).status for _ in range(2)] == [200, 200]
    (one,) = failed(bot)
    assert one.state == FailedUpdate.State.PARKED
    assert told == [one]
    assert one.error.startswith("Malformed: ")
    with scope(bot.tenant):
        assert not Person.objects.exists()


def test_fields_of_null_are_no_texts(bot: Bot) -> None:
    update = Someone(bot).message("/start")
    update["message"]["from"]["first_name"] = None
    assert post(bot, update).status == 200
    with scope(bot.tenant):
        assert Person.objects.get().first_name == ""


def test_a_nul_is_taken_out(bot: Bot) -> None:
    update = Someone(bot, first_name="A\0da").message("/start \0")
    update["message"]["a\0b"] = ["\0"]
    assert "Hello Ada!" in post(bot, update).text
    with scope(bot.tenant):
        assert Person.objects.get().first_name == "Ada"
    assert failed(bot) == []


def test_a_backslash_before_u0000_stays(bot: Bot) -> None:
    assert "Hello A\\u0000!" in Someone(bot, first_name="A\\u0000").says("/start").text


@pytest.mark.parametrize("depth", [120, 990])
def test_what_is_nested_too_deep_is_refused(bot: Bot, depth: int) -> None:
    assert post(bot, nested(depth)).status == 400
    assert post(bot, nested(90)).status == 200
    assert failed(bot) == []


def test_many_small_objects_are_not_deep(bot: Bot) -> None:
    update = Someone(bot).message("hi")
    update["message"]["x"] = [{} for _ in range(500)]
    assert post(bot, update).status == 200


def test_a_lone_surrogate_is_not_json(bot: Bot) -> None:
    body = json.dumps(Someone(bot).message("hi")).replace('"hi"', '"\\ud800"').encode()
    assert post(bot, body).status == 400


def test_a_kind_that_is_too_long_is_cut(bot: Bot) -> None:
    message = Someone(bot).message("hi")["message"]
    update = {"a" * 50: 1, "message": {**message, "from": "x"}, "update_id": 6}
    assert post(bot, update).status == 200
    assert failed(bot)[0].kind == "a" * 40


def test_an_error_with_a_nul_can_be_noted(bot: Bot) -> None:
    update = Someone(bot).message("hi")
    assert not failures.note(info(bot), update, ValueError("a\0b \ud800"))
    assert failed(bot)[0].error == "ValueError: ab ?"


@pytest.mark.parametrize("error", [DataError("no NUL"), UnicodeError("\ud800"), RecursionError()])
def test_an_update_that_cannot_be_stored_is_parked_without_it(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    update = Someone(bot).message("hi")
    original = FailedUpdate.save

    def save(self: FailedUpdate, **how: Any) -> None:
        if self.update:
            raise error
        original(self, **how)

    def fail(*args: Any, **how: Any) -> None:
        raise LookupError("the handler is broken")

    monkeypatch.setattr(FailedUpdate, "save", save)
    monkeypatch.setattr("bots.chatter.unknown", fail)
    assert [post(bot, update).status for _ in range(4)] == [500, 500, 200, 200]
    (one,) = failed(bot)
    assert (one.state, one.kind, one.update) == (FailedUpdate.State.PARKED, "message", {})
    assert "the handler is broken" in one.error


def test_an_alarm_that_fails_does_not_undo_the_parking(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(one: FailedUpdate) -> None:
        raise DatabaseError("no channel")

    monkeypatch.setattr(alarms, "update_parked", fail)
    update = Someone(bot).message("hi")
    update["message"]["from"] = "x"
    assert post(bot, update).status == 200
    assert failed(bot)[0].state == FailedUpdate.State.PARKED


# --- The store away


def broken(*args: Any, **how: Any) -> Any:
    raise OperationalError("connection refused")


def test_the_store_away_with_nothing_in_memory_is_503(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = Someone(bot)
    registry.clear()
    monkeypatch.setattr(registry, "_load", broken)
    assert someone.says("/start").status == 503


def test_the_store_away_at_a_repeat_is_503(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    # a bot without products has nothing to say to a migration: its answer is looked up
    update = Someone(bot).message("hi")
    update["message"]["migrate_to_chat_id"] = -1009
    assert post(bot, update).status == 200
    monkeypatch.setattr(receipts, "answer_of", broken)
    assert post(bot, update).status == 503


def test_an_answer_whose_receipt_is_gone_is_none(bot: Bot) -> None:
    found = info(bot)
    with scope(bot.tenant):
        assert receipts.answer_of(found, 1) == ""


def test_a_connection_that_broke_is_not_the_handlers_failure(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's database in memory is gone with its connection")
    someone = Someone(bot)
    someone.says("/start")

    def lose(*args: Any, **how: Any) -> None:
        connection.connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr("bots.chatter.unknown", lose)
        for _ in range(4):
            with pytest.raises(StoreAway):
                dispatch(info(bot), someone.message("hi"))
            connection.close()
    assert failed(bot) == []
    assert someone.says("hi").status == 200


class Cause(Exception):
    """psycopg's error, as far as it is looked at."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["08006", "57P01", "57P05", "40001", "53300", "25006"])
def test_what_a_second_try_mends_is_not_counted(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, sqlstate: str
) -> None:
    def fail(*args: Any, **how: Any) -> None:
        raise DatabaseError("passing") from Cause(sqlstate)

    monkeypatch.setattr("bots.chatter.unknown", fail)
    assert Someone(bot).says("hi").status == 503
    assert failed(bot) == []


def test_a_wrong_query_is_the_handlers_failure(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **how: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr("bots.chatter.unknown", fail)
    update = Someone(bot).message("hi")
    assert [post(bot, update).status for _ in range(3)] == [500, 500, 200]
    with scope(bot.tenant):
        assert Receipt.objects.get().is_parked


# --- Buttons


class Vote(Button, prefix="v"):
    """A button with a number and a word."""

    number: int
    word: str


@pytest.mark.parametrize(
    "data", ["v:1:a\0b", "v:+1:a", "v:１:a", "v: 1:a", "v:1_0:a", "v:1:\ud800"]
)
def test_only_what_was_packed_is_unpacked(data: str) -> None:
    with pytest.raises(BadButton):
        Vote.unpack(data)
    assert Vote.unpack(Vote(-12, "é").pack()) == Vote(-12, "é")


def test_a_nul_is_not_packed() -> None:
    with pytest.raises(ValueError, match="NUL"):
        Vote(1, "\0").pack()
