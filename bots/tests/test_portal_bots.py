"""Home, the list of bots and connecting one, as members of each role see them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import (
    Bot,
    DayCount,
    FailedUpdate,
    OutboxMessage,
    Person,
    Receipt,
)
from bots.services import reasons
from bots.testing import make_bot
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

Login = Callable[[str], Client]
SECRET_PART = DEMO_TOKEN.partition(":")[2]
HOME, LIST, CONNECT = "/t/acme/", "/t/acme/bots/", "/t/acme/bots/connect/"


def path(bot: Bot, rest: str = "") -> str:
    return f"{LIST}{bot.public_id}/{rest}"


def text(answer: Any) -> str:
    """Return what stands on a page, without its tags."""
    page = answer.content.decode()
    # a token that was not taken stays in its field, to be mended or sent again
    assert SECRET_PART not in re.sub(r'<input[^>]*name="token"[^>]*>', "", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def press(client: Client, bot: Bot, rest: str, **data: Any) -> str:
    return text(client.post(path(bot, rest), data, follow=True))


def stored(bot: Bot) -> Bot:
    with scope(bot.tenant_id, transaction=False):
        fresh: Bot = Bot.objects.get(pk=bot.pk)
    return fresh


def park(bot: Bot, **fields: Any) -> FailedUpdate:
    update = {
        "update_id": 77,
        "message": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": ALICE, "type": "private"},
            "from": {"id": ALICE, "is_bot": False, "first_name": "Alice"},
            "text": "/help",
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        },
    }
    with scope(bot.tenant_id):
        failed: FailedUpdate = FailedUpdate.objects.create(
            bot=bot, update_id=77, kind="message", update=update, attempts=3,
            error="LookupError: no such <prize>", traceback="Traceback …", state="parked",
            last_at=timezone.now(), **fields,
        )  # fmt: skip
    return failed


# --- Home


def test_an_empty_home_tells_the_three_steps(acme: Tenant, login: Login) -> None:
    page = text(login("alice").get(HOME))
    assert "BotFather" in page
    assert "Connect your first bot" in page
    assert "Connect your first bot" not in text(login("vera").get(HOME))


def test_home_shows_what_matters(online: Bot, acme: Tenant, login: Login) -> None:
    now = timezone.now()
    with scope(acme):
        for number in range(3):
            Receipt.objects.create(
                bot_id=online.pk, update_id=number, received_at=now, answer="{}" if number else ""
            )
        OutboxMessage.objects.create(
            bot=online, chat_id=1, method="sendMessage", params={}, due_at=now, created_at=now
        )
        DayCount.objects.create(bot=online, day=now.date(), updates=41, calls=42)
    park(online)
    answer = login("vera").get(HOME)
    shown = answer.context
    assert shown["states"]["enabled"] == 1
    assert (shown["recent"].updates_today, shown["recent"].waiting, shown["parked"]) == (3, 1, 1)
    assert shown["recent"].series.calls[-1] == 2
    assert (shown["days_chart"]["series"][0]["data"][-1]) == 41
    assert "Harbor Demo Bot" in text(answer)


def test_home_says_which_bot_needs_attention(online: Bot, acme: Tenant, login: Login) -> None:
    with scope(acme):
        Bot.objects.update(state="broken", state_reason=reasons.REVOKED)
    assert "does not accept the token" in text(login("vera").get(HOME))
    client = login("vera")
    client.cookies["django_language"] = "zh-hans"
    assert client.get(HOME).status_code == 200


# --- Connecting


def sealed(answer: Any) -> str:
    return str(answer.context["choice"].initial["sealed"])


def test_a_bot_is_connected_in_one_flow(
    telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    client = login("alice")
    assert "BotFather" in text(client.get(CONNECT))
    found = client.post(CONNECT, {"token": f" {DEMO_TOKEN} "})
    assert "Harbor Demo Bot" in text(found)
    data = {"sealed": sealed(found), "products": ["lottery"], "language": "zh-hant"}
    page = client.post(f"{CONNECT}finish/", data, follow=True)
    assert "@harbor_demo_bot is online" in text(page)
    with scope(acme, transaction=False):
        bot = Bot.objects.get()
    assert (bot.state, bot.language, bot.products) == ("enabled", "zh-hant", ["lottery"])
    assert telegram.bots[DEMO_BOT_ID].webhook is not None


def test_with_htmx_only_the_step_is_answered(
    telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    answer = login("alice").post(CONNECT, {"token": DEMO_TOKEN}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "Harbor Demo Bot" in text(answer)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("hello", "not a bot token"),
        (f"{DEMO_BOT_ID}:{'x' * 35}", "does not accept this token"),
        ("", "required"),
    ],
)
def test_a_wrong_token_gets_a_clear_word(
    telegram: TelegramEmulator, acme: Tenant, login: Login, token: str, words: str
) -> None:
    assert words in text(login("alice").post(CONNECT, {"token": token}))


def test_a_bot_of_another_tenant_gets_a_clear_word(
    online: Bot, rival: Tenant, login: Login
) -> None:
    page = text(login("charlie").post("/t/rival/bots/connect/", {"token": DEMO_TOKEN}))
    assert "in use in another workspace" in page
    assert "acme" not in page.lower()


def test_telegram_away_asks_to_try_again(
    telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    telegram.fault("drop")
    assert "Try again" in text(login("alice").post(CONNECT, {"token": DEMO_TOKEN}))


def test_a_sealed_token_is_good_for_its_maker_only(
    telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    found = login("alice").post(CONNECT, {"token": DEMO_TOKEN})
    assert DEMO_TOKEN not in sealed(found)
    data = {"sealed": sealed(found), "products": [], "language": "en"}
    for name, value in (("adam", sealed(found)), ("alice", "forged")):
        login(name).post(f"{CONNECT}finish/", data | {"sealed": value})
    with scope(acme, transaction=False):
        assert not Bot.objects.exists()


def test_a_bot_that_telegram_refuses_is_kept_and_says_why(
    telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    client = login("alice")
    found = client.post(CONNECT, {"token": DEMO_TOKEN})
    telegram.fault(
        "status", method="setWebhook", status=400, description="Bad Request: bad webhook"
    )
    data = {"sealed": sealed(found), "products": [], "language": "en"}
    page = text(client.post(f"{CONNECT}finish/", data, follow=True))
    assert "Telegram refused: bad webhook" in page
    assert "needs attention" in page


# --- Much behind a page


@pytest.fixture
def crowded(acme: Tenant) -> Bot:
    """A bot with 10,000 people, receipts and messages, next to 30 others."""
    now = timezone.now()
    for _number in range(30):
        make_bot(acme)
    bot = make_bot(acme)
    with scope(acme):
        Person.objects.bulk_create(
            Person(bot=bot, telegram_id=n, client_language="zh-CN", seen_at=now)
            for n in range(10_000)
        )
        Receipt.objects.bulk_create(
            Receipt(bot_id=bot.pk, update_id=n, received_at=now - timedelta(seconds=8 * n))
            for n in range(10_000)
        )
        OutboxMessage.objects.bulk_create(
            OutboxMessage(
                bot=bot, chat_id=n, method="sendMessage", params={}, due_at=now,
                created_at=now - timedelta(seconds=8 * n), state="due" if n % 10 else "failed",
            )
            for n in range(10_000)
        )  # fmt: skip
    return bot


MOST_QUERIES = {"home": 14, "list": 10, "bot": 20, "outbox": 10, "updates": 10}


def test_pages_are_quick_and_ask_little(
    crowded: Bot, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login("alice")
    addresses = {"home": HOME, "list": LIST, "bot": path(crowded)}
    quickest = {}
    # one test for all: the rows behind the pages take longer to make than the pages
    for where, queries in MOST_QUERIES.items():
        address = addresses.get(where) or path(crowded, f"{where}/")
        client.get(address)  # templates are compiled once
        with django_assert_max_num_queries(queries, info=where):
            client.get(address)
        quickest[where] = min(_seconds(client, address) for _try in range(2))
    assert max(quickest.values()) < 0.1, quickest


def _seconds(client: Client, address: str) -> float:
    """Return this thread's own time for a page: what else the machine does is not its fault."""
    begin = time.thread_time()
    assert client.get(address).status_code == 200
    return time.thread_time() - begin
