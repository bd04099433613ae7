"""How staff hear of things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bots import events
from bots.gateways import mail as mail_gateway
from bots.gateways.errors import Refused
from bots.models import Bot, Channel, Chat, Notice, OutboxMessage, Person
from bots.services import chats, notices
from bots.services.notice_delivery import LEASE, WAITS
from bots.testing import make_bot, outgoing
from bots.tests.receivers import Receiver, receiving
from emulators.feishu import SIGNED_KEY, SIGNED_SECRET, FeishuEmulator
from emulators.httpd import Server
from tenants.models import Tenant
from tenants.scoping import ScopeError, scope

State = Notice.State
Kind = Channel.Kind
DUE, SENDING, SENT, FAILED = State.DUE, State.SENDING, State.SENT, State.FAILED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def other(db: None) -> Tenant:
    return Tenant.objects.create(slug="other", name="Other")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def add(tenant: Tenant, kind: str, target: str, **more: Any) -> Channel:
    with scope(tenant):
        channel: Channel = Channel.objects.create(
            tenant=tenant, kind=kind, name=more.pop("name", kind), target=target, **more
        )
    return channel


def hook(tenant: Tenant, receiver: Receiver, path: str = "/in", **more: Any) -> Channel:
    return add(tenant, Kind.WEBHOOK, receiver.url + path, secret="s" * 43, **more)


def tell(tenant: Tenant, title: str = "News", event: str = "bot.broken", **data: Any) -> int:
    with scope(tenant):
        return notices.notify(event, title, "What happened", data)


def rows(tenant: Tenant) -> list[Notice]:
    with scope(tenant, transaction=False):
        return list(Notice.objects.order_by("pk"))


def states(tenant: Tenant) -> list[str]:
    return [row.state for row in rows(tenant)]


def fresh(channel: Channel) -> Channel:
    with scope(channel.tenant_id, transaction=False):
        return Channel.objects.get(pk=channel.pk)


# --- Who is told


def test_without_a_scope_nothing_is_written(tenant: Tenant) -> None:
    with pytest.raises(ScopeError):
        notices.notify("bot.broken", "t", "x")


def test_without_channels_nothing_is_written(tenant: Tenant) -> None:
    assert tell(tenant) == 0
    assert rows(tenant) == []


def test_channels_get_the_events_they_chose(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "all@example.com")
    add(tenant, Kind.EMAIL, "one@example.com", events=["bot.broken"])
    add(tenant, Kind.EMAIL, "two@example.com", events=["update.parked"])
    add(tenant, Kind.EMAIL, "off@example.com", is_active=False)
    assert tell(tenant) == 2
    notices.deliver_due(timezone.now())
    assert sorted(m.to[0] for m in mail.outbox) == ["all@example.com", "one@example.com"]


def test_another_tenant_is_told_nothing(tenant: Tenant, other: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    add(other, Kind.EMAIL, "b@example.com")
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert [m.to for m in mail.outbox] == [["a@example.com"]]
    assert rows(other) == []


def test_a_rolled_back_transaction_tells_nothing(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    with scope(tenant):
        notices.notify("bot.broken", "t", "x")
        transaction.set_rollback(True)
    assert rows(tenant) == []


def test_lazy_texts_are_said_in_the_tenants_language(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    tenant.language = "zh-hans"
    tenant.save()
    with scope(tenant):
        notices.notify("bot.broken", _("January"), format_lazy("{a}!", a=_("Monday")))
    assert (rows(tenant)[0].title, rows(tenant)[0].text) == ("一月", "星期一!")


def test_every_kind_has_a_title() -> None:
    kinds = events.registered()
    assert {"bot.broken", "update.parked", "giveaway.drawn"} <= set(kinds)
    assert all(len(kind) <= 40 and events.title(kind) != kind for kind in kinds)
    assert events.title("nobody.knows") == "nobody.knows"


# --- Storms


def test_a_storm_is_one_notice_and_a_count(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    notices.deliver_due(now)
    for _number in range(40):
        tell(tenant)
    notices.deliver_due(now + timedelta(minutes=1))
    assert receiver.events() == ["News"]
    notices.deliver_due(now + timedelta(minutes=6))
    assert receiver.events() == ["News"] * 2
    assert "40 times" in receiver.posts[1][0]["text"]
    assert receiver.posts[1][0]["data"]["count"] == 40


def test_what_waits_is_counted_at_once(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert "2 times" in receiver.posts[0][0]["text"]


def test_other_titles_and_other_channels_are_not_collapsed(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver, "/a")
    hook(tenant, receiver, "/b")
    tell(tenant, "One")
    tell(tenant, "Two")
    notices.deliver_due(timezone.now())
    assert receiver.events("/a") == receiver.events("/b") == ["One", "Two"]


def test_after_the_storm_the_next_goes_out_at_once(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    notices.deliver_due(timezone.now())
    with scope(tenant):
        Notice.objects.update(due_at=timezone.now() - timedelta(minutes=6))
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert len(receiver.posts) == 2


# --- Delivery


def test_a_delivered_notice_is_not_delivered_again(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    tell(tenant)
    assert notices.deliver_due(timezone.now()) == 1
    assert notices.deliver_due(timezone.now() + timedelta(days=1)) == 0
    assert states(tenant) == [SENT]
    assert fresh(channel).last_ok_at is not None


def test_a_refusal_fails_and_shows_at_the_channel(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    receiver.status = 404
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert states(tenant) == [FAILED]
    assert "404" in rows(tenant)[0].error
    assert "404" in fresh(channel).last_error
    receiver.status = 200
    tell(tenant, "Later")
    notices.deliver_due(timezone.now())
    assert fresh(channel).last_error == ""


def test_a_broken_service_is_tried_again_less_and_less_often(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status = 500
    tell(tenant)
    now = timezone.now()
    for number, wait in enumerate(WAITS, start=1):
        notices.deliver_due(now)
        row = rows(tenant)[0]
        assert (row.state, row.attempts, row.due_at) == (DUE, number, now + wait)
        assert notices.deliver_due(now + wait - timedelta(seconds=1)) == 0
        now += wait
    notices.deliver_due(now)
    assert states(tenant) == [FAILED]
    assert len(receiver.posts) == len(WAITS) + 1
    ids = {body["id"] for body, _environ in receiver.posts}
    assert len(ids) == 1  # the receiver can tell a repeat


def test_a_busy_service_is_left_in_peace_for_as_long_as_it_asks(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status, receiver.headers = 429, [("Retry-After", "600")]
    tell(tenant)
    now = timezone.now()
    notices.deliver_due(now)
    assert rows(tenant)[0].due_at == now + timedelta(minutes=10)


def test_a_poisoned_channel_stops_only_itself(
    tenant: Tenant, other: Tenant, receiver: Receiver
) -> None:
    bad = hook(tenant, receiver, "/bad")
    damaged = hook(tenant, receiver, "/damaged")
    hook(tenant, receiver, "/good")
    hook(other, receiver, "/other")
    receiver.by_path["/bad"] = 500
    with connection.cursor() as cursor, scope(tenant):
        cursor.execute(
            "UPDATE bots_channel SET target = 'no ciphertext' WHERE id = %s", [damaged.pk]
        )
    tell(tenant, "One")
    tell(tenant, "Two")
    tell(other, "Three")
    notices.deliver_due(timezone.now())
    assert receiver.events("/good") == ["One", "Two"]
    assert receiver.events("/other") == ["Three"]
    # the second notice did not even knock, and kept its attempts
    assert receiver.events("/bad") == ["One"]
    assert [r.attempts for r in rows(tenant) if r.channel_id == bad.pk] == [1, 0]
    assert [r.state for r in rows(tenant) if r.channel_id == damaged.pk] == [FAILED] * 2


def test_what_was_put_off_goes_out_when_the_channel_works_again(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    receiver.status = 500
    for title in ("One", "Two", "Three", "Four", "Five"):
        tell(tenant, title)
    now = timezone.now()
    notices.deliver_due(now)
    receiver.status = 200
    for _tick in range(3):
        now += WAITS[0]
        notices.deliver_due(now)
    assert receiver.events()[1:] == ["One", "Two", "Three", "Four", "Five"]


def test_a_pass_takes_few_of_one_channel_and_the_next_pass_goes_on(
    tenant: Tenant, receiver: Receiver
) -> None:
    hook(tenant, receiver)
    titles = [f"No {number}" for number in range(7)]
    for title in titles:
        tell(tenant, title)
    now = timezone.now()
    assert [notices.deliver_due(now) for _tick in range(4)] == [3, 3, 1, 0]
    assert receiver.events() == titles


def test_a_channel_silent_for_a_day_forgets_old_news(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    notices.deliver_due(timezone.now() + timedelta(hours=25))
    assert states(tenant) == [FAILED]
    assert receiver.posts == []


def test_the_notices_of_a_suspended_tenant_wait(tenant: Tenant, receiver: Receiver) -> None:
    hook(tenant, receiver)
    tell(tenant)
    tenant.state = Tenant.State.SUSPENDED
    tenant.save()
    assert notices.deliver_due(timezone.now()) == 0
    assert states(tenant) == [DUE]


# --- Killed workers


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, not even `except Exception`."""


def kill_in(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    monkeypatch.setattr(f"bots.services.notice_delivery.{where}", die)


def test_a_worker_killed_while_talking_costs_a_lease(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    with monkeypatch.context() as patch:
        kill_in(patch, "_settle")
        with pytest.raises(Killed):
            notices.deliver_due(now)
    assert states(tenant) == [SENDING]
    assert notices.deliver_due(now + LEASE / 2) == 0
    assert notices.deliver_due(now + LEASE) == 1
    assert states(tenant) == [SENT]
    assert len({body["id"] for body, _environ in receiver.posts}) == 1


def test_a_notice_that_kills_every_worker_is_given_up(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    kill_in(monkeypatch, "_settle")
    for _attempt in range(len(WAITS) + 1):
        with pytest.raises(Killed):
            notices.deliver_due(now)
        now += LEASE
    assert notices.deliver_due(now) == 0
    assert states(tenant) == [FAILED]


def test_two_workers_deliver_once(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant, "One")
    tell(tenant, "Two")
    now = timezone.now()
    second = during_talk(monkeypatch, lambda: notices.deliver_due(now))
    notices.deliver_due(now)
    assert second == [0]
    assert receiver.events() == ["One", "Two"]


def test_a_worker_that_lost_its_lease_changes_nothing(
    tenant: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(tenant, receiver)
    tell(tenant)
    now = timezone.now()
    receiver.status = 500
    # while the first talks, its lease runs out and a second gives the notice up for now
    during_talk(monkeypatch, lambda: notices.deliver_due(now + LEASE))
    notices.deliver_due(now)
    assert rows(tenant)[0].attempts == 2
    assert rows(tenant)[0].due_at == now + LEASE + WAITS[1]


def during_talk(monkeypatch: pytest.MonkeyPatch, act: Callable[[], int]) -> list[int]:
    """Have `act` done by another worker after the first has talked, before it writes it down."""
    from bots.services import notice_delivery

    settle = notice_delivery._settle
    results: list[int] = []

    def interrupted(way: Any, outcomes: Any, now: datetime) -> None:
        if not results:
            results.append(-1)
            results[0] = act()
        settle(way, outcomes, now)

    monkeypatch.setattr(notice_delivery, "_settle", interrupted)
    return results


# --- Each kind of channel


def test_feishu_is_told(tenant: Tenant, settings: Any) -> None:
    emulator = FeishuEmulator()
    with Server(emulator.app) as server:
        settings.FEISHU_API_URL = server.url
        add(tenant, Kind.FEISHU, SIGNED_KEY, secret=SIGNED_SECRET)
        tell(tenant, "机器人停了")
        notices.deliver_due(timezone.now())
    emulator.close()
    assert emulator.messages(SIGNED_KEY)[0]["body"]["card"]["header"]["title"]["content"] == (
        "机器人停了"
    )


def test_mail_takes_no_header_from_a_title(tenant: Tenant) -> None:
    add(tenant, Kind.EMAIL, "a@example.com")
    tell(tenant, "One\r\nBcc: evil@example.com")
    notices.deliver_due(timezone.now())
    assert mail.outbox[0].subject == "[Botharbor] One Bcc: evil@example.com"
    assert states(tenant) == [SENT]


def test_a_mail_server_that_is_away_is_tried_again(tenant: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    add(tenant, Kind.EMAIL, "a@example.com")
    tell(tenant)
    notices.deliver_due(timezone.now())
    assert states(tenant) == [DUE]
    assert "mail server" in rows(tenant)[0].error


@pytest.mark.parametrize(("code", "is_final"), [(421, False), (452, False), (550, True)])
def test_what_a_mail_server_says_decides(code: int, is_final: bool) -> None:  # noqa: FBT001
    error = mail_gateway.judged(code, b"5.1.1 no such mailbox")
    assert isinstance(error, Refused) is is_final


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    return make_bot(tenant)


def chat_channel(bot: Bot, chat_id: int = 77) -> Channel:
    return add(bot.tenant, Kind.TELEGRAM, str(chat_id), bot=bot)


def test_a_telegram_chat_is_told_through_the_outbox(bot: Bot) -> None:
    chat_channel(bot)
    tell(bot.tenant, "<b>1</b> & 2", url="https://botharbor.test/t/acme/")
    notices.deliver_due(timezone.now())
    [message] = outgoing(bot)
    assert message.chat_id == 77
    assert message.priority == OutboxMessage.Priority.NOTICE
    assert message.params["text"].startswith("<b>&lt;b&gt;1&lt;/b&gt; &amp; 2</b>\n")
    assert message.params["reply_markup"]["inline_keyboard"][0][0]["url"].startswith("https://")
    assert states(bot.tenant) == [SENT]


def test_a_long_text_fits_into_a_telegram_message(bot: Bot) -> None:
    chat_channel(bot)
    with scope(bot.tenant):
        notices.notify("bot.broken", "😀" * 200, "😀" * 9_000)
    notices.deliver_due(timezone.now())
    text = outgoing(bot)[0].params["text"].replace("<b>", "").replace("</b>", "")
    assert len(text.encode("utf-16-le")) // 2 <= 4096 + 200


def test_a_worker_killed_at_a_telegram_chat_leaves_nothing_or_all(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_channel(bot)
    tell(bot.tenant)
    now = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr("bots.services.outbox.nudge_after_commit", raise_killed)
        with pytest.raises(Killed):
            notices.deliver_due(now)
    assert outgoing(bot) == []
    notices.deliver_due(now + LEASE)
    assert len(outgoing(bot)) == 1


def raise_killed(*args: Any) -> None:
    raise Killed


def close(bot: Bot, how: str) -> None:
    now = timezone.now()
    person = {"bot": bot, "telegram_id": 77, "seen_at": now}
    with scope(bot.tenant):
        if how == "off":
            Bot.objects.update(state=Bot.State.DISABLED)
        elif how == "blocked":
            Person.objects.create(tenant=bot.tenant, blocked_at=now, **person)
        elif how == "removed":
            Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=77, state=Chat.State.LEFT)
        else:
            Channel.objects.update(bot=None)


@pytest.mark.parametrize("how", ["off", "blocked", "removed", "deleted"])
def test_a_chat_that_is_closed_fails_in_words(bot: Bot, how: str) -> None:
    channel = chat_channel(bot)
    close(bot, how)
    tell(bot.tenant)
    notices.deliver_due(timezone.now())
    assert states(bot.tenant) == [FAILED]
    assert fresh(channel).last_error
    assert outgoing(bot) == []


def test_a_chat_is_not_told_in_itself_that_it_cannot_be_told(bot: Bot) -> None:
    chat_channel(bot, 77)
    add(bot.tenant, Kind.EMAIL, "a@example.com")
    told = tell(bot.tenant, event="outbox.failed", bot=bot.public_id, chat_id=77)
    assert told == 1
    with scope(bot.tenant):
        assert Notice.objects.get().channel.kind == Kind.EMAIL


def test_a_channel_follows_a_group_that_moves(bot: Bot) -> None:
    channel = chat_channel(bot, -5)
    with scope(bot.tenant):
        Chat.objects.create(tenant=bot.tenant, bot=bot, telegram_id=-5, kind="group")
        chats.migrate(bot.pk, -5, -1005)
    assert fresh(channel).target == "-1005"


# --- The test button


def test_a_test_is_tried_once_and_not_put_off(tenant: Tenant, receiver: Receiver) -> None:
    channel = hook(tenant, receiver)
    receiver.status = 500
    for title in ("One", "Two", "Three", "Four"):
        tell(tenant, title)
    with scope(tenant):
        notice = notices.test(channel)
    notices.deliver_due(timezone.now())
    assert receiver.posts[0][0]["event"] == events.TEST
    with scope(tenant):
        notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (FAILED, 1)
    assert "500" in notice.error


def test_looking_for_due_notices_costs_one_query_where_there_are_none(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as queries:
        notices.deliver_due(timezone.now())
    assert len(queries) <= 1
