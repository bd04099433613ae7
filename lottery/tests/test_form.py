"""The giveaway form."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot
from bots.testing import make_chat, outgoing
from lottery.models import Lottery
from lottery.testing import make_draft, make_lottery, prizes
from lottery.tests.pages import all_of, local, png, typed, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
State = Lottery.State


class TestCreating:
    def test_publish(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        chat = make_chat(bot)
        data = typed(
            bot,
            chat=chat.pk,
            prizes__TOTAL_FORMS="3",
            prizes__1__name="",
            prizes__1__count="1",
            prizes__2__name="Pen",
            prizes__2__count="5",
        )
        response = alice.post(url(tenant, "new/"), data, follow=True)
        [lottery] = all_of(tenant)
        assert (lottery.state, lottery.number, lottery.chat) == (State.OPEN, 1, chat)
        with scope(tenant, transaction=False):
            lines = [(one.tier, one.name, one.count) for one in lottery.prizes.all()]
            events = AuditEvent.objects.filter(action__startswith="giveaway.").order_by("pk")
            assert [one.action for one in events] == ["giveaway.created", "giveaway.published"]
            assert events[0].actor_name == "alice@example.org"
        assert lines == [(1, "Phone", 1), (2, "Pen", 5)]
        assert "It is running." in response.content.decode()
        assert [message.chat_id for message in outgoing(bot)] == [chat.telegram_id]

    def test_draft(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        data = typed(bot, draft="1")
        del data["publish"]
        alice.post(url(tenant, "new/"), data)
        [lottery] = all_of(tenant)
        assert lottery.state == State.DRAFT
        assert lottery.starts_at is None

    def test_later(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        start = timezone.now() + timedelta(hours=2)
        alice.post(url(tenant, "new/"), typed(bot, starts_at=local(start)))
        assert all_of(tenant)[0].state == State.SCHEDULED

    def test_times_are_on_the_clocks_of_the_zone(
        self, tenant: Tenant, bot: Bot, alice: Client
    ) -> None:
        year = timezone.now().year + 1
        data = typed(bot, ends_at=f"{year}-01-05T20:00", time_zone="Asia/Taipei")
        with_start = {**data, "starts_at": f"{year}-01-04T08:00"}
        alice.post(url(tenant, "new/"), with_start)
        [lottery] = all_of(tenant)
        assert lottery.ends_at.isoformat() == f"{year}-01-05T12:00:00+00:00"
        page = alice.get(url(tenant, f"{lottery.public_id}/edit/")).content.decode()
        assert f'value="{year}-01-05T20:00"' in page

    def test_a_picture(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        alice.post(url(tenant, "new/"), typed(bot, image=png()))
        [lottery] = all_of(tenant)
        assert re.fullmatch(r"lottery/\w{22}\.png", str(lottery.image.name))
        assert lottery.image.url in alice.get(url(tenant, f"{lottery.public_id}/")).content.decode()

    def test_change_a_draft(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        draft = make_draft(bot, prizes=prizes(("Phone", 1), ("Pen", 2)))
        page = alice.get(url(tenant, f"{draft.public_id}/edit/")).content.decode()
        assert 'value="Pen"' in page
        alice.post(url(tenant, f"{draft.public_id}/edit/"), typed(bot, title="Better", draft="1"))
        [lottery] = all_of(tenant)
        assert lottery.title == "Better"
        with scope(tenant, transaction=False):
            assert [prize.name for prize in lottery.prizes.all()] == ["Phone"]

    def test_what_runs_is_not_changed(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        lottery = make_lottery(bot)
        path = url(tenant, f"{lottery.public_id}/edit/")
        assert alice.get(path).status_code == 302
        alice.post(path, typed(bot, title="Sneaky"))
        assert all_of(tenant)[0].title == "Summer raffle"

    def test_without_javascript_a_line_more(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        data = typed(bot, add_prize="1", title="")
        page = alice.post(url(tenant, "new/"), data).content.decode()
        assert 'name="prizes-1-name"' in page
        assert 'value="Phone"' in page
        assert "field is required" not in page
        assert all_of(tenant) == []

    def test_without_a_bot(self, tenant: Tenant, alice: Client) -> None:
        assert "First a bot" in alice.get(url(tenant)).content.decode()
        assert alice.get(url(tenant, "new/")).status_code == 302

    def test_preview(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        page = alice.post(
            url(tenant, "preview/"), typed(bot, title="<b>Hi</b> 🎉")
        ).content.decode()
        assert "🎁 <b>&lt;b&gt;Hi&lt;/b&gt; 🎉</b>" in page
        assert "• Phone" in page

    @pytest.mark.parametrize(
        "data", [{}, {"prizes-TOTAL_FORMS": "x", "ends_at": "?", "bot": "\x00"}]
    )
    def test_preview_of_nonsense(self, tenant: Tenant, bot: Bot, alice: Client, data: Any) -> None:
        assert alice.post(url(tenant, "preview/"), data).status_code == 200
