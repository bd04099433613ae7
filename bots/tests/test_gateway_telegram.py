"""The Bot API gateway, against the emulator over HTTP."""

from __future__ import annotations

import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from bots.gateways import library
from bots.gateways.errors import (
    Blocked,
    Busy,
    Conflict,
    Migrated,
    NotModified,
    Refused,
    Revoked,
    TelegramError,
    Unreachable,
)
from bots.gateways.telegram import connect
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

SECRET_PART = DEMO_TOKEN.partition(":")[2]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "prize.png"
    content = BytesIO()
    Image.new("RGB", (64, 64), "orange").save(content, "PNG")
    path.write_bytes(content.getvalue())
    return path


@pytest.fixture
def started(telegram: TelegramEmulator) -> TelegramEmulator:
    telegram.start(DEMO_BOT_ID, ALICE)
    return telegram


def failure(method: str = "sendMessage", **params: Any) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        connect(DEMO_TOKEN).call(method, {"chat_id": ALICE, "text": "hi", **params})
    assert SECRET_PART not in repr(caught.value) + str(caught.value)
    return caught.value


def test_tells_who_the_token_belongs_to(telegram: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN).me()
    assert (bot.id, bot.username, bot.name) == (DEMO_BOT_ID, "harbor_demo_bot", "Harbor Demo Bot")
    assert bot.can_join_groups


def test_sends_with_nested_objects(started: TelegramEmulator) -> None:
    keyboard = {"inline_keyboard": [[{"text": "加入", "callback_data": "lj:1"}]]}
    sent = connect(DEMO_TOKEN).call(
        "sendMessage", {"chat_id": ALICE, "text": "你好 👋", "reply_markup": keyboard}
    )
    shown = started.sent(ALICE)[-1]
    assert shown["text"] == "你好 👋"
    assert shown["reply_markup"] == keyboard
    assert sent["message_id"] == shown["message_id"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_uploads_a_photo_and_sends_it_again_by_id(
    started: TelegramEmulator, picture: Path, *, wrapped: bool
) -> None:
    bot = connect(DEMO_TOKEN)
    photo = {"media": str(picture)} if wrapped else picture
    sent = bot.call("sendPhoto", {"chat_id": ALICE, "photo": photo, "caption": "prize"})
    file_id = sent["photo"][-1]["file_id"]
    again = bot.call("sendPhoto", {"chat_id": ALICE, "photo": file_id})
    assert again["photo"][-1]["file_id"] == file_id


def test_uploads_a_file_inside_another_parameter(started: TelegramEmulator, picture: Path) -> None:
    bot = connect(DEMO_TOKEN)
    sent = bot.call("sendPhoto", {"chat_id": ALICE, "photo": picture})
    edited = bot.call(
        "editMessageMedia",
        {
            "chat_id": ALICE,
            "message_id": sent["message_id"],
            "media": {"type": "photo", "media": picture, "caption": "new"},
        },
    )
    assert edited["caption"] == "new"


def test_a_file_that_is_gone_is_refused_before_any_call(started: TelegramEmulator) -> None:
    error = failure("sendPhoto", photo={"media": "nowhere/prize.png"})
    assert isinstance(error, Refused)
    assert started.calls(method="sendPhoto") == []


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (401, "Unauthorized", Revoked),
        (404, "Not Found", Revoked),
        (403, "Forbidden: bot was blocked by the user", Blocked),
        (400, "Bad Request: chat not found", Refused),
        (400, "Bad Request: message is not modified: same", NotModified),
        (409, "Conflict: terminated by other getUpdates request", Conflict),
    ],
)
def test_refusals_keep_code_and_words(
    started: TelegramEmulator, status: int, description: str, kind: type[Refused]
) -> None:
    started.fault("status", status=status, description=description)
    error = failure()
    assert type(error) is kind
    assert isinstance(error, Refused)
    assert (error.code, error.description) == (status, description)


def test_an_unknown_method_is_no_revoked_token(telegram: TelegramEmulator) -> None:
    assert type(failure("sendNonsense")) is Refused


def test_a_wrong_token_is_revoked(telegram: TelegramEmulator) -> None:
    with pytest.raises(Revoked):
        connect("7100000001:AAwrongwrongwrongwrongwrongwrongwro").me()


def test_too_many_calls_tell_how_long_to_wait(started: TelegramEmulator) -> None:
    started.fault("status", status=429, retry_after=7)
    error = failure()
    assert isinstance(error, Busy)
    assert error.retry_after == 7.0


def test_a_group_that_migrated_tells_its_new_id(started: TelegramEmulator) -> None:
    started.fault(
        "status",
        status=400,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": -1001234567890},
    )
    error = failure()
    assert isinstance(error, Migrated)
    assert error.new_chat_id == -1001234567890


def test_an_edit_without_a_change_is_not_modified(started: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN)
    sent = bot.call("sendMessage", {"chat_id": ALICE, "text": "same"})
    error = failure("editMessageText", message_id=sent["message_id"], text="same")
    assert isinstance(error, NotModified)


@pytest.mark.parametrize("fault", ["drop", "lost_answer"])
def test_a_connection_that_breaks_leaves_it_unclear(started: TelegramEmulator, fault: str) -> None:
    started.fault(fault)
    error = failure()
    assert isinstance(error, Unreachable)
    assert error.unclear


def test_a_server_error_leaves_it_unclear(started: TelegramEmulator) -> None:
    started.fault("status", status=502)
    error = failure()
    assert isinstance(error, Unreachable)
    assert error.unclear


def test_no_answer_in_time_leaves_it_unclear(
    started: TelegramEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "READ", 0.05)
    started.fault("timeout")
    error = failure()
    assert isinstance(error, Unreachable)
    assert error.unclear


def test_a_closed_port_is_clear(telegram: TelegramEmulator, settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.TELEGRAM_API_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = failure()
    assert isinstance(error, Unreachable)
    assert not error.unclear


def test_webhook_is_set_shown_and_deleted(telegram: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN)
    bot.set_webhook(
        "https://example.com/hook/", secret="s3cret", allowed_updates=["message"], max_connections=7
    )
    info = bot.webhook_info()
    assert (info.url, info.pending, info.max_connections) == ("https://example.com/hook/", 0, 7)
    assert info.allowed_updates == ("message",)
    assert telegram.calls(method="setWebhook")[-1]["params"]["secret_token"] == "s3cret"
    bot.delete_webhook()
    assert bot.webhook_info().url == ""


def test_commands_are_set_and_removed(telegram: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN)
    bot.set_commands([("start", "开始")], language="zh", scope="all_private_chats")
    where = {"scope": {"type": "all_private_chats"}, "language_code": "zh"}
    assert bot.call("getMyCommands", where) == [{"command": "start", "description": "开始"}]
    bot.set_commands([], language="zh", scope="all_private_chats")
    assert bot.call("getMyCommands", where) == []


def test_updates_are_polled(telegram: TelegramEmulator) -> None:
    bot = connect(DEMO_TOKEN)
    telegram.say(DEMO_BOT_ID, ALICE, "hello")
    first = bot.updates(0, timeout=0, allowed_updates=["message"])
    assert [update["message"]["text"] for update in first] == ["hello"]
    assert bot.updates(first[-1]["update_id"] + 1, timeout=0, allowed_updates=["message"]) == []


def test_many_threads_share_one_loop(started: TelegramEmulator) -> None:
    before = {thread.name for thread in threading.enumerate()}

    def send(number: int) -> int:
        params = {"chat_id": ALICE, "text": str(number)}
        return int(connect(DEMO_TOKEN).call("sendMessage", params)["message_id"])

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(send, range(48)))
    assert len(set(ids)) == 48
    threads = [thread for thread in threading.enumerate() if thread.name == "telegram"]
    assert len(threads) == 1
    assert before - {"telegram"} <= {thread.name for thread in threading.enumerate()}


def test_a_stopped_gateway_opens_again(telegram: TelegramEmulator) -> None:
    assert connect(DEMO_TOKEN).me().id == DEMO_BOT_ID
    library.stop()
    assert connect(DEMO_TOKEN).me().id == DEMO_BOT_ID


def test_a_forked_child_makes_its_own_loop(telegram: TelegramEmulator) -> None:
    assert connect(DEMO_TOKEN).me().id == DEMO_BOT_ID
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:  # pragma: no cover - another process
        try:
            os.write(writer, str(connect(DEMO_TOKEN).me().id).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        assert answer.read() == str(DEMO_BOT_ID)
    os.waitpid(pid, 0)


def test_the_token_is_never_logged(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bot = connect(DEMO_TOKEN)
    bot.me()
    telegram.fault("status", status=500)
    with pytest.raises(Unreachable):
        bot.me()
    assert SECRET_PART not in caplog.text
    assert SECRET_PART not in repr(bot)
