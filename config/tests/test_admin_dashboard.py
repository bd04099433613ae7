"""The operators' first page: right figures, few queries, quick after much traffic."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot, FailedUpdate, OutboxMessage, Receipt
from bots.testing import make_bot
from config.tests import operators
from config.tests.operators import Cast, make_message
from tenants.models import Heartbeat, Tenant
from tenants.scoping import scope

# session, log-in, and one for each figure, table and chart line
MOST_QUERIES = 16


@pytest.fixture
def acme(db: None) -> Cast:
    return operators.make_cast("acme")


@pytest.fixture
def operator(db: None) -> Client:
    return operators.logged_in(operators.make_operator())


def figures(response: Any) -> dict[str, Any]:
    return {figure.label: figure for figure in response.context["figures"]}


def test_an_empty_installation(operator: Client) -> None:
    shown = operator.get("/operator/")
    told = figures(shown)
    assert told["Updates in the last hour"].value == "0"
    assert told["Last heartbeat of the workers"].value == "never"
    assert told["Last heartbeat of the workers"].tone == "bad"
    assert b"None: all bots are working." in shown.content
    assert b"No message is late." in shown.content


def test_it_counts_over_all_tenants(operator: Client, acme: Cast) -> None:
    rival = operators.make_cast("rival")
    now = timezone.now()
    with scope(acme.tenant):
        Bot.objects.filter(pk=acme.bot.pk).update(state="broken", state_reason="It is <odd>.")
    with scope(rival.tenant):
        make_message(rival.bot, state="due", due_at=now - timedelta(minutes=3))
    Tenant.objects.filter(pk=rival.tenant.pk).update(state="suspended")
    Heartbeat.objects.create(name="worker", at=now)
    shown = operator.get("/operator/")
    told = figures(shown)
    assert told["Parked updates"].value == "2"
    assert told["Failed messages"].value == "2"
    assert told["Waiting messages"].tone == "bad"
    assert "3 min" in told["Waiting messages"].note
    assert told["Bots online"].value == "1"
    assert told["Bots that need attention"].value == "1"
    assert told["Tenants"].value == "2"
    assert told["Tenants"].note == "1 tenant suspended"
    assert told["Last heartbeat of the workers"].tone == "good"
    assert b"It is &lt;odd&gt;." in shown.content
    assert shown.context["slow_bots"][0]["bot"].pk == rival.bot.pk


def test_each_link_leads_to_a_list_that_opens(operator: Client, acme: Cast) -> None:
    with scope(acme.tenant):
        make_message(acme.bot, state="due")
    shown = operator.get("/operator/")
    links = [figure.url for figure in figures(shown).values() if figure.url]
    links += [one[key] for one in shown.context["slow_bots"] for key in ("url", "messages")]
    assert len(links) == 9
    for link in links:
        assert operator.get(link).status_code == 200, link
    parked = operator.get(figures(shown)["Parked updates"].url)
    assert parked.context["cl"].result_count == 1
    failed = operator.get(figures(shown)["Failed messages"].url)
    assert failed.context["cl"].result_count == 1


def test_the_chart_counts_by_minute(operator: Client, acme: Cast) -> None:
    now = timezone.now()
    with scope(acme.tenant):
        Receipt.objects.all().delete()
        Receipt.objects.bulk_create(receipts(acme.bot, 30, now - timedelta(minutes=10)))
        Receipt.objects.bulk_create(receipts(acme.bot, 5, now - timedelta(hours=3), start=900))
        FailedUpdate.objects.update(last_at=now - timedelta(minutes=10))
    shown = operator.get("/operator/")
    drawn = json.loads(shown.context["chart"])
    assert len(drawn["labels"]) == 60
    taken, failed = (one["data"] for one in drawn["datasets"])
    assert (taken[-11], sum(taken)) == (30, 30)
    assert (failed[-11], sum(failed)) == (1, 1)
    told = "30 updates in the last hour, at most 30 in a minute; 1 failed."
    assert shown.context["spoken"] == told


def receipts(bot: Bot, count: int, at: Any, *, start: int = 1) -> list[Receipt]:
    return [
        Receipt(bot_id=bot.pk, tenant_id=bot.tenant_id, update_id=start + number, received_at=at)
        for number in range(count)
    ]


def test_the_number_of_queries_does_not_grow(operator: Client, acme: Cast) -> None:
    operator.get("/operator/")
    with CaptureQueriesContext(connection) as few:
        operator.get("/operator/")
    bots = [make_bot(acme.tenant) for _number in range(6)]
    with scope(acme.tenant):
        Bot.objects.filter(pk__in=[bot.pk for bot in bots[:3]]).update(state="broken")
        for bot in bots:
            make_message(bot, state=OutboxMessage.State.DUE)
    with CaptureQueriesContext(connection) as many:
        operator.get("/operator/")
    # the look at the slow bots themselves is left out where there is none
    assert len(many) <= len(few) + 1
    assert len(many) <= MOST_QUERIES


def insert_receipts(bot: Bot, count: int, at: Any, *, start: int) -> None:
    """Insert receipts without making each in Python; needs the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bots_receipt (bot_id, update_id, tenant_id, answer, received_at)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
            " SELECT %s, 1000000 + %s + i, %s, '', %s FROM n",
            [
                count,
                bot.pk,
                start,
                bot.tenant_id,
                connection.ops.adapt_datetimefield_value(at),
            ],
        )


def test_it_stays_quick_after_100_000_updates(operator: Client, acme: Cast) -> None:
    now = timezone.now()
    with scope(acme.tenant):
        for minute in range(100):
            insert_receipts(acme.bot, 1_000, now - timedelta(minutes=minute), start=minute * 1_000)
    operator.get("/operator/")
    started = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        assert operator.get("/operator/").status_code == 200
    assert len(queries) <= MOST_QUERIES
    # 0.1 s on an idle machine; tests share theirs
    assert timezone.now() - started < timedelta(seconds=2)
