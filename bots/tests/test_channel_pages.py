"""The portal's pages of channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Bot, Channel, Notice, Person, StaffLink
from bots.services import notices
from bots.testing import make_bot, make_chat
from bots.tests.browsers import login
from bots.tests.channels import add, only
from bots.tests.receivers import Receiver, receiving
from tenants.models import AuditEvent, Membership, Tenant
from tenants.scoping import scope

KEY = "abcd-1234-efgh"
EVENTS = ["bot.broken", "update.parked"]


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


@pytest.fixture
def alice(tenant: Tenant) -> Client:
    return login(tenant)


@pytest.fixture
def bot(tenant: Tenant) -> Bot:
    bot = make_bot(tenant)
    with scope(tenant):
        Person.objects.bulk_create(
            Person(
                tenant=tenant,
                bot=bot,
                telegram_id=number,
                first_name=f"P{number}",
                has_started=True,
                seen_at=timezone.now(),
            )
            for number in range(1, 4)
        )
    return bot


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings) as receiver:
        yield receiver


def actions(tenant: Tenant) -> list[str]:
    with scope(tenant):
        return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def form(**more: Any) -> dict[str, Any]:
    return {"name": "Ops", "events": EVENTS, **more}


def test_an_empty_list_says_what_to_do(alice: Client) -> None:
    page = alice.get("/t/acme/channels/").content.decode()
    assert "No notification channels yet" in page
    assert page.count("/channels/new/") == 4


def test_a_feishu_channel_is_added_and_never_shown_again(alice: Client, tenant: Tenant) -> None:
    answer = alice.post(
        "/t/acme/channels/new/feishu/", form(target=KEY, secret="top-secret"), follow=True
    )
    channel = only(tenant)
    assert channel.target == f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}"
    assert channel.secret == "top-secret"
    assert channel.events == EVENTS
    assert actions(tenant) == ["channel.created"]
    for page in (answer, alice.get(f"/t/acme/channels/{channel.public_id}/edit/")):
        assert KEY not in page.content.decode()
        assert "top-secret" not in page.content.decode()
    with scope(tenant):
        assert KEY not in str(AuditEvent.objects.get().detail)


def test_an_empty_box_keeps_the_secret(alice: Client, tenant: Tenant) -> None:
    channel = add(tenant, kind="feishu", target=KEY, secret="top-secret")
    path = f"/t/acme/channels/{channel.public_id}/edit/"
    alice.post(path, form(name="New name", target="", secret="", is_active="on"))
    kept = only(tenant)
    assert (kept.name, kept.target, kept.secret) == ("New name", KEY, "top-secret")
    assert actions(tenant) == ["channel.changed"]
    alice.post(path, form(name="New name", is_active=""))
    assert not only(tenant).is_active


def test_all_events_ticked_means_all_to_come(alice: Client, tenant: Tenant) -> None:
    from bots import events

    everything = list(events.registered())
    alice.post("/t/acme/channels/new/email/", form(target="a@b.cc", events=everything))
    assert only(tenant).events == []


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("feishu", {"target": "https://evil.example/x"}, "not a Feishu webhook"),
        ("feishu", {"target": ""}, "required"),
        ("email", {"target": "nobody"}, "valid email"),
        ("email", {"target": "a@b.cc", "events": []}, "at least one"),
        ("email", {"target": "a@b.cc", "events": ["no.such"]}, "Select a valid choice"),
        ("webhook", {"target": "http://example.com/"}, "https://"),
        ("webhook", {"target": "https://10.0.0.1/"}, "public internet"),
        ("webhook", {"target": "https://127.1/"}, "public internet"),
        ("webhook", {"target": "https://u:p@example.com/"}, "password"),
        ("telegram", {"target": "x:1"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_explained(
    alice: Client, tenant: Tenant, kind: str, values: dict[str, Any], words: str
) -> None:
    answer = alice.post(f"/t/acme/channels/new/{kind}/", form(**values))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    with scope(tenant):
        assert not Channel.objects.exists()


def test_an_unknown_kind_is_404(alice: Client) -> None:
    assert alice.get("/t/acme/channels/new/pigeon/").status_code == 404


def test_a_webhooks_secret_is_shown_once(alice: Client, tenant: Tenant) -> None:
    answer = alice.post("/t/acme/channels/new/webhook/", form(target="https://example.com/in"))
    channel = only(tenant)
    assert channel.secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    page = f"/t/acme/channels/{channel.public_id}/"
    assert channel.secret not in alice.get(page).content.decode()
    renewed = alice.post(page + "secret/").content.decode()
    assert only(tenant).secret != channel.secret
    assert only(tenant).secret in renewed


def test_a_telegram_channel_takes_a_group_or_the_members_own_account(
    alice: Client, bot: Bot
) -> None:
    group = make_chat(bot, title="Night shift")
    with scope(bot.tenant):
        StaffLink.objects.create(
            tenant=bot.tenant,
            membership=Membership.objects.get(),
            person=Person.objects.get(telegram_id=2),
        )
    page = alice.get("/t/acme/channels/new/telegram/").content.decode()
    assert "Night shift" in page
    assert "P2 (you)" in page
    assert "P1" not in page
    alice.post(
        "/t/acme/channels/new/telegram/", form(target=f"{bot.public_id}:{group.telegram_id}")
    )
    channel = only(bot.tenant)
    assert (channel.target, channel.bot) == (str(group.telegram_id), bot)
    assert "Night shift" in alice.get("/t/acme/channels/").content.decode()


def test_another_tenants_chat_is_no_choice(alice: Client, bot: Bot) -> None:
    foreign = make_bot(Tenant.objects.create(slug="else", name="Else"))
    chat = make_chat(foreign)
    answer = alice.post(
        "/t/acme/channels/new/telegram/", form(target=f"{foreign.public_id}:{chat.telegram_id}")
    )
    assert "Select a valid choice" in answer.content.decode()


def test_the_test_button_tells_its_result_in_words(
    alice: Client, tenant: Tenant, receiver: Receiver
) -> None:
    channel = add(tenant, kind="webhook", target=receiver.url + "/in", secret="s" * 43)
    path = f"/t/acme/channels/{channel.public_id}/"
    for status, words in ((200, "The channel works"), (404, "status 404"), (500, "status 500")):
        receiver.status = status
        pressed = alice.post(path + "test/", headers={"HX-Request": "true"}).content.decode()
        assert "on its way" in pressed
        notices.deliver_due(timezone.now())
        with scope(tenant):
            number = Notice.objects.latest("pk").pk
        result = alice.get(f"{path}test/{number}/").content.decode()
        assert words in result
        assert "hx-get" not in result
    history = alice.get(path).content.decode()
    assert history.count("Test message") >= 3


def test_a_test_without_script_leads_back_to_the_page(alice: Client, tenant: Tenant) -> None:
    channel = add(tenant)
    answer = alice.post(f"/t/acme/channels/{channel.public_id}/test/", follow=True)
    assert "Test message" in answer.content.decode()


def test_a_damaged_channel_can_be_seen_repaired_and_deleted(alice: Client, tenant: Tenant) -> None:
    channel = add(tenant)
    add(tenant, name="Fine")
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute("UPDATE bots_channel SET target = 'x' WHERE id = %s", [channel.pk])
    page = f"/t/acme/channels/{channel.public_id}/"
    assert "cannot be read" in alice.get("/t/acme/channels/").content.decode()
    assert alice.get(page).status_code == 200
    assert alice.get(page + "edit/").status_code == 200
    alice.post(page + "edit/", form(target="new@example.com", is_active="on"))
    assert "new@example.com" in alice.get(page).content.decode()
    assert alice.post(page + "delete/").status_code == 302
    assert only(tenant).name == "Fine"


def test_a_list_costs_the_same_for_many_channels(alice: Client, bot: Bot) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert alice.get("/t/acme/channels/").status_code == 200
        return len(queries)

    add(bot.tenant, kind="telegram", target="1", bot=bot)
    first = count()
    for _number in range(10):
        add(bot.tenant, kind="telegram", target="1", bot=bot)
    assert count() == first
