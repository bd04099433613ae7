"""The bot's words: how servers stand, what rests, and stopping and starting by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from bots.messages import units
from bots.models import Bot
from bots.testing import Reply, Someone, make_chat, outgoing, post
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PowerAction, Preferences, Server
from traffic_guard.services.telling import preferences
from traffic_guard.services.telling.buttons import ConfirmPower, ShowServer
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.chatting import key_like, keys_of, make_staff, sent_to
from traffic_guard.tests.planned import announced, low_server, make_action, make_plan, settle

MAX_TEXT, MAX_DATA = 4096, 64


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main")


def said(bot: Bot, reply: Reply) -> str:
    """Return the text that answers: in the response, or in the outbox behind others."""
    return reply.text or str(outgoing(bot)[-1].params["text"])


def answer(bot: Bot, reply: Reply) -> dict[str, Any]:
    """Return the message that answers, with its buttons."""
    return reply.call or {} if reply.text else outgoing(bot)[-1].params


def actions_of(tenant: Tenant) -> list[PowerAction]:
    with scope(tenant):
        return list(PowerAction.objects.select_related("server").order_by("pk"))


# --- How things stand


def test_status_names_the_worst_first_and_what_is_unknown_planned_and_resting(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    assert "No server is watched yet" in said(bot, oscar.says("/status"))
    low_server(account, "web-2", left=30)
    make_plan(low_server(account, "web-1", left=8))
    make_plan(low_server(account, "web-3", left=9), state="held")
    make_server(account, "db-1")
    with scope(tenant):
        preferences.of(tenant.pk)
        Preferences.objects.update(paused_until=timezone.now() + timedelta(hours=2))
    text = said(bot, oscar.says("/status"))
    for part in (
        "4 servers · 3 run low · 3 will run out · 1 unknown",
        "web-1 is stopped at",
        "Waiting for your word: web-3",
        "All automatic stops rest until",
        "❔ db-1: no traffic package is known for it",
    ):
        assert part in text
    assert text.index("🔴 web-1") < text.index("🔴 web-2")


def test_a_long_list_is_paged_and_stays_within_telegrams_limits(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    for number in range(20):
        low_server(account, f"{'very-long-name-of-a-server-' * 4}{number}", left=number + 1)
    first = answer(bot, oscar.says("/servers"))
    assert "(1/3)" in first["text"]
    second = oscar.presses(key_like(first, "More"), message_id=5)
    edit = outgoing(bot)[-1]
    assert edit.method == "editMessageText"
    assert "(2/3)" in edit.params["text"]
    for message in (first, edit.params, answer(bot, oscar.says("/status"))):
        assert units(strip_tags(message["text"])) <= MAX_TEXT
        assert all(len(data.encode()) <= MAX_DATA for data in keys_of(message).values())
    assert second.status == 200


def test_a_server_is_found_by_name_address_id_and_how_it_begins(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    low_server(account, "web-1", addresses=["203.0.113.7"], cloud_id="5f1d-abc")
    low_server(account, "web-12", addresses=["203.0.113.8"], cloud_id="77aa-def")
    for words in ("web-1", "WEB-1", "203.0.113.7", "5f1d-abc", "5f1d", "13.7"):
        assert "web-1</b>" in said(bot, oscar.says(f"/server {words}"))
    question = answer(bot, oscar.says("/server web"))
    assert "2 servers fit “web”. Which one?" in question["text"]
    oscar.presses(key_like(question, "web-12"))
    details = sent_to(bot, oscar)[-1]
    assert "77aa" not in details.params["text"]
    assert "203.0.113.8" in details.params["text"]
    assert list(keys_of(details)) == ["🛡 Protect", "⏸ No stops for 24 h", "⏹ Stop"]
    assert "No server is called “nope”" in said(bot, oscar.says("/server nope"))


def test_the_forecast_says_what_would_last(bot: Bot, oscar: Someone, account: Account) -> None:
    assert "No server is expected to run out" in said(bot, oscar.says("/forecast"))
    low_server(account)
    text = said(bot, oscar.says("/forecast"))
    assert "1 server will run out before its reset" in text
    assert "a day, now 48 GB a day" in text


# --- What rests


@pytest.mark.parametrize(
    ("words", "hours"), [("", 1), ("3", 3), ("5h", 5), ("9999", 720), ("off", None)]
)
def test_all_automatic_stops_rest_for_some_hours(
    bot: Bot, oscar: Someone, tenant: Tenant, words: str, hours: int | None, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    text = said(bot, oscar.says(f"/pause {words}"))
    until = None if hours is None else timezone.now() + timedelta(hours=hours)
    with scope(tenant):
        assert Preferences.objects.get().paused_until == until
    assert ("rest until" in text) == (hours is not None)


def test_one_server_rests_or_is_protected_by_name(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    announced(low_server(account))
    assert "of web-1 rest until" in said(bot, oscar.says("/pause web-1 6"))
    assert "web-1 is protected" in said(bot, oscar.says("/protect web-1"))
    with scope(tenant):
        server = Server.objects.get()
    assert server.is_protected
    assert server.protected_by == "Operator"
    assert server.paused_until is not None
    assert "no longer protected" in said(bot, oscar.says("/protect web-1 off"))
    assert "happen again" in said(bot, oscar.says("/pause web-1 off"))
    with scope(tenant):
        server = Server.objects.get()
    assert not server.is_protected
    assert server.paused_until is None
    assert "No server is called “web-9”" in said(bot, oscar.says("/protect web-9"))


# --- Stopping and starting


def test_servers_are_stopped_by_name_after_one_more_word_and_once(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    low_server(account, "web-1")
    low_server(account, "db-1", kind="ecs", charging="usage")
    oscar.says("/stop web-1, db-1")
    question = sent_to(bot, oscar)[-1]
    for part in (
        "Stop 2 servers?",
        "web-1: Already paid until its plan ends",
        "db-1: Processor and memory cost nothing while it is off. Disks go on costing money",
    ):
        assert part in question.params["text"]
    assert actions_of(tenant) == []
    yes = key_like(question, "Stop 2")
    oscar.presses(yes, message_id=9)
    assert "⏳ 2 under way" in sent_to(bot, oscar)[-1].params["text"]
    assert "answered already" in oscar.presses(yes, message_id=9).text
    found = actions_of(tenant)
    assert [(one.server.name, one.kind, one.origin, one.requested_by) for one in found] == [
        ("web-1", "stop", "chat", "Operator"),
        ("db-1", "stop", "chat", "Operator"),
    ]
    # the message follows what becomes of them
    with scope(tenant):
        PowerAction.objects.update(state="done", settled_at=timezone.now())
    settle(actions_of(tenant))
    last = [one for one in sent_to(bot, oscar) if one.slot == question.slot][-1]
    assert last.method == "editMessageText"
    assert "✅ 2 done" in last.params["text"]
    assert "web-1: stopped at" in last.params["text"]


def test_a_server_is_started_by_name_and_by_its_button(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    server = low_server(account, power="stopped")
    oscar.says("/start web-1")
    question = sent_to(bot, oscar)[-1]
    assert "Start 1 server?" in question.params["text"]
    assert "Still below the threshold: web-1" in question.params["text"]
    oscar.presses(key_like(question, "No"), message_id=9)
    assert "nothing was done" in sent_to(bot, oscar)[-1].params["text"]
    oscar.presses(ShowServer(server.public_id))
    oscar.presses(key_like(sent_to(bot, oscar)[-1], "Start"))
    oscar.presses(key_like(sent_to(bot, oscar)[-1], "Start it"), message_id=10)
    assert [one.kind for one in actions_of(tenant)] == ["start"]
    # words that are no server's are none of ours
    assert "Hello" in said(bot, oscar.says("/start nothing-like-it"))


def test_nothing_is_done_while_a_name_is_unclear_or_a_server_cannot_be_stopped(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    web = low_server(account, "web-1")
    low_server(account, "web-12")
    assert "web-7”: no server" in said(bot, oscar.says("/stop web-1 web-7"))
    assert "“web”: 2 servers fit" in said(bot, oscar.says("/stop web web-1"))
    choices = answer(bot, oscar.says("/stop web-"))
    assert list(keys_of(choices)) == ["web-1", "web-12"]
    assert "Write it like this: <code>/stop" in said(bot, oscar.says("/stop"))
    make_action(web, state="sent", settled_at=None)
    oscar.says("/stop web-1")
    oscar.presses(key_like(sent_to(bot, oscar)[-1], "Stop it"), message_id=9)
    assert "another stop or start of it is under way" in sent_to(bot, oscar)[-1].params["text"]
    assert len(actions_of(tenant)) == 1


def test_a_question_is_its_askers_alone_and_good_for_ten_minutes(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    group, olga = make_chat(bot), make_staff(bot, "operator")
    low_server(account)
    oscar.says("/stop web-1", chat=group)
    yes = key_like(sent_to(bot, group.telegram_id)[-1], "Stop it")
    assert "Somebody else asked" in olga.presses(yes, chat=group).text
    time_machine.shift(timedelta(minutes=11))
    assert "too long ago" in oscar.presses(yes, chat=group).text
    assert "not known here" in oscar.presses(ConfirmPower("forged")).text
    assert actions_of(tenant) == []


@pytest.mark.parametrize("words", ["/status", "/servers", "/server web-1", "/forecast"])
def test_a_viewer_reads_and_a_stranger_learns_nothing(
    bot: Bot, account: Account, words: str
) -> None:
    low_server(account)
    vera, nobody = make_staff(bot, "viewer"), Someone(bot)
    reply = answer(bot, vera.says(words))
    assert "web-1" in reply["text"] or "web-1" in keys_of(reply)
    assert not [name for name in keys_of(reply) if "Stop" in name or "Protect" in name]
    assert "web-1" not in said(bot, nobody.says(words))


@pytest.mark.parametrize("words", ["/stop web-1", "/pause", "/protect web-1"])
def test_a_viewer_acts_on_nothing(bot: Bot, account: Account, tenant: Tenant, words: str) -> None:
    low_server(account)
    vera = make_staff(bot, "viewer")
    assert "web-1" not in said(bot, vera.says(words))
    vera.says("/start web-1")
    with scope(tenant):
        assert not Server.objects.filter(is_protected=True).exists()
        assert not Preferences.objects.exclude(paused_until=None).exists()
    assert actions_of(tenant) == []


def test_a_server_of_another_tenant_is_not_there(
    bot: Bot, oscar: Someone, stranger: Tenant
) -> None:
    theirs = low_server(make_account(stranger, name="Theirs"), "secret-1")
    assert "No server is called" in said(bot, oscar.says("/server secret-1"))
    assert "no longer on the list" in oscar.presses(ShowServer(theirs.public_id)).text


def test_an_update_that_is_repeated_asks_once(bot: Bot, oscar: Someone, account: Account) -> None:
    low_server(account)
    update, before = oscar.message("/stop web-1"), len(sent_to(bot, oscar))
    post(bot, update)
    post(bot, update)
    assert len(sent_to(bot, oscar)) == before + 1
