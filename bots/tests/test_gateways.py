"""What all gateways have in common, whichever service they speak to."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bots.gateways import feishu, library, mail, public_http, trust
from bots.gateways.courier import Letter
from bots.gateways.telegram import connect
from emulators.feishu import DEMO_KEY
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants import contention
from tenants.contention import Watch

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

LETTER = Letter("evt_1", "bot.broken", "It stopped", "", datetime(2026, 11, 21, tzinfo=UTC))
Calls = dict[str, Callable[[], object]]


@pytest.fixture
def calls(telegram: TelegramEmulator, settings: Any) -> Calls:
    """A call of each gateway that somebody else notices."""
    settings.EMULATORS = True
    settings.FEISHU_API_URL = settings.TELEGRAM_API_URL.replace("/telegram", "/feishu")
    telegram.start(DEMO_BOT_ID, ALICE)
    hello = {"chat_id": ALICE, "text": "hello"}
    return {
        "Telegram": lambda: connect(DEMO_TOKEN).call("sendMessage", hello),
        "Feishu": lambda: feishu.connect(DEMO_KEY).text("hello"),
        "a tenant's service": lambda: public_http.post(settings.FEISHU_API_URL, b"{}", {}),
        "a mailbox": lambda: mail.connect("ops@example.org").deliver(LETTER),
    }


def test_whom_we_trust_is_read_once_for_all(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted(*args: Any, **how: Any) -> ssl.SSLContext:
        read.append(create(*args, **how))
        return read[-1]

    # as in a process that has just begun
    library.stop()
    trust.context.cache_clear()
    monkeypatch.setattr(ssl, "create_default_context", counted)
    for call in [*calls.values(), *calls.values()]:
        call()
    assert read == [trust.context()]


def test_a_call_that_stays_is_noted_for_who_would_repeat_it(calls: Calls) -> None:
    for name, call in calls.items():
        watch = Watch()
        with contention.watched(watch):
            call()
        assert not watch.left_nothing, name
    asking = Watch()
    with contention.watched(asking):
        connect(DEMO_TOKEN).me()
        connect(DEMO_TOKEN).webhook_info()
    assert asking.left_nothing
