"""Alerts and planned stops in chats: what they say, how storms are merged, that they stay true."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from bots.models import Bot, Channel, Notice
from bots.testing import Someone, make_chat
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, Policy, Preferences
from traffic_guard.services.accounts.halting import Broke
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.readings.sums import Standing
from traffic_guard.services.telling import accounts, alerts, preferences, reasons, stops
from traffic_guard.services.telling.alerts import Raised
from traffic_guard.testing import TESTER, make_account
from traffic_guard.tests.chatting import keys_of, make_staff, sent_to, texts_to
from traffic_guard.tests.planned import (
    announced,
    fresh,
    low_server,
    make_action,
    posts,
    settle,
    shown,
    tell,
)


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main")


@pytest.fixture
def prefs(tenant: Tenant) -> Preferences:
    with scope(tenant):
        return preferences.of(tenant.pk)


def make_channel(tenant: Tenant, **fields: object) -> Channel:
    """Write a channel that takes every event."""
    values = {"kind": "webhook", "name": "Ours", "target": "https://hooks.test/x", **fields}
    with scope(tenant):
        channel: Channel = Channel.objects.create(tenant=tenant, **values)
    return channel


def test_an_alert_says_everything_that_is_known(
    bot: Bot, oscar: Someone, account: Account, prefs: Preferences
) -> None:
    server = low_server(account)
    with scope(account.tenant_id):
        Preferences.objects.update(excess_price=Decimal("0.8"), excess_currency="CNY")
        Policy.objects.create(
            tenant_id=account.tenant_id, account=account, threshold_bytes=10 * 1024**3
        )
    tell(account, Raised(server, alerts.LEVEL, level=95))
    [message] = posts(bot, oscar)
    said = message.params["text"]
    for part in (
        "🔴 web-1: 95 % used",
        "Main · ap-southeast-1 · 203.0.113.10",
        "8 GB of 1,000 GB (0.8 %)",
        "10 GB (set for the account)",
        "2 GB an hour",
        "runs out",
        "19 days before the reset",
        "761.60 CNY above the package until the reset",
        "Nothing is stopped: automatic stops are off (by default).",
    ):
        assert part in said
    assert list(keys_of(message)) == ["Details", "⏹ Stop", "🛡 Protect"]


def test_forty_alerts_at_once_are_one_message_and_two_cards(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant
) -> None:
    make_channel(tenant)
    servers = [low_server(account, f"web-{n}", left=n + 1) for n in range(40)]
    # from one look, and from one look each
    tell(account, *(Raised(one, alerts.LEVEL, level=95) for one in servers[5:]))
    for server in servers[:5]:
        tell(account, Raised(server, alerts.LEVEL, level=95))
    assert len(posts(bot, oscar)) == 1
    text = shown(bot, oscar).params["text"]
    assert text.startswith("<b>⚠️ 40 servers need a look</b>")
    assert text.index("web-0: 95 % used") < text.index("web-1: 95 % used")
    assert "… and 15 more" in text
    assert len(strip_tags(text)) < 4096
    assert list(keys_of(shown(bot, oscar))) == ["web-0", "web-1", "web-2", "web-3", "All servers"]
    with scope(tenant):
        notices = list(Notice.objects.order_by("pk"))
    assert sum(len(one.blocks) + one.left_out for one in notices) == 40
    assert len(notices) <= 3


def test_a_later_alert_is_heard_and_a_flood_of_them_is_not(
    bot: Bot, oscar: Someone, account: Account, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now(), tick=False)
    servers = [low_server(account, f"web-{n}") for n in range(8)]
    for server in servers:
        tell(account, Raised(server, alerts.FORECAST))
        time_machine.shift(timedelta(minutes=2))
    # four are heard within a quarter of an hour; the others stand in the last of them
    assert len(posts(bot, oscar)) == 4
    assert "5 servers need a look" in shown(bot, oscar).params["text"]


def test_muted_alerts_still_reach_the_channels_and_stops_are_always_told(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant, prefs: Preferences
) -> None:
    make_channel(tenant)
    with scope(tenant):
        until = timezone.now() + timedelta(hours=1)
        preferences.change(tenant.pk, actor=TESTER, muted_until=until)
    server = low_server(account)
    tell(account, Raised(server, alerts.UNKNOWN, standing=Standing(trouble="unknown_unit")))
    assert posts(bot, oscar) == []
    with scope(tenant):
        assert [one.event for one in Notice.objects.all()] == ["traffic.unknown"]
    announced(server)
    assert "web-1 will be stopped at" in posts(bot, oscar)[0].params["text"]


def test_staff_that_wants_nothing_in_private_reads_the_group_in_its_language(
    bot: Bot, oscar: Someone, account: Account, tenant: Tenant, prefs: Preferences
) -> None:
    group = make_chat(bot)
    with scope(tenant):
        preferences.change(tenant.pk, actor=TESTER, chat=group, tells_staff=False)
    announced(low_server(account))
    assert posts(bot, oscar) == []
    [message] = posts(bot, group.telegram_id)
    assert len(keys_of(message)) == 4


# --- Planned stops: a message is true at any time


def test_a_planned_stop_shows_its_buttons_to_those_who_may_press_them(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    vera = make_staff(bot, "viewer")
    announced(low_server(account))
    [message], [of_viewer] = posts(bot, oscar), posts(bot, vera)
    assert list(keys_of(message)) == [
        "⏳ Postpone 1 h",
        "⏭ Skip this cycle",
        "⏹ Stop now",
        "🛡 Protect",
    ]
    assert "It is stopped at" in message.params["text"]
    assert "a stop refunds nothing" in message.params["text"]
    assert keys_of(of_viewer) == {}


@pytest.mark.parametrize(
    ("change", "said", "buttons"),
    [
        ({"postponed": 1}, "(postponed)", 4),
        ({"state": "held"}, "waits for your word", 4),
        ({"state": "cancelled", "settled_by": "Oscar"}, "cancelled by Oscar", 0),
        ({"state": "dropped", "settled_reason": "above"}, "more is left again", 0),
        ({"state": "dry", "is_dry_run": True}, "would have been stopped", 0),
    ],
)
def test_the_message_of_a_planned_stop_is_kept_true(
    bot: Bot, oscar: Someone, account: Account, change: dict[str, object], said: str, buttons: int
) -> None:
    [plan] = announced(low_server(account))
    with scope(account.tenant_id):
        PlannedStop.objects.filter(pk=plan.pk).update(**change)
        stops.changed(fresh(plan))
    now = shown(bot, oscar)
    assert now.method == "editMessageText"
    assert said in now.params["text"]
    assert len(keys_of(now)) == buttons
    assert len(posts(bot, oscar)) == 1


@pytest.mark.parametrize(
    ("state", "fields", "said", "event"),
    [
        ("done", {}, "stopped at", "traffic.stopped"),
        ("refused", {"error_code": "denied"}, "add the policy", "traffic.failed"),
        ("unverified", {"seen_power": "running"}, "It still runs", "traffic.failed"),
    ],
)
def test_the_end_of_a_stop_stands_in_its_message_and_is_told_once(
    bot: Bot,
    oscar: Someone,
    account: Account,
    tenant: Tenant,
    state: str,
    fields: dict[str, str],
    said: str,
    event: str,
) -> None:
    make_channel(tenant)
    server = low_server(account)
    [plan] = announced(server)
    action = make_action(server, state=state, **fields)
    with scope(tenant):
        PlannedStop.objects.filter(pk=plan.pk).update(state="executed", action=action)
    settle([action])
    settle([action])
    standing, result = posts(bot, oscar)[0], posts(bot, oscar)[-1]
    edits = [one for one in sent_to(bot, oscar) if one.slot == standing.slot]
    for message in (edits[-1], result):
        assert said in message.params["text"]
    assert keys_of(edits[-1]) == {}
    assert len(posts(bot, oscar)) == 2
    with scope(tenant):
        assert Notice.objects.filter(event=event).count() == 1


def test_forty_ends_at_once_are_one_message_with_failures_first(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    servers = [low_server(account, f"web-{n}") for n in range(40)]
    found = [make_action(one) for one in servers[:39]]
    settle(found[:20])
    settle([*found[20:], make_action(servers[39], state="unverified")])
    assert len(posts(bot, oscar)) == 1
    text = shown(bot, oscar).params["text"]
    assert text.startswith("<b>❗ 1 failed · ✅ 39 done</b>\n\n❗ web-39")


def test_an_account_that_breaks_is_told_to_admins_alone(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    ada = make_staff(bot, "admin")
    account.findings = [{"code": "credential"}]
    with scope(account.tenant_id):
        accounts.news(account, Broke("credential"))
        accounts.news(account, None)
    [text] = texts_to(bot, ada)
    assert "The cloud refuses the account “Main”" in text
    assert "Copy both once more" in text
    assert texts_to(bot, oscar) == []


def test_a_dry_run_is_never_announced_as_a_stop(bot: Bot, oscar: Someone, account: Account) -> None:
    announced(low_server(account), low_server(account, "web-2"), is_dry_run=True)
    text = shown(bot, oscar).params["text"]
    assert text.startswith("<b>Planned stops · 🧪 dry run of 2 stops</b>")
    assert "will be stopped" not in text
    assert "will be stopped" not in oscar.says("/status").text


def test_every_verdict_has_its_words_where_a_stop_is_called_off() -> None:
    assert [one for one in Verdict if not reasons.clause(one)] == [Verdict.STOP]
