"""How long it is kept what was told in chats, and what was asked for there."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenants.scoping import unscoped
from traffic_guard.models import Bulletin, ChatRequest

# No message is edited any more by then: a cycle lasts a month.
BULLETINS = timedelta(days=62)
# its message shows what became of it as long as that
REQUESTS = timedelta(days=7)
AT_ONCE = 1000


def prune(now: datetime) -> int:
    """Delete what is too old, some at a time; return how many rows."""
    with unscoped("the clock cleans up after all tenants"):
        told = Bulletin.objects.filter(opened_at__lt=now - BULLETINS)
        asked = ChatRequest.objects.filter(expires_at__lt=now - REQUESTS)
        count = 0
        for rows in (told, asked):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            count += rows.filter(pk__in=ids).delete()[0]
    return count
