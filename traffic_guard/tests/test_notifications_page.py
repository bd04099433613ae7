"""The page of who hears of servers and traffic, and samples to try it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Channel, Notice
from bots.services import notices
from bots.services.listed_chats import MOST
from bots.testing import Someone, make_bot, make_chat, make_newer_chats, outgoing
from emulators.feishu import DEMO_KEY, FeishuEmulator
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Preferences
from traffic_guard.tests.pages import member, text_of, url


@pytest.fixture
def channel(tenant: Tenant) -> Channel:
    """A Feishu group that is told of planned stops alone."""
    with scope(tenant):
        found: Channel = Channel.objects.create(
            tenant=tenant,
            kind="feishu",
            name="Ops group",
            target=f"https://open.feishu.cn/open-apis/bot/v2/hook/{DEMO_KEY}",
            events=["traffic.stop_planned", "bot.broken"],
        )
    return found


def test_operators_choose_who_is_told_and_it_is_noted(bot: Bot, tenant: Tenant) -> None:
    group = make_chat(bot, title="Ops")
    page, form = url(tenant, "notifications/"), member(tenant, "operator")
    values = {
        "chat": str(group.pk),
        "muted_until": "2026-12-24T20:00",
        "daily_hour": "8",
        "weekly_day": "0",
        "weekly_hour": "9",
    }
    answer = form.post(page, values, follow=True)
    assert "Saved." in text_of(answer)
    with scope(tenant):
        found = Preferences.objects.get()
        assert AuditEvent.objects.filter(action="traffic_settings.changed").count() == 1
    assert (found.chat_id, found.tells_staff, found.daily_hour) == (group.pk, False, 8)
    assert (found.weekly_day, found.weekly_hour) == (0, 9)
    wrong = form.post(page, {**values, "chat": "999", "daily_hour": "24"})
    assert "Not saved yet" in text_of(wrong)


def test_a_group_that_fell_out_of_the_list_meanwhile_is_taken(
    bot: Bot, tenant: Tenant, alice: Client
) -> None:
    group = make_chat(bot, title="Ops")
    raffles = make_chat(make_bot(tenant, products=("lottery",)), title="Raffles")
    make_newer_chats(bot, MOST)
    page, values = url(tenant, "notifications/"), {"weekly_hour": "9"}
    refused = alice.post(page, {**values, "chat": str(raffles.pk)})
    assert "Select a valid choice." in text_of(refused)
    wrong = alice.post(page, {"weekly_hour": "24", "chat": str(group.pk)})
    assert f'<option value="{group.pk}" selected>' in wrong.content.decode()
    assert alice.post(page, {**values, "chat": str(group.pk)}).status_code == 302
    with scope(tenant):
        assert Preferences.objects.get().chat_id == group.pk


def test_the_page_shows_channels_with_their_events_and_linked_members(
    bot: Bot, oscar: Someone, tenant: Tenant, channel: Channel, alice: Client
) -> None:
    text = text_of(alice.get(url(tenant, "notifications/")))
    for part in (
        "Ops group",
        "A server is about to be stopped",
        "Choose events",
        "alice@example.org",
        "not linked",
        f"@{bot.username}",
    ):
        assert part in text
    assert "A bot stopped working" not in text
    assert "A server was started" not in text


def test_queries_do_not_grow_with_channels_and_members(
    bot: Bot, tenant: Tenant, alice: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        member(tenant, "viewer")
        with scope(tenant):
            Channel.objects.create(
                tenant=tenant, kind="email", name=f"Mail {number}", target="a@example.org"
            )
    with django_assert_max_num_queries(16):
        alice.get(url(tenant, "notifications/"))


def test_a_viewer_reads_and_a_stranger_sees_nothing(
    tenant: Tenant, channel: Channel, charlie: Client
) -> None:
    vera = member(tenant, "viewer")
    page = url(tenant, "notifications/")
    assert "Operators of this workspace can change these" in text_of(vera.get(page))
    test_one = url(tenant, f"notifications/{channel.public_id}/test/")
    for path in (page, url(tenant, "notifications/test/"), test_one):
        assert vera.post(path).status_code == 403
        assert charlie.post(path).status_code == 404
    with scope(tenant):
        assert not Notice.objects.exists()
        assert not Preferences.objects.exists()


def test_a_sample_card_reaches_feishu_and_the_page_says_so(
    tenant: Tenant, channel: Channel, feishu: FeishuEmulator
) -> None:
    olga = member(tenant, "operator")
    path = url(tenant, f"notifications/{channel.public_id}/test/")
    waiting = olga.post(path, headers={"HX-Request": "true"})
    assert "on its way" in text_of(waiting)
    notices.deliver_due(timezone.now())
    with scope(tenant):
        [notice] = Notice.objects.all()
    assert "Arrived" in text_of(olga.get(f"{path}{notice.pk}/"))
    [message] = feishu.messages(DEMO_KEY)
    card = message["body"]["card"]
    assert "Sample: web-1 will be stopped at" in card["header"]["title"]["content"]
    assert "only a sample" in str(card)
    assert "/act/" not in str(card)


def test_a_sample_that_feishu_refuses_is_shown_as_such(
    tenant: Tenant, channel: Channel, feishu: FeishuEmulator
) -> None:
    with scope(tenant):
        channel.target = "https://open.feishu.cn/open-apis/bot/v2/hook/gone-gone-gone"
        channel.save(update_fields=["target"])
    olga = member(tenant, "operator")
    path = url(tenant, f"notifications/{channel.public_id}/test/")
    olga.post(path)
    notices.deliver_due(timezone.now())
    with scope(tenant):
        [notice] = Notice.objects.all()
    assert "It did not arrive" in text_of(olga.get(f"{path}{notice.pk}/"))


def test_samples_go_to_all_chats_that_are_told(bot: Bot, oscar: Someone, tenant: Tenant) -> None:
    olga = member(tenant, "operator")
    answer = olga.post(url(tenant, "notifications/test/"), follow=True)
    assert "A sample goes to 1 chat." in text_of(answer)
    assert "only a sample" in outgoing(bot)[-1].params["text"]
    with scope(tenant):
        Preferences.objects.update(tells_staff=False)
    answer = olga.post(url(tenant, "notifications/test/"), follow=True)
    assert "Nobody is told" in text_of(answer)
