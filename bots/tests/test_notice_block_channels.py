"""What each kind of channel makes of a notice's blocks, and who never sees their links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from bots.models import Bot, Channel
from bots.services import notices
from bots.testing import make_bot, outgoing
from bots.tests.channels import ACTING_LINK, add, later, rows, server, warn
from emulators.feishu import DEMO_KEY, FeishuEmulator
from emulators.httpd import Server
from tenants.models import Tenant, User
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
Kind = Channel.Kind


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def emulator(settings: Any) -> Iterator[FeishuEmulator]:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = f"{server.url}/feishu"
        yield emulator
    emulator.close()


def test_forty_alerts_reach_feishu_as_few_cards(tenant: Tenant, emulator: FeishuEmulator) -> None:
    add(tenant, Kind.FEISHU, DEMO_KEY)
    for number in range(40):
        warn(tenant, server(number))
    now = later()
    while notices.deliver_due(now):
        pass
    cards = [message["body"]["card"] for message in emulator.messages(DEMO_KEY)]
    assert 1 <= len(cards) <= 4
    elements = [element for card in cards for element in card["elements"]]
    named = [e["text"]["content"] for e in elements if e["tag"] == "div" and "text" in e]
    assert named == [f"web-{number}" for number in range(40)]
    fields = next(e["fields"] for e in elements if "fields" in e)
    assert fields[0] == {
        "is_short": True,
        "text": {"tag": "plain_text", "content": "Address\n203.0.113.0"},
    }
    buttons = next(e["actions"] for e in elements if e["tag"] == "action")
    assert [(b["type"], b["url"]) for b in buttons] == [
        ("primary", ACTING_LINK),
        ("default", "https://botharbor.test/t/acme/"),
    ]
    assert {card["header"]["template"] for card in cards} == {"orange"}
    assert sum(e["tag"] == "hr" for e in elements) == 40 - len(cards)


def test_a_mail_has_facts_and_links_as_text(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    warn(tenant, server(1, text="It will be stopped."), server(2))
    notices.deliver_due(later())
    body = mail.outbox[0].body
    assert body.startswith(
        "■ web-1\nAddress: 203.0.113.1\nLeft: 1 GB\nIt will be stopped.\n"
        f"Postpone: {ACTING_LINK}\nOpen: https://botharbor.test/t/acme/\n\n■ web-2\n"
    )


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    bot = make_bot(tenant)
    add(tenant, Kind.TELEGRAM, "77", bot=bot)
    return bot


def test_a_telegram_chat_has_link_buttons(bot: Bot) -> None:
    warn(bot.tenant, server(1, text="<b>&"), server(2))
    notices.deliver_due(later())
    [message] = outgoing(bot)
    text = message.params["text"]
    assert "<b>2 servers run low</b>\n<b>web-1</b>\nAddress: 203.0.113.1\n" in text
    assert "&lt;b&gt;&amp;" in text
    keys = [key for row in message.params["reply_markup"]["inline_keyboard"] for key in row]
    assert [(key["text"], key["url"]) for key in keys][:2] == [
        ("web-1: Postpone", ACTING_LINK),
        ("web-1: Open", "https://botharbor.test/t/acme/"),
    ]


def test_many_links_stand_in_the_text_of_as_many_messages_as_it_takes(bot: Bot) -> None:
    warn(bot.tenant, *(server(number, text="字" * 300) for number in range(20)))
    notices.deliver_due(later())
    messages = outgoing(bot)
    assert len(messages) > 1
    texts = [message.params["text"] for message in messages]
    assert all(f"<b>web-{number}</b>" in "".join(texts) for number in range(20))
    assert f'<a href="{ACTING_LINK}">Postpone</a>' in texts[0]
    assert all(message.params.get("parse_mode") == "HTML" for message in messages)


# --- Links may act: nobody reads them but who is told


def test_links_are_on_no_page_and_not_in_the_database(bot: Bot) -> None:
    warn(bot.tenant, server(1))
    notices.deliver_due(later())
    with connection.cursor() as cursor, scope(bot.tenant):
        cursor.execute("SELECT blocks, data, text FROM bots_notice")
        assert "1vOABC" not in str(cursor.fetchall())
    operator = Client()
    operator.force_login(User.objects.create_superuser("root@example.com", "x" * 12))
    pk = rows(bot.tenant)[0].pk
    for page in (f"bots/notice/{pk}/change/", f"bots/outboxmessage/{outgoing(bot)[0].pk}/change/"):
        shown = operator.get(f"/operator/{page}")
        assert shown.status_code == 200
        assert "web-1" in shown.content.decode()
        assert ACTING_LINK.split(":")[-1].strip("/") not in shown.content.decode()
