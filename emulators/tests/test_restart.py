"""Nothing is lost over a restart, and the process behaves."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from emulators.clock import ManualClock
from emulators.serve import Server, build
from emulators.telegram import TelegramEmulator
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, LIN
from emulators.tests.conftest import Hub, Receiver
from emulators.tests.test_send import PNG, send


def test_the_world_is_kept(tmp_path: Path, clock: ManualClock) -> None:
    first = TelegramEmulator(tmp_path, clock)
    chat = first.add_chat("Kept", "supergroup", [ALICE], [DEMO_BOT_ID], "administrator")
    person = first.add_person("Kept", id=12345)
    token = first.revoke(DEMO_BOT_ID)
    first.close()
    second = TelegramEmulator(tmp_path, clock)
    assert second.people[12345] == person
    assert second.chats[chat.id].members == chat.members
    assert second.bots[DEMO_BOT_ID].token == token
    assert second.bots[DEMO_BOT_ID].old_tokens == [DEMO_TOKEN]
    second.reset()
    second.close()
    with TelegramEmulator(tmp_path, clock) as third:
        assert 12345 not in third.people
        assert third.bots[DEMO_BOT_ID].token == DEMO_TOKEN


def test_chats_are_kept(tmp_path: Path, clock: ManualClock) -> None:
    first = TelegramEmulator(tmp_path, clock)
    first.start(DEMO_BOT_ID, ALICE)
    with Server(first.app) as server:
        hub = Hub(first, clock, server.url)
        message = hub.run(lambda bot: bot.send_photo(ALICE, PNG, caption="kept"))
        hub.run(lambda bot: bot.set_my_commands([("go", "Go")]))
        query = first.press(DEMO_BOT_ID, ALICE, message.message_id, "x")
    events = first.state.events.seq
    first.close()
    second = TelegramEmulator(tmp_path, clock)
    with Server(second.app) as server:
        hub = Hub(second, clock, server.url)
        assert hub.run(lambda bot: bot.answer_callback_query(query))
        assert [c.command for c in hub.run(lambda bot: bot.get_my_commands())] == ["go"]
        file = hub.run(lambda bot: bot.get_file(message.photo[-1].file_id))
        assert httpx.get(file.file_path or "").content == PNG
        assert hub.run(send("next")).message_id == message.message_id + 1
    shown = [m.get("text") or m.get("caption") for m in second.messages(DEMO_BOT_ID, ALICE)]
    assert shown == ["/start", "kept", "next"]
    assert second.state.events.seq > events
    second.close()


def test_queue_and_webhook_are_kept(tmp_path: Path, clock: ManualClock, receiver: Receiver) -> None:
    receiver.answers.extend([500, 500])
    with Server(receiver.app) as target:
        first = TelegramEmulator(tmp_path, clock)
        with Server(first.app) as server:
            hub = Hub(first, clock, server.url)
            hub.run(lambda bot: bot.set_webhook(target.url, secret_token="kept"))
        first.start(DEMO_BOT_ID, ALICE)
        first.settle()
        assert first.pending(DEMO_BOT_ID) == 1
        first.close()
        with TelegramEmulator(tmp_path, clock) as second:
            second.settle()
            assert second.pending(DEMO_BOT_ID) == 0
            second.say(DEMO_BOT_ID, ALICE, "next")
            second.settle()
    assert receiver.ids == [1, 1, 1, 2]
    assert receiver.requests[2]["HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"] == "kept"


def start(directory: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "emulators", "--port", "0", "--data-dir", str(directory)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Emulators are ready at http://127.0.0.1:")
    return process, line.split()[-1]


def test_the_process(tmp_path: Path) -> None:
    for number, stop in enumerate((signal.SIGTERM, signal.SIGINT), start=1):
        process, url = start(tmp_path)
        values = {"first_name": f"Person {number}"}
        assert httpx.post(f"{url}/telegram/control/people", json=values).status_code == 201
        people = httpx.get(f"{url}/telegram/control/people").json()["people"]
        assert len(people) == 5 + number
        assert httpx.get(f"{url}/health").json() == {"status": "ok"}
        process.send_signal(stop)
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output) == (0, "")


def test_prefixes() -> None:
    app = build()
    with Server(app) as server:
        assert httpx.get(f"{server.url}/telegram/bot{DEMO_TOKEN}/getMe").json()["ok"]
        assert httpx.get(f"{server.url}/telegram/control/people").json()["people"][2]["id"] == LIN
        assert httpx.get(f"{server.url}/feishu/control/messages").json() == {"messages": []}
        assert httpx.get(f"{server.url}/nothing").status_code == 404
        app.close()
