"""What Telegram gets for the updates it posts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bots import registry
from bots.buttons import Button
from bots.dispatch import dispatch
from bots.incoming import Incoming
from bots.models import (
    Bot,
    Conversation,
    FailedUpdate,
    OutboxMessage,
    Person,
    Receipt,
    StaffLink,
)
from bots.products import Product
from bots.replay import replay
from bots.routing import Router
from bots.testing import (
    Someone,
    keys_of,
    make_bot,
    make_chat,
    outgoing,
    post,
    products_for_test,
)
from tenants.models import Membership, Tenant, User
from tenants.scoping import scope


class Poke(Button, prefix="tp"):
    """A button of the toy product."""

    number: int


router = Router()


@router.command("poke", "Poke")
def poke(incoming: Incoming) -> None:
    incoming.reply(f"poked {incoming.args}".strip())


@router.command("twice", "Twice")
def twice(incoming: Incoming) -> None:
    incoming.reply("one")
    incoming.reply("two")


@router.command("fail", "Fail")
def fail(incoming: Incoming) -> None:
    incoming.reply("never")
    Person.objects.filter(pk=incoming.person.pk).update(first_name="Changed")
    if Switch.is_broken:
        raise LookupError("the toy is broken")


@router.command("name", "Name")
def ask_name(incoming: Incoming) -> None:
    incoming.ask("name", "Your name?", data={"why": "test"})


@router.state("name")
def take_name(incoming: Incoming) -> None:
    if incoming.text == "?":
        incoming.ask("name", "Your name, please?", data={"why": "again"})
        return
    incoming.reply(f"Hello {incoming.text}, because {incoming.data['why']}")


@router.command("staff", "Staff", staff="operator")
def staff_only(incoming: Incoming) -> None:
    incoming.reply("welcome, colleague")


@router.command("board", "Board")
def write_board(incoming: Incoming) -> None:
    incoming.say(-1001, "board", slot="toy:board")
    incoming.edit_posted("toy:board", -1001, incoming.args)
    incoming.edit_posted("toy:board", -1001, f"{incoming.args}!")


@router.start("toy_")
def deep(incoming: Incoming, rest: str) -> None:
    incoming.reply(f"deep {rest}")


@router.button(Poke)
def poked(incoming: Incoming, button: Poke) -> None:
    incoming.toast(f"number {button.number}")
    incoming.edit("edited")


class Switch:
    is_broken = True


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a toy product: routing is proved without any real one."""
    monkeypatch.setattr(Switch, "is_broken", True)
    with products_for_test(Product("toy", "Toy", "For tests", router, menu_command="poke")):
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


def test_a_disabled_bot_and_a_suspended_tenant_answer_200_and_do_nothing(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/poke")
    with scope(bot.tenant):
        Bot.objects.filter(pk=bot.pk).update(state=Bot.State.DISABLED, version=2)
    assert ada.says("/twice").status == 200
    with scope(bot.tenant):
        Bot.objects.filter(pk=bot.pk).update(state=Bot.State.ENABLED, version=3)
    ada.says("/poke")
    Tenant.objects.filter(pk=bot.tenant_id).update(state=Tenant.State.SUSPENDED)
    assert ada.says("/twice").status == 200
    assert outgoing(bot) == []


def test_a_question_is_answered_by_the_next_text(bot: Bot) -> None:
    ada = Someone(bot)
    assert ada.says("/name").text == "Your name?"
    assert Someone(bot).says("Bob").text.startswith("Sorry")
    assert ada.says("Ada 🦊").text == "Hello Ada 🦊, because test"
    assert ada.says("Ada").text.startswith("Sorry")


def test_an_expired_question_is_forgotten_with_a_word(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    with scope(bot.tenant):
        Conversation.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert "forgotten" in ada.says("Ada").text
    assert ada.says("Ada").text.startswith("Sorry")


def test_cancel_ends_a_dialogue(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    assert "start over" in ada.says("/cancel").text
    assert ada.says("Ada").text.startswith("Sorry")


def test_deep_links_reach_the_product(bot: Bot) -> None:
    assert Someone(bot).says("/start toy_42").text == "deep 42"
    assert "Hello Ada" in Someone(bot).says("/start other").text


def test_the_menu_shows_the_products_that_are_on(bot: Bot) -> None:
    call = Someone(bot).says("/start").call or {}
    assert call["reply_markup"]["inline_keyboard"] == [
        [{"text": "Toy", "callback_data": "b!open:toy"}]
    ]


def test_people_are_answered_in_their_language(bot: Bot) -> None:
    wong = Someone(bot, language_code="zh-hant")
    wong.says("/start")
    reply = wong.presses("b!lang:en")
    assert (reply.call or {})["method"] == "answerCallbackQuery"
    with scope(bot.tenant):
        assert Person.objects.get().language == "en"
    wong.says("/start")
    # the edit of the press waits in the outbox, so the next reply queues up behind it
    assert "Hello" in outgoing(bot)[-1].params["text"]


def test_staff_commands_are_refused_to_strangers(bot: Bot) -> None:
    assert "team" in Someone(bot).says("/staff").text


def test_names_are_kept_as_people_write_them(bot: Bot) -> None:
    Someone(bot, first_name="🦊<b>", last_name="\u202eevil").says("/start")
    with scope(bot.tenant):
        assert Person.objects.get().full_name == "🦊<b> \u202eevil"


def test_a_handler_that_raises_does_not_touch_another_bots_updates(tenant: Tenant) -> None:
    one, two = make_bot(tenant, products=("toy",)), make_bot(tenant, products=("toy",))
    update = Someone(one).message("/poke")
    assert post(one, update).text == "poked"
    assert post(two, update).text == "poked"
    with scope(tenant):
        assert Receipt.objects.count() == 2
        assert OutboxMessage.objects.count() == 0
    assert json.dumps(update)


def test_a_bot_answers_at_once_when_its_tenant_is_resumed(bot: Bot) -> None:
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert Someone(bot).says("/poke").call is None
    Tenant.objects.update(state=Tenant.State.ACTIVE)
    assert Someone(bot).says("/poke").text == "poked"


def test_an_unknown_address_is_looked_up_once_in_two_seconds(
    db: None, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.clear()
    assert registry.find("nobody") is None
    with django_assert_num_queries(0):
        assert registry.find("nobody") is None
    registry.forget("nobody")
    with django_assert_num_queries(1):
        registry.find("nobody")
    monkeypatch.setattr(registry, "UNKNOWN_CAPACITY", 3)
    for number in range(5):
        registry.find(f"nobody {number}")
    assert len(registry._unknown) == 3
    monkeypatch.setattr("bots.registry.time.monotonic", lambda: 1e12)
    with django_assert_num_queries(1):
        registry.find("nobody 4")


def test_a_bot_is_found_though_no_key_opens_its_token(bot: Bot) -> None:
    with scope(bot.tenant), connection.cursor() as cursor:
        cursor.execute("UPDATE bots_bot SET token = 'broken'")
    registry.clear()
    assert Someone(bot).says("/poke").text == "poked"


def test_the_menu_opens_no_staff_command_for_strangers(bot: Bot) -> None:
    with products_for_test(Product("toy", "Toy", "For tests", router, menu_command="staff")):
        assert "team" in Someone(bot).presses("b!open:toy").text
        assert outgoing(bot) == []


def make_staff(bot: Bot, someone: Someone) -> User:
    someone.says("/poke")
    user: User = User.objects.create_user("bob@acme.example", "x" * 12)
    with scope(bot.tenant):
        member = Membership.objects.create(user=user, role="operator")
        person = Person.objects.get(telegram_id=someone.telegram_id)
        StaffLink.objects.create(membership=member, person=person)
    return user


def test_a_member_is_staff_until_his_account_is_closed(bot: Bot) -> None:
    bob = Someone(bot)
    user = make_staff(bot, bob)
    assert bob.says("/staff").text == "welcome, colleague"
    assert "/staff" in bob.says("/help").text
    user.is_active = False
    user.save()
    assert "team" in bob.says("/staff").text
    assert "/staff" not in bob.says("/help").text


def test_a_question_is_closed_by_its_answer_and_stays_open_for_commands(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    ada.says("/poke")
    assert ada.says("Ada").text == "Hello Ada, because test"
    with scope(bot.tenant):
        assert not Conversation.objects.exists()


def test_a_question_can_be_asked_again(bot: Bot) -> None:
    ada = Someone(bot)
    ada.says("/name")
    assert ada.says("?").text == "Your name, please?"
    assert ada.says("Ada").text == "Hello Ada, because again"


def test_a_question_left_by_its_handler_in_the_menu_is_the_products_own(bot: Bot) -> None:
    with products_for_test(Product("toy", "Toy", "For tests", router, menu_command="name")):
        ada = Someone(bot)
        ada.presses("b!open:toy")
        with scope(bot.tenant):
            assert Conversation.objects.get().state == "toy:name"


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
