"""What the portal's home page shows of servers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from ovh_sniper.models import Account, Alert, Order, Wish
from ovh_sniper.services.ordering import queue
from ovh_sniper.services.orders import listing
from ovh_sniper.services.wording import words
from tenants.access import PortalRequest

SHOWN = 3


def summary(request: PortalRequest) -> tuple[str, dict[str, Any]] | None:
    """Return template and context of the panel; None where nobody uses the product yet."""
    armed = Wish.objects.filter(state=Wish.State.ARMED)
    armed = armed.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    wishes = armed.count()
    if not wishes and not Order.objects.exists() and not Account.objects.exists():
        return None
    unpaid, unpaid_count = queue.unpaid()
    orders = Order.objects.aggregate(
        under_way=Count("pk", filter=Q(state__in=listing.UNDER_WAY)),
        on_the_way=Count("pk", filter=Q(state__in=listing.ON_THE_WAY)),
    )
    context = {
        "wishes": wishes,
        "in_stock": armed.filter(alerts__state=Alert.State.OPEN).distinct().count(),
        "under_way": orders["under_way"],
        "on_the_way": orders["on_the_way"],
        "unpaid": [(one, words.money(one.due_now, one.currency)) for one in unpaid[:SHOWN]],
        "unpaid_count": unpaid_count,
    }
    return "ovh_sniper/_panel.html", context
