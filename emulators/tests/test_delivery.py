"""Webhook delivery: secret, order, retries, expiry, answers."""

import threading
from typing import Any

import pytest
import telegram

from emulators.httpd import Server
from emulators.telegram.world import (
    ALICE,
    DEMO_BOT_ID,
    GROUP_ID,
    LIN,
    SPARE_BOT_ID,
    SPARE_TOKEN,
    WANG,
)
from emulators.tests.conftest import Hub, Receiver
from emulators.wsgi import DropConnection


def say(hub: Hub, text: str = "hi", person: int = ALICE, **more: Any) -> None:
    hub.emulator.say(DEMO_BOT_ID, person, text, **more)


def press(hub: Hub, person: int = ALICE) -> str:
    number = hub.emulator.messages(DEMO_BOT_ID, ALICE)[0]["message_id"]
    return hub.emulator.press(DEMO_BOT_ID, ALICE, number, "x") if person == ALICE else ""


def test_secret_header_and_body(hooked: Hub, receiver: Receiver) -> None:
    say(hooked, "hello")
    assert hooked.emulator.settle()
    (update,) = receiver.updates
    assert update["message"]["text"] == "hello"
    assert set(update) == {"update_id", "message"}
    environ = receiver.requests[0]
    assert environ["HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"] == "s3cret"
    assert environ["CONTENT_TYPE"] == "application/json"
    assert environ["PATH_INFO"] == "/hook/"
    parsed = telegram.Update.de_json(update, None)
    assert parsed.message is not None
    assert hooked.emulator.pending(DEMO_BOT_ID) == 0


def test_update_ids_rise_by_one_and_survive_a_new_token(hooked: Hub, receiver: Receiver) -> None:
    say(hooked)
    hooked.emulator.revoke(DEMO_BOT_ID)
    say(hooked)
    hooked.emulator.settle()
    assert receiver.ids[1] == receiver.ids[0] + 1


def test_ladder(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.extend([500] * 8)
    say(hooked)
    hooked.emulator.settle()
    assert len(receiver.ids) == 2  # the first retry comes at once
    for count, seconds in enumerate((2, 4, 8, 16, 32), start=3):
        hooked.clock.advance(seconds - 0.5)
        hooked.emulator.settle()
        assert len(receiver.ids) == count - 1
        hooked.clock.advance(0.5)
        hooked.emulator.settle()
        assert len(receiver.ids) == count
    hooked.clock.advance(59.9)
    hooked.emulator.settle()
    assert len(receiver.ids) == 7
    hooked.clock.advance(60.1)
    hooked.emulator.settle()
    assert len(receiver.ids) == 8
    hooked.clock.advance(120)
    hooked.emulator.settle()
    assert len(receiver.ids) == 9
    assert len(set(receiver.ids)) == 1
    assert hooked.emulator.pending(DEMO_BOT_ID) == 0
    attempts = hooked.emulator.deliveries(DEMO_BOT_ID)
    assert [a["attempt"] for a in attempts] == list(range(1, 10))
    assert [a["status"] for a in attempts] == [500] * 8 + [200]


def test_retry_after_replaces_the_delay(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.append((503, [("Retry-After", "5")]))
    say(hooked)
    hooked.emulator.settle()
    hooked.clock.advance(4.9)
    hooked.emulator.settle()
    assert len(receiver.ids) == 1
    hooked.clock.advance(0.1)
    hooked.emulator.settle()
    assert len(receiver.ids) == 2


def test_a_failing_update_blocks_only_its_lane(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.extend([(500, [("Retry-After", "5")])])
    say(hooked, "first")
    hooked.emulator.settle()
    say(hooked, "second")
    press(hooked)
    say(hooked, "in the group", WANG, chat_id=GROUP_ID)
    hooked.emulator.settle()
    kinds = [next(k for k in u if k != "update_id") for u in receiver.updates]
    assert sorted(kinds) == ["callback_query", "message", "message"]
    hooked.clock.advance(5)
    hooked.emulator.settle()
    texts = [u["message"]["text"] for u in receiver.updates if "message" in u]
    assert texts == ["first", "in the group", "first", "second"]


def test_order_inside_a_lane(hooked: Hub, receiver: Receiver) -> None:
    for number in range(50):
        say(hooked, f"{number}", WANG)
        say(hooked, f"{number}", LIN)
    hooked.emulator.settle()
    for person in (WANG, LIN):
        mine = [u["message"] for u in receiver.updates if u["message"]["from"]["id"] == person]
        assert [m["text"] for m in mine] == [str(number) for number in range(50)]


def test_a_press_and_a_text_travel_together(hooked: Hub, receiver: Receiver) -> None:
    receiver.gates["message"] = threading.Event()
    say(hooked)
    press(hooked)
    press(hooked)
    receiver.wait_for(3)
    assert receiver.running == 1  # the text still waits, both presses went through
    receiver.gates["message"].set()
    hooked.emulator.settle()


def test_max_connections(chatting: Hub, receiver: Receiver) -> None:
    receiver.gates["message"] = threading.Event()
    with Server(receiver.app) as server:
        url = f"{server.url}/x"
        chatting.run(lambda bot: bot.set_webhook(url, max_connections=3))
        people = [chatting.emulator.add_person(f"P{number}").id for number in range(10)]
        for person in people:
            say(chatting, "x", person)
        receiver.wait_for(3)
        assert receiver.running == 3
        receiver.gates["message"].set()
        chatting.emulator.settle()
        assert receiver.most == 3
        assert len(receiver.ids) == 11


def test_expiry(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.extend([(500, [("Retry-After", "3600")])] * 2)
    press(hooked)
    say(hooked)
    hooked.emulator.settle()
    assert hooked.emulator.pending(DEMO_BOT_ID) == 2
    hooked.clock.advance(151)
    assert hooked.emulator.pending(DEMO_BOT_ID) == 1
    hooked.clock.advance(3600)
    hooked.emulator.settle()
    kinds = [next(k for k in u if k != "update_id") for u in receiver.updates]
    assert sorted(kinds[:2]) == ["callback_query", "message"]
    assert kinds[2:] == ["message"]


def test_expiry_of_messages_after_a_day(chatting: Hub) -> None:
    assert chatting.emulator.pending(DEMO_BOT_ID) == 1
    chatting.clock.advance(24 * 3600)
    assert chatting.emulator.pending(DEMO_BOT_ID) == 0


def test_dropped_connection_is_repeated(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.append(DropConnection())
    say(hooked)
    hooked.emulator.settle()
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    info = hooked.run(lambda bot: bot.get_webhook_info())
    assert info.last_error_message == "Webhook connection closed"
    assert info.pending_update_count == 0


def test_silent_webhook_times_out(receiver: Receiver, hub: Hub) -> None:
    hub.emulator._deliverer._timeout = 0.05
    receiver.gates["message"] = threading.Event()
    with Server(receiver.app) as server:
        url = f"{server.url}/x"
        hub.run(lambda bot: bot.set_webhook(url))
        say(hub)
        receiver.wait_for(2)
        receiver.gates["message"].set()
        hub.emulator.settle()
    assert hub.emulator.deliveries()[0]["error"] == "Read timeout expired"


def test_nobody_listens_then_somebody_does(chatting: Hub, receiver: Receiver) -> None:
    server = Server(receiver.app)
    url = f"{server.url}/x"
    server.stop()
    chatting.run(lambda bot: bot.set_webhook(url))
    chatting.emulator.settle()
    info = chatting.run(lambda bot: bot.get_webhook_info())
    assert info.last_error_message == "Connection refused"
    assert info.pending_update_count == 1
    with Server(receiver.app, server.port):
        chatting.clock.advance(2)
        chatting.emulator.settle()
        assert len(receiver.ids) == 1


def test_server_restart_between_two_updates(hooked: Hub, receiver: Receiver) -> None:
    say(hooked)
    hooked.emulator.settle()
    webhook = hooked.emulator.bots[DEMO_BOT_ID].webhook
    assert webhook is not None
    with Server(receiver.app) as server:
        hooked.clock.advance(2)
        hooked.run(lambda bot: bot.set_webhook(f"{server.url}/new"))
        say(hooked)
        hooked.emulator.settle()
    assert [e["PATH_INFO"] for e in receiver.requests] == ["/hook/", "/new"]
    assert "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN" not in receiver.requests[1]


def test_reply_in_the_answer(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.append({"method": "sendMessage", "chat_id": ALICE, "text": "from the hook"})
    say(hooked)
    hooked.emulator.settle()
    assert [m["text"] for m in hooked.emulator.sent(ALICE)] == ["from the hook"]
    (call,) = [c for c in hooked.emulator.calls(DEMO_BOT_ID) if c["via"] == "webhook"]
    assert call["answer"]["ok"]


def test_toast_in_the_answer(hooked: Hub, receiver: Receiver) -> None:
    query_ids = [press(hooked)]
    hooked.emulator.settle()
    receiver.answers.append({"method": "answerCallbackQuery", "callback_query_id": query_ids[0]})
    press(hooked)
    hooked.emulator.settle()
    assert len(hooked.emulator.toasts()) == 1


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook", "getMe", "close", "logOut"])
def test_ignored_in_the_answer(hooked: Hub, receiver: Receiver, method: str) -> None:
    receiver.answers.append({"method": method, "url": ""})
    say(hooked)
    hooked.emulator.settle()
    (call,) = [c for c in hooked.emulator.calls(DEMO_BOT_ID) if c["via"] == "webhook"]
    assert call["answer"] is None
    assert hooked.emulator.bots[DEMO_BOT_ID].webhook is not None


def test_gone_for_23_hours_removes_the_webhook(hooked: Hub, receiver: Receiver) -> None:
    receiver.answers.extend([(410, [("Retry-After", "3600")])] * 30)
    say(hooked)
    for _ in range(23):
        hooked.emulator.settle()
        hooked.clock.advance(3600)
    hooked.emulator.settle()
    assert hooked.emulator.bots[DEMO_BOT_ID].webhook is None
    assert hooked.emulator.pending(DEMO_BOT_ID) == 1


def test_keep_alive_over_many_updates_of_two_bots(chatting: Hub, receiver: Receiver) -> None:
    chatting.emulator.start(SPARE_BOT_ID, ALICE)
    ports = set()

    def app(environ: Any, start: Any) -> Any:
        ports.add(id(environ["emulators.gone"].__self__._connection))
        return receiver.app(environ, start)

    with Server(app) as server:
        for token in (SPARE_TOKEN, chatting.emulator.bots[DEMO_BOT_ID].token):
            chatting.run(lambda bot: bot.set_webhook(server.url, max_connections=1), token)
        for _ in range(20):
            say(chatting)
            chatting.emulator.say(SPARE_BOT_ID, ALICE, "x")
        chatting.emulator.settle()
    assert len(receiver.ids) == 42
    assert len(ports) <= 2


def test_privacy_mode(hub: Hub, receiver: Receiver) -> None:
    hub.emulator.set_member(GROUP_ID, SPARE_BOT_ID, "member")
    texts = ("hello", "/go", "/go@harbor_spare_bot", "/go@harbor_demo_bot", "see /go")
    for text in texts:
        say(hub, text, WANG, chat_id=GROUP_ID)
    seen = hub.run(lambda bot: bot.get_updates(), SPARE_TOKEN)
    heard = [update.message.text for update in seen if update.message and update.message.text]
    assert heard == ["/go", "/go@harbor_spare_bot"]
    assert seen[0].my_chat_member is not None
    everything = hub.run(lambda bot: bot.get_updates())
    assert [u.message.text for u in everything if u.message and u.message.text] == list(texts)
