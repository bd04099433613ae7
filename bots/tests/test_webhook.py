"""What Telegram gets for the updates it posts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from bots import registry
from bots.dispatch import dispatch
from bots.models import Bot, FailedUpdate, OutboxMessage, Person, Receipt
from bots.replay import replay
from bots.testing import Someone, keys_of, make_bot, make_chat, outgoing, post
from bots.tests.toy import Poke, Switch, install
from tenants.models import Tenant
from tenants.scoping import scope


@pytest.fixture(autouse=True)
def toy() -> Iterator[None]:
    with install():
        yield


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant, products=("toy",))


def url(token: str) -> str:
    return f"/api/webhook/{token}/"


def test_an_unknown_address_is_404(db: None) -> None:
    assert Client().post(url("nobody"), b"{}", content_type="application/json").status_code == 404


def test_a_wrong_or_missing_secret_is_403_and_does_nothing(bot: Bot) -> None:
    someone = Someone(bot)
    assert post(bot, someone.message("/poke"), secret="wrong").status == 403
    assert Client().post(url(keys_of(bot).hook_token)).status_code == 403
    with scope(bot.tenant):
        assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"update_id": "7"}', 400),
        (b'{"update_id": true}', 400),
        (b'{"update_id": 99999999999999999999}', 400),
        (b'{"update_id": 1}', 200),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_is_no_update_is_refused(bot: Bot, body: bytes, status: int) -> None:
    assert post(bot, body).status == status


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_other_methods_are_405(bot: Bot, method: str) -> None:
    response = getattr(Client(), method)(url(keys_of(bot).hook_token))
    assert response.status_code == 405


def test_the_only_reply_travels_in_the_response(bot: Bot) -> None:
    ada = Someone(bot)
    reply = ada.says("/poke hard")
    assert reply.call == {"method": "sendMessage", "chat_id": ada.telegram_id, "text": "poked hard"}
    assert outgoing(bot) == []


def test_two_replies_keep_their_order_in_the_outbox(bot: Bot) -> None:
    assert Someone(bot).says("/twice").call is None
    assert [row.params["text"] for row in outgoing(bot)] == ["one", "two"]


def test_a_group_is_answered_through_the_outbox_which_keeps_its_limit(bot: Bot) -> None:
    group = make_chat(bot)
    reply = Someone(bot).says(f"/poke@{bot.username}", chat=group)
    assert reply.call is None
    assert [row.chat_id for row in outgoing(bot)] == [group.telegram_id]


def test_a_repeat_gets_the_same_answer_and_changes_nothing(bot: Bot) -> None:
    update = Someone(bot).message("/poke")
    first = post(bot, update)
    assert post(bot, update) == first
    update = Someone(bot).message("/twice")
    assert post(bot, update) == post(bot, update)
    assert len(outgoing(bot)) == 2


def test_a_press_is_answered_in_the_response_and_the_edit_is_queued(bot: Bot) -> None:
    reply = Someone(bot).presses(Poke(7), message_id=44)
    assert (reply.call or {})["method"] == "answerCallbackQuery"
    assert reply.text == "number 7"
    (edit,) = outgoing(bot)
    assert (edit.method, edit.params["message_id"]) == ("editMessageText", 44)


FORGED = ["", "zz:1", "tp", "tp:", "tp:x", "tp:1:2", "tp:" + "9" * 40, ":"]
# `int` reads all of these, and none of them was ever packed by us
ODD = ["tp:+5", "tp: 5", "tp:5 ", "tp:1_0", "tp:１２", "tp:٣", "tp:-0", "tp:007"]


@pytest.mark.parametrize("data", FORGED + ODD)
def test_a_forged_or_stale_button_gets_a_friendly_answer(bot: Bot, data: str) -> None:
    reply = Someone(bot).presses(data)
    assert (reply.call or {})["method"] == "answerCallbackQuery"
    assert "no longer in use" in reply.text


def test_commands_for_another_bot_are_not_ours(bot: Bot) -> None:
    assert Someone(bot).says("/poke@other_bot", chat=make_chat(bot)).call is None
    assert outgoing(bot) == []


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "poll", "message_reaction"])
def test_updates_that_nobody_wants_leave_no_row(bot: Bot, kind: str) -> None:
    assert post(bot, {"update_id": 5, kind: {"chat": {"id": 1, "type": "private"}}}).status == 200
    assert Someone(bot).says("just chatting", chat=make_chat(bot)).status == 200
    with scope(bot.tenant):
        assert not Receipt.objects.exists()
        assert not Person.objects.exists()


def test_a_failing_handler_is_500_twice_then_parked_and_nothing_of_it_stays(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/poke")
    update = ada.message("/fail")
    assert [post(bot, update).status for _ in range(4)] == [500, 500, 200, 200]
    assert outgoing(bot) == []
    with scope(bot.tenant):
        assert Person.objects.get().first_name == "Ada"
        failed = FailedUpdate.objects.get()
        assert (failed.state, failed.attempts) == (FailedUpdate.State.PARKED, 3)
        assert "the toy is broken" in failed.error
        assert failed.update == update


def test_a_parked_update_can_be_replayed_once(bot: Bot) -> None:
    update = Someone(bot).message("/fail")
    for _ in range(3):
        post(bot, update)
    with scope(bot.tenant):
        failed = FailedUpdate.objects.get()
    assert not replay(failed)
    Switch.is_broken = False
    assert replay(failed)
    assert not replay(failed)
    assert [row.params["text"] for row in outgoing(bot)] == ["never"]


def test_a_handler_that_raises_does_not_touch_another_bots_updates(tenant: Tenant) -> None:
    one, two = make_bot(tenant, products=("toy",)), make_bot(tenant, products=("toy",))
    update = Someone(one).message("/poke")
    assert post(one, update).text == "poked"
    assert post(two, update).text == "poked"
    with scope(tenant):
        assert Receipt.objects.count() == 2
        assert OutboxMessage.objects.count() == 0
    assert json.dumps(update)


def test_a_handler_posts_and_edits_in_the_same_settle(bot: Bot) -> None:
    Someone(bot).says("/board one")
    assert [(row.method, row.params["text"]) for row in outgoing(bot)] == [
        ("sendMessage", "board"),
        ("editMessageText", "one!"),
    ]
    Someone(bot).says("/board two")
    rows = outgoing(bot)
    assert [(row.method, row.params["text"]) for row in rows] == [
        ("sendMessage", "board"),
        ("sendMessage", "board"),
        ("editMessageText", "two!"),
    ]
    assert {(row.chat_id, row.slot, row.priority) for row in rows} == {(-1001, "toy:board", 5)}


def test_an_answer_that_webhook_could_not_carry_goes_out_by_polling_once(bot: Bot) -> None:
    update = Someone(bot).message("/poke")
    assert post(bot, update).text == "poked"
    info = registry.find(keys_of(bot).hook_token)
    assert info is not None
    for _ in range(2):
        assert dispatch(info, update, response=False) == ""
    assert [(row.method, row.params["text"]) for row in outgoing(bot)] == [("sendMessage", "poked")]
    assert outgoing(bot)[0].chat_id == update["message"]["chat"]["id"]
    assert post(bot, update).call is None
