"""Failed messages are few among many: whoever lists them must not read all the others."""

from __future__ import annotations

import pytest
from django.db import connection

from bots.messages import send
from bots.models import Bot, OutboxMessage
from bots.services import outbox, overview
from bots.testing import make_bot
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


@pytest.fixture
def bot() -> Bot:
    """A bot with three thousand messages that were sent, and three that failed."""
    bot = make_bot(Tenant.objects.create(slug="acme", name="Acme"))
    with scope(bot.tenant):
        for _batch in range(6):
            outbox.write(bot, [send(7, "x")] * 500)
        OutboxMessage.objects.update(state=State.SENT)
        newest = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True)[:3]
        OutboxMessage.objects.filter(pk__in=list(newest)).update(state=State.FAILED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bots_outboxmessage")
    return bot


def test_a_bots_page_of_failures_reads_them_by_their_index(bot: Bot) -> None:
    with scope(bot.tenant):
        page = overview.undelivered(bot)[:25]
        assert "outbox_failed" in page.explain()
        assert len(page) == 3


def test_the_operators_count_and_list_read_them_by_their_index(bot: Bot) -> None:
    with unscoped("as the operators' admin does"):
        failed = OutboxMessage.objects.filter(state=State.FAILED)
        assert "outbox_failed" in failed.values("pk").explain()
        assert "outbox_failed" in failed.order_by("-pk")[:100].explain()
