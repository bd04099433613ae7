"""Builders for the tests of the operators' admin: rows of every model in two tenants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from bots.models import (
    Bot,
    Broadcast,
    Channel,
    FailedUpdate,
    Notice,
    OutboxMessage,
    Person,
)
from bots.testing import Someone, make_bot, make_chat
from config.tests import ovh_rows, traffic_rows
from lottery.models import Lottery
from lottery.services.cards import Join
from lottery.testing import finish, make_lottery
from tenants.ids import random_text
from tenants.models import AccountMail, Heartbeat, Lease, Tenant, User
from tenants.scoping import scope
from tenants.services import api_keys
from tenants.services.audit import Actor
from tenants.services.tenants import create_tenant

TESTER = Actor(kind="system", name="tests")


@dataclass
class Cast:
    """One tenant with a row of everything, and the secrets that no page may show."""

    tenant: Tenant
    owner: User
    bot: Bot
    # drawn, so its secret is public; the other one still runs
    lottery: Lottery
    running: Lottery
    failed: FailedUpdate
    message: OutboxMessage
    api_key_pk: int
    secrets: list[str] = field(default_factory=list)


def make_operator(email: str = "operator@example.org") -> User:
    """Create an operator with every right."""
    user: User = User.objects.create_superuser(email, "x" * 12)
    return user


def logged_in(user: User) -> Client:
    """Return a browser of somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client


def make_cast(name: str, *, rows: int = 1) -> Cast:
    """Create a tenant with at least `rows` rows of each model."""
    owner: User = User.objects.create_user(f"owner@{name}.example", "x" * 12)
    tenant = create_tenant(name, owner=owner, actor=TESTER, slug=name)
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    totp = random_text(32)
    Authenticator.objects.create(user=owner, type="totp", data={"secret": totp})
    AccountMail.objects.create(
        address=owner.email, content={"body": "hush-hush"}, created_at=timezone.now()
    )
    token = f"7{sum(map(ord, name)):09d}:{random_text(35)}"
    bot = make_bot(tenant, token=token)
    make_chat(bot)
    with scope(tenant):
        key, text = api_keys.create("robot", ["full"], actor=TESTER, created_by=owner)
    lottery, running = finished_lottery(bot), make_lottery(bot)
    for _row in range(rows):
        failed, message = _add_rows(bot, owner, token)
    secrets = [token, text, totp, running.secret, "hush-hush", owner.password]
    secrets += ovh_rows.make_accounts(tenant, rows=rows)
    secrets += traffic_rows.make_accounts(tenant, rows=rows)
    return Cast(tenant, owner, bot, lottery, running, failed, message, key.pk, secrets)


def finished_lottery(bot: Bot) -> Lottery:
    """Hold a giveaway that one person joined."""
    lottery = make_lottery(bot)
    Someone(bot).presses(Join(lottery=lottery.pk))
    return finish(lottery)


def _add_rows(bot: Bot, owner: User, token: str) -> tuple[FailedUpdate, OutboxMessage]:
    now = timezone.now()
    with scope(bot.tenant):
        number = FailedUpdate.objects.count() + 1
        Broadcast.objects.create(bot=bot, text="Hello all", created_by=owner)
        failed = FailedUpdate.objects.create(
            bot=bot,
            update_id=number,
            kind="message",
            update={"update_id": number, "message": {"text": f"mine is {token}"}},
            attempts=3,
            error=f"HTTPError: https://api.telegram.org/bot{token}/sendMessage",
            traceback=f"Traceback …\n  bot{token}",
            state=FailedUpdate.State.PARKED,
            last_at=now,
        )
        message = make_message(bot, params={"text": f"your token {token}"})
        channel = Channel.objects.create(
            bot=bot,
            kind="webhook",
            name=f"ops {number}",
            target="https://hooks.example.com/hush-hush",
            secret="hush-hush",
            last_error=f"refused by bot{token}",
        )
        Notice.objects.create(
            channel=channel, event="bot.broken", title="Broken", text=f"t {token}", due_at=now
        )
        Person.objects.create(
            bot=bot, telegram_id=900_000 + number, first_name="Zoë", seen_at=now, has_started=True
        )
    return failed, message


def make_message(bot: Bot, **changes: object) -> OutboxMessage:
    """Put a message that was given up into a bot's outbox; needs its tenant's scope."""
    now = timezone.now()
    wanted = {
        "bot": bot,
        "chat_id": 42,
        "method": "sendMessage",
        "params": {"text": "hi"},
        "state": OutboxMessage.State.FAILED,
        "attempts": 5,
        "due_at": now - timedelta(minutes=5),
        "created_at": now - timedelta(minutes=5),
        "error": "Bad Request",
    }
    message: OutboxMessage = OutboxMessage.objects.create(**wanted | changes)
    return message


def fill_global_tables(user: User) -> None:
    """Create the rows that belong to no tenant."""
    ovh_rows.fill_shared_tables()
    traffic_rows.fill_shared_tables()
    Heartbeat.objects.create(name="worker", at=timezone.now())
    Lease.objects.create(name="poller", holder="abc", until=timezone.now())
    interval = IntervalSchedule.objects.create(every=5, period="seconds")
    crontab = CrontabSchedule.objects.create(minute="5")
    PeriodicTask.objects.create(name="beat", task="config.tasks.heartbeat", interval=interval)
    PeriodicTask.objects.create(name="night", task="bots.tasks.purge", crontab=crontab)
    Group.objects.create(name="support")
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr="x",
        action_flag=CHANGE,
        change_message="changed",
    )
