"""The page of one bot, as members of each role see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import (
    Bot,
    Chat,
    FailedUpdate,
    OutboxMessage,
    Person,
    StaffLink,
)
from bots.testing import make_bot
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, SPARE_TOKEN
from tenants.models import AuditEvent, Membership, Tenant
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


# --- The bot's page


def test_the_page_shows_the_bot(online: Bot, acme: Tenant, login: Login) -> None:
    now = timezone.now()
    with scope(acme):
        for number, tag in enumerate(["zh-TW", "zh-CN", "de"]):
            Person.objects.create(
                bot=online, telegram_id=number, client_language=tag, seen_at=now, has_started=True
            )
        Chat.objects.create(bot=online, telegram_id=-1, kind="group", title="Friends <3")
    park(online)
    answer = login("vera").get(path(online))
    page = text(answer)
    assert "Friends &lt;3" in page
    assert "no such &lt;prize&gt;" in page
    assert answer.context["people"].languages == {"zh-hant": 1, "zh-hans": 1, "en": 1}
    assert "<svg" in answer.content.decode()


def test_a_viewer_sees_no_buttons_that_change(online: Bot, login: Login) -> None:
    page = text(login("vera").get(path(online)))
    assert "Switch off" not in page
    assert "Check now" not in page
    assert "Replace the token" not in page
    assert "Check now" in text(login("bob").get(path(online)))
    assert "Switch off" not in text(login("bob").get(path(online)))
    assert "Switch off" in text(login("adam").get(path(online)))


ADMIN = ["enable/", "disable/", "settings/", "token/", "delete/"]
OPERATOR = ["check/", "test-message/", "link/", "outbox/retry/"]


@pytest.mark.parametrize(
    ("name", "rest", "status"),
    [
        *[("bob", rest, 403) for rest in ADMIN],
        *[("vera", rest, 403) for rest in ADMIN + OPERATOR],
        *[("charlie", rest, 404) for rest in ADMIN + OPERATOR],
    ],
)
def test_who_may_not_press(
    online: Bot, rival: Tenant, login: Login, name: str, rest: str, status: int
) -> None:
    assert login(name).post(path(online, rest)).status_code == status
    assert stored(online).state == "enabled"


@pytest.mark.parametrize("rest", ["", "updates/", "updates/1/", "outbox/"])
def test_strangers_find_nothing(online: Bot, rival: Tenant, login: Login, rest: str) -> None:
    charlie = login("charlie")
    assert charlie.get(path(online, rest)).status_code == 404
    assert charlie.get(f"/t/rival/bots/{online.public_id}/{rest}").status_code == 404
    assert Client().get(path(online, rest)).status_code == 302


@pytest.mark.parametrize("where", [HOME, LIST, CONNECT])
def test_strangers_find_no_lists(acme: Tenant, rival: Tenant, login: Login, where: str) -> None:
    assert login("charlie").get(where).status_code == 404
    assert Client().get(where).status_code == 302


def test_on_and_off(online: Bot, telegram: TelegramEmulator, login: Login) -> None:
    client = login("adam")
    assert "@harbor_demo_bot is off" in press(client, online, "disable/")
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    assert "@harbor_demo_bot is online" in press(client, online, "enable/")
    assert telegram.bots[DEMO_BOT_ID].webhook is not None


def test_settings_are_saved(online: Bot, login: Login) -> None:
    data = {"products": [], "language": "zh-hans", "delivery": "polling"}
    assert "Saved" in press(login("adam"), online, "settings/", **data)
    bot = stored(online)
    assert (bot.products, bot.language, bot.delivery) == ([], "zh-hans", "polling")


def test_forged_settings_come_back_with_errors(online: Bot, login: Login) -> None:
    data = {"products": ["casino"], "language": "tlh", "delivery": "webhook"}
    answer = login("adam").post(path(online, "settings/"), data)
    assert answer.status_code == 400
    assert stored(online).language == "en"


def test_a_token_is_replaced(online: Bot, telegram: TelegramEmulator, login: Login) -> None:
    client = login("adam")
    other = client.post(path(online, "token/"), {"token": SPARE_TOKEN})
    assert other.status_code == 400
    assert "belongs to another bot" in text(other)
    fresh = telegram.revoke(DEMO_BOT_ID)
    assert "new token is in use" in press(client, online, "token/", token=fresh)
    assert stored(online).token == fresh


def test_deleting_asks_for_the_name(online: Bot, login: Login, acme: Tenant) -> None:
    client = login("adam")
    assert client.post(path(online, "delete/"), {"confirm": "nope"}).status_code == 400
    assert "is deleted" in press(client, online, "delete/", confirm="@Harbor_Demo_Bot")
    with scope(acme, transaction=False):
        assert not Bot.objects.exists()


def test_checking_shows_a_stolen_webhook(
    online: Bot, telegram: TelegramEmulator, login: Login
) -> None:
    hook = telegram.bots[DEMO_BOT_ID].webhook
    assert hook is not None
    hook.url = "https://thief.example/x"
    page = press(login("bob"), online, "check/")
    assert "thief.example" in page
    assert "taken by another program" in page


def test_linking_an_account_and_the_test_message(
    online: Bot, telegram: TelegramEmulator, acme: Tenant, login: Login
) -> None:
    bob = login("bob")
    assert "Link your Telegram account first" in press(bob, online, "test-message/")
    page = bob.post(path(online, "link/")).content.decode()
    assert "https://t.me/harbor_demo_bot?start=link_" in page
    telegram.start(DEMO_BOT_ID, ALICE)
    with scope(acme):
        person = Person.objects.create(
            bot=online, telegram_id=ALICE, seen_at=timezone.now(), has_started=True
        )
        member = Membership.objects.get(user__email="bob@acme.example")
        StaffLink.objects.create(membership=member, person=person)
    assert "Sent" in press(bob, online, "test-message/")
    assert "test message" in telegram.sent(ALICE)[-1]["text"]


def test_the_demo_links_to_the_simulator(online: Bot, login: Login, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:8001/simulator/"
    page = login("bob").post(path(online, "link/")).content.decode()
    assert "simulator/?bot=harbor_demo_bot&amp;start=link_" in page


# --- Trouble


def test_a_parked_update_is_looked_at_and_replayed(online: Bot, login: Login, acme: Tenant) -> None:
    failed = park(online)
    bob = login("bob")
    assert "no such &lt;prize&gt;" in text(bob.get(path(online, "updates/")))
    assert "Traceback" in text(bob.get(path(online, f"updates/{failed.pk}/")))
    assert "went through" in press(bob, online, f"updates/{failed.pk}/replay/")
    with scope(acme, transaction=False):
        assert FailedUpdate.objects.get().state == "done"
        assert OutboxMessage.objects.filter(chat_id=ALICE).exists()
        assert AuditEvent.objects.filter(action="update.replayed").exists()
    assert "No parked updates" in text(bob.get(path(online, "updates/")))


def test_given_up_messages_are_sent_again(online: Bot, login: Login, acme: Tenant) -> None:
    now = timezone.now()
    with scope(acme):
        for number in range(3):
            OutboxMessage.objects.create(
                bot=online, chat_id=number, method="sendMessage", params={"text": f"hi {number}"},
                due_at=now, created_at=now, state="failed", error="400 chat not found",
            )  # fmt: skip
        one = OutboxMessage.objects.earliest("pk")
    bob = login("bob")
    assert "hi 2" in text(bob.get(path(online, "outbox/")))
    for nonsense in ("9" * 5000, "all", "-1"):
        assert "0 messages are" in press(bob, online, "outbox/retry/", message=nonsense)
    assert "1 message is" in press(bob, online, "outbox/retry/", message=one.pk)
    assert "2 messages are" in press(bob, online, "outbox/retry/")
    with scope(acme, transaction=False):
        assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"due"}


def test_another_bots_trouble_is_not_found(online: Bot, login: Login, acme: Tenant) -> None:
    failed = park(make_bot(acme))
    bob = login("bob")
    assert bob.get(path(online, f"updates/{failed.pk}/")).status_code == 404
    assert bob.post(path(online, f"updates/{failed.pk}/replay/")).status_code == 404


def test_a_suspended_tenant_changes_nothing(online: Bot, acme: Tenant, login: Login) -> None:
    Tenant.objects.filter(pk=acme.pk).update(state="suspended")
    client = login("adam")
    assert client.get(path(online)).status_code == 200
    assert client.post(path(online, "disable/")).status_code == 403
