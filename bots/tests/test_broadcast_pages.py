"""The portal's pages of broadcasts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot, Broadcast, OutboxMessage, Person
from bots.services import broadcasts
from bots.testing import make_bot
from bots.tests.broadcasting import people, start
from bots.tests.browsers import login
from tenants.models import Tenant
from tenants.scoping import scope


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def alice(tenant: Tenant) -> Client:
    return login(tenant)


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    bot = make_bot(tenant)
    people(bot, 3)
    return bot


def compose(client: Client, bot: Bot, **more: Any) -> Any:
    values = {"bot": bot.public_id, "text": "Hello\r\n<b>all</b>", "key": "key1", **more}
    return client.post("/t/acme/broadcasts/new/", values)


def test_a_broadcast_is_previewed_and_started_once(alice: Client, bot: Bot) -> None:
    page = compose(alice, bot).content.decode()
    assert "<strong>3 people</strong>" in page
    assert "Hello<br>&lt;b&gt;all&lt;/b&gt;" in page
    with scope(bot.tenant):
        assert not Broadcast.objects.exists()
    first = compose(alice, bot, send="1")
    assert first.status_code == 302
    assert compose(alice, bot, send="1")["Location"] == first["Location"]
    with scope(bot.tenant):
        broadcast = Broadcast.objects.get()
    assert (broadcast.text, broadcast.total) == ("Hello\n<b>all</b>", 3)
    assert str(broadcast.created_by) == "owner@example.com"
    assert "Arrived" in alice.get(first["Location"]).content.decode()


def test_change_it_leads_back_to_the_filled_form(alice: Client, bot: Bot) -> None:
    page = compose(alice, bot, edit="1").content.decode()
    assert "&lt;b&gt;all&lt;/b&gt;</textarea>" in page


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097, "😀" * 2049])
def test_a_text_telegram_would_not_take_is_refused(alice: Client, bot: Bot, text: str) -> None:
    answer = compose(alice, bot, text=text, send="1")
    assert answer.status_code == 200
    assert 'class="errors"' in answer.content.decode()


def test_only_the_tenants_bots_that_are_online_can_be_chosen(alice: Client, bot: Bot) -> None:
    foreign = make_bot(Tenant.objects.create(slug="else", name="Else"))
    assert "Select a valid choice" in compose(alice, foreign, send="1").content.decode()
    with scope(bot.tenant):
        Bot.objects.update(state=Bot.State.DISABLED)
    assert "Switch on a bot first" in alice.get("/t/acme/broadcasts/new/").content.decode()
    assert "Select a valid choice" in compose(alice, bot, send="1").content.decode()


def test_a_bot_without_people_says_so(alice: Client, bot: Bot) -> None:
    with scope(bot.tenant):
        Person.objects.update(blocked_at=timezone.now())
    assert "Nobody has started this bot yet" in compose(alice, bot, send="1").content.decode()


def test_the_progress_is_live_until_it_ends(alice: Client, bot: Bot) -> None:
    broadcast = start(bot)
    page = f"/t/acme/broadcasts/{broadcast.public_id}/"
    broadcasts.feed(timezone.now())
    running = alice.get(page + "progress/?state=running")
    assert "hx-get" in running.content.decode()
    assert "HX-Refresh" not in running
    with scope(bot.tenant):
        OutboxMessage.objects.update(state="sent")
    broadcasts.feed(timezone.now())
    ended = alice.get(page + "progress/?state=running")
    assert ended["HX-Refresh"] == "true"
    assert "hx-get" not in ended.content.decode()
    assert "3 of 3" in alice.get("/t/acme/broadcasts/").content.decode()


def test_buttons_pause_resume_and_cancel(alice: Client, bot: Bot) -> None:
    broadcast = start(bot)
    page = f"/t/acme/broadcasts/{broadcast.public_id}/"
    for verb, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert alice.post(page + verb + "/").status_code == 302
        with scope(bot.tenant):
            assert Broadcast.objects.get().state == state
    assert "moved on meanwhile" in alice.post(page + "pause/", follow=True).content.decode()
    assert alice.post(page + "explode/").status_code == 404
    assert alice.get(page + "pause/").status_code == 405


def test_a_list_costs_the_same_for_many_broadcasts(alice: Client, bot: Bot) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert alice.get("/t/acme/broadcasts/").status_code == 200
        return len(queries)

    start(bot)
    first = count()
    for _number in range(10):
        start(bot)
    assert count() == first
