"""The buttons of a giveaway's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot
from bots.testing import make_chat, outgoing
from lottery.models import Lottery
from lottery.testing import finish, make_draft, make_lottery
from lottery.tests.pages import all_of, url
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

pytestmark = pytest.mark.django_db
State = Lottery.State


class TestActing:
    def test_publish_start_post_cancel(self, tenant: Tenant, bot: Bot, alice: Client) -> None:
        later = timezone.now() + timedelta(minutes=5)
        lottery = make_draft(bot, starts_at=later, chat=make_chat(bot))
        path = url(tenant, f"{lottery.public_id}/")
        for action, state in (
            ("publish", State.SCHEDULED),
            ("start", State.OPEN),
            ("post", State.OPEN),
        ):
            assert alice.post(f"{path}{action}/").status_code == 302
            assert all_of(tenant)[0].state == state
        assert len(outgoing(bot)) == 2
        alice.post(f"{path}cancel/", {"reason": "Rain"})
        assert all_of(tenant)[0].state == State.CANCELLED
        with scope(tenant, transaction=False):
            assert AuditEvent.objects.get(action="giveaway.cancelled").detail == {"reason": "Rain"}

    @pytest.mark.parametrize("action", ["publish", "start", "post", "cancel"])
    def test_too_late(self, tenant: Tenant, bot: Bot, alice: Client, action: str) -> None:
        lottery = finish(make_lottery(bot))
        path = url(tenant, f"{lottery.public_id}/{action}/")
        page = alice.post(path, {"reason": "x"}, follow=True).content.decode()
        assert "Too late: this giveaway is “finished”." in page

    @pytest.mark.parametrize(
        ("reason", "message"), [("  ", "Say why"), ("x" * 201, "Use at most 200 characters")]
    )
    def test_a_reason_that_will_not_do(
        self, tenant: Tenant, bot: Bot, alice: Client, reason: str, message: str
    ) -> None:
        lottery = make_lottery(bot)
        response = alice.post(url(tenant, f"{lottery.public_id}/cancel/"), {"reason": reason})
        assert response.status_code == 200
        assert message in response.content.decode()
        assert all_of(tenant)[0].state == State.OPEN

    def test_publish_a_draft_whose_end_has_passed(
        self, tenant: Tenant, bot: Bot, alice: Client
    ) -> None:
        draft = make_draft(bot)
        with scope(tenant):
            Lottery.objects.filter(pk=draft.pk).update(
                ends_at=timezone.now() - timedelta(minutes=1)
            )
        path = url(tenant, f"{draft.public_id}/publish/")
        assert "This end has passed already." in alice.post(path, follow=True).content.decode()
        assert all_of(tenant)[0].state == State.DRAFT

    @pytest.mark.parametrize("action", ["publish", "start", "post", "cancel", "preview"])
    def test_only_by_post(self, tenant: Tenant, bot: Bot, alice: Client, action: str) -> None:
        lottery = make_draft(bot)
        rest = "preview/" if action == "preview" else f"{lottery.public_id}/{action}/"
        assert alice.get(url(tenant, rest)).status_code == 405
