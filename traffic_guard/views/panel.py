"""What the portal's home page shows of traffic."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tenants.access import PortalRequest
from traffic_guard.models import Account
from traffic_guard.services.guarding import oversight, rows
from traffic_guard.services.readings import words
from traffic_guard.views import lines

SHOWN = 3


def summary(request: PortalRequest) -> tuple[str, dict[str, Any]] | None:
    """Return template and context of the panel; None where nobody uses the product yet."""
    if not Account.objects.filter(left_at=None).exists():
        return None
    now = timezone.now()
    frame = lines.frame(request, now)
    overview = oversight.overview(frame.settings, now)
    least = rows.listed().filter(~rows.is_unknown(now)).order_by(*rows.ORDERS[""])[:SHOWN]
    context = {
        "overview": overview,
        "at_risk": (words.money(overview.at_risk, overview.currency) if overview.at_risk else ""),
        "waiting": oversight.waiting_stops(),
        "lines": lines.lines(list(least), frame),
        "troubled": oversight.troubled()[:SHOWN],
    }
    return "traffic_guard/_panel.html", context
