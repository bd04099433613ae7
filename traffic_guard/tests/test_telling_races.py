"""Many workers and presses at once: one message, one hour, one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection
from django.test import Client

from bots.models import Bot
from bots.testing import Someone, post
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.testing import in_threads, make_tenant, make_user
from traffic_guard.models import Account, Bulletin, PowerAction
from traffic_guard.services.telling import alerts
from traffic_guard.services.telling.alerts import Raised
from traffic_guard.services.telling.buttons import Postpone
from traffic_guard.services.telling.links import Deed
from traffic_guard.testing import make_account
from traffic_guard.tests.chatting import key_like, make_staff, make_traffic_bot, sent_to
from traffic_guard.tests.planned import announced, fresh, low_server, make_plan, posts, shown, tell
from traffic_guard.tests.test_link_page import path_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
T = TypeVar("T")


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return make_tenant("Alice's", owner=make_user("alice@example.org"))


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_traffic_bot(tenant)


@pytest.fixture
def oscar(bot: Bot) -> Someone:
    return make_staff(bot, "operator")


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return make_account(tenant, name="Main")


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do things at the same moment, each in a thread with a connection of its own."""
    return in_threads(len(acts), lambda number: acts[number]())


def test_six_workers_that_tell_at_once_write_one_message_with_all_of_it(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    servers = [low_server(account, f"web-{n}") for n in range(6)]
    at_once([partial(tell, account, Raised(one, alerts.FORECAST)) for one in servers])
    assert len(posts(bot, oscar)) == 1
    assert "6 servers need a look" in shown(bot, oscar).params["text"]
    with scope(account.tenant_id):
        assert Bulletin.objects.count() == 1


def test_four_presses_of_a_button_put_a_stop_off_by_one_hour(
    bot: Bot, oscar: Someone, account: Account
) -> None:
    [plan] = announced(low_server(account))
    updates = [oscar.press(Postpone(plan.public_id, 0)) for _press in range(4)]
    at_once([partial(post, bot, update) for update in updates])
    assert fresh(plan).execute_at == plan.execute_at + timedelta(hours=1)


def test_four_presses_of_a_link_put_a_stop_off_by_one_hour(account: Account) -> None:
    plan = make_plan(low_server(account))
    path = path_of(plan, Deed.POSTPONE)
    answers = at_once([lambda: Client().post(path).status_code] * 4)
    assert answers == [302] * 4
    assert fresh(plan).execute_at == plan.execute_at + timedelta(hours=1)


def test_four_confirmations_are_one_batch(bot: Bot, oscar: Someone, account: Account) -> None:
    low_server(account)
    oscar.says("/stop web-1")
    yes = key_like(sent_to(bot, oscar)[-1], "Stop it")
    updates = [oscar.press(yes, message_id=9) for _press in range(4)]
    at_once([partial(post, bot, update) for update in updates])
    with scope(account.tenant_id):
        assert PowerAction.objects.count() == 1
