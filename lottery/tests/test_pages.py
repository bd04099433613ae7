"""The portal's pages of giveaways: who may, the list, one giveaway."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Chat, Person
from bots.testing import Someone, make_chat
from lottery.models import Entry, Lottery
from lottery.services.cards import Join
from lottery.testing import finish, make_draft, make_lottery
from lottery.tests.pages import all_of, browser, member, typed, url
from tenants.models import Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
State = Lottery.State


class TestWhoMay:
    def pages(self, lottery: Lottery) -> list[str]:
        one = lottery.public_id
        return ["", "new/", f"{one}/", f"{one}/edit/", f"{one}/status/"]

    def actions(self, lottery: Lottery) -> list[str]:
        one = lottery.public_id
        return [
            "new/",
            "preview/",
            *(f"{one}/{do}/" for do in ("publish", "start", "post", "cancel")),
        ]

    def test_a_stranger_gets_404_everywhere(
        self, tenant: Tenant, bot: Bot, foreign_bot: Bot
    ) -> None:
        lottery = make_draft(bot)
        charlie = browser("charlie@example.org")
        for path in self.pages(lottery):
            assert charlie.get(url(tenant, path)).status_code == 404
        for path in self.actions(lottery):
            assert charlie.post(url(tenant, path)).status_code == 404
        assert all_of(tenant)[0].state == State.DRAFT

    def test_another_tenants_giveaway_is_not_found(
        self, tenant: Tenant, alice: Client, foreign_bot: Bot
    ) -> None:
        foreign = make_draft(foreign_bot)
        for path in self.pages(foreign)[2:]:
            assert alice.get(url(tenant, path)).status_code == 404
        for path in self.actions(foreign)[2:]:
            assert alice.post(url(tenant, path), {"reason": "x"}).status_code == 404

    def test_a_viewer_reads(self, tenant: Tenant, bot: Bot) -> None:
        lottery = make_draft(bot)
        viewer = member(tenant, "viewer")
        assert viewer.get(url(tenant)).status_code == 200
        page = viewer.get(url(tenant, f"{lottery.public_id}/"))
        assert page.status_code == 200
        assert "data-dialog" not in page.content.decode()
        assert viewer.get(url(tenant, "new/")).status_code == 403
        for path in self.actions(lottery):
            assert viewer.post(url(tenant, path)).status_code == 403

    def test_an_operator_writes(self, tenant: Tenant, bot: Bot) -> None:
        operator = member(tenant, "operator")
        assert operator.post(url(tenant, "new/"), typed(bot)).status_code == 302
        assert all_of(tenant)[0].state == State.OPEN


class TestOnePage:
    def test_running(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        lottery = make_lottery(bot, chat=make_chat(bot))
        Someone(bot, first_name="עדה", username="ada").presses(Join(lottery.pk))
        page = alice.get(url(tenant, f"{lottery.public_id}/")).content.decode()
        assert f"https://t.me/{bot.username}?start=g_{lottery.public_id}" in page
        assert "<bdi>עדה</bdi>" in page
        assert "data-countdown" in page
        assert '<canvas data-chart="growth"' in page
        assert lottery.secret_sha256 in page
        assert "<svg" in page

    def test_finished(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        lottery = make_lottery(bot, reserves=1)
        for _ in range(3):
            Someone(bot).presses(Join(lottery.pk))
        finish(lottery)
        page = alice.get(url(tenant, f"{lottery.public_id}/")).content.decode()
        with scope(tenant, transaction=False):
            record = lottery.record
        for shown in (record.record_hash, record.beacon, record.secret, "reserve"):
            assert shown in page
        assert "data-dialog" not in page.partition("<main")[2]

    @pytest.mark.parametrize("kind", ["draft", "scheduled", "empty", "cancelled", "nobody"])
    def test_every_state_has_a_page(
        self, tenant: Tenant, bot: Bot, alice: Client, kind: str
    ) -> None:
        later = timezone.now() + timedelta(minutes=5)
        made = {
            "draft": lambda: make_draft(bot),
            "scheduled": lambda: make_lottery(bot, starts_at=later),
            "empty": lambda: make_lottery(bot),
            "cancelled": lambda: make_lottery(bot),
            "nobody": lambda: finish(make_lottery(bot)),
        }[kind]()
        path = url(tenant, f"{made.public_id}/")
        if kind == "cancelled":
            alice.post(f"{path}cancel/", {"reason": "Rain <3"})
            assert "Rain &lt;3" in alice.get(path).content.decode()
        assert alice.get(path).status_code == 200
        assert alice.get(f"{path}status/").status_code == 200

    def test_the_live_part_asks_for_a_new_page_when_the_state_changed(
        self, tenant: Tenant, bot: Bot, alice: Client
    ) -> None:
        lottery = make_lottery(bot)
        path = url(tenant, f"{lottery.public_id}/status/")
        assert "HX-Refresh" not in alice.get(f"{path}?was=open").headers
        finish(lottery)
        assert alice.get(f"{path}?was=open").headers["HX-Refresh"] == "true"

    def test_the_bot_was_removed_from_the_chat(
        self, tenant: Tenant, bot: Bot, alice: Client
    ) -> None:
        chat = make_chat(bot)
        lottery = make_lottery(bot, chat=chat)
        with scope(tenant):
            Chat.objects.filter(pk=chat.pk).update(state=Chat.State.LEFT)
        path = url(tenant, f"{lottery.public_id}/")
        assert "The bot was removed from" in alice.get(path).content.decode()
        said = alice.post(f"{path}post/", follow=True).content.decode()
        assert "The bot is not in a chat" in said

    def test_queries_do_not_grow_with_the_entries(
        self, tenant: Tenant, bot: Bot, alice: Client, django_assert_max_num_queries: Any
    ) -> None:
        lottery = make_lottery(bot)
        with scope(tenant):
            people = Person.objects.bulk_create(
                Person(bot=bot, tenant=tenant, telegram_id=n, seen_at=timezone.now())
                for n in range(1, 61)
            )
            Entry.objects.bulk_create(
                Entry(
                    tenant=tenant,
                    lottery=lottery,
                    person=person,
                    salt=b"s",
                    tag=b"t",
                    joined_at=timezone.now(),
                )
                for person in people
            )
        with django_assert_max_num_queries(16):
            page = alice.get(url(tenant, f"{lottery.public_id}/?page=2")).content.decode()
        assert "26–50" in page


class TestList:
    def test_filters_search_and_pages(
        self, tenant: Tenant, bot: Bot, alice: Client, django_assert_max_num_queries: Any
    ) -> None:
        make_draft(bot, title="Alpha draft")
        for number in range(27):
            make_lottery(bot, title=f"Raffle {number:02}")
        with django_assert_max_num_queries(10):
            page = alice.get(url(tenant)).content.decode()
        assert "Raffle 26" in page
        assert "Alpha" not in page
        assert "Alpha draft" in alice.get(url(tenant, "?page=2")).content.decode()
        drafts = alice.get(url(tenant, "?state=drafts")).content.decode()
        assert "Alpha draft" in drafts
        assert "Raffle" not in drafts
        assert "Raffle 07" in alice.get(url(tenant, "?q=raffle+07")).content.decode()

    @pytest.mark.parametrize(
        "query", ["?page=x", "?page=999", "?state=%00", "?q=%00%27", "?state=x"]
    )
    def test_nonsense(self, tenant: Tenant, bot: Bot, alice: Client, query: str) -> None:
        make_draft(bot)
        assert alice.get(url(tenant, query)).status_code == 200

    def test_empty(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        assert "No giveaways yet" in alice.get(url(tenant)).content.decode()
        assert "No giveaway matches" in alice.get(url(tenant, "?state=drafts")).content.decode()

    def test_the_home_page_shows_what_runs(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        lottery = make_lottery(bot)
        page = alice.get(f"/t/{tenant.slug}/").content.decode()
        assert url(tenant, f"{lottery.public_id}/") in page


def test_a_bot_goes_with_its_giveaways(tenant: Tenant, bot: Bot) -> None:
    lottery = make_lottery(bot, reserves=1)
    for _ in range(3):
        Someone(bot).presses(Join(lottery.pk))
    finish(lottery)
    with scope(tenant):
        Bot.objects.get(pk=bot.pk).delete()
    assert all_of(tenant) == []
