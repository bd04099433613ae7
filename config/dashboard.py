"""The operators' first page: what comes in, what is stuck, what is broken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import FailedUpdate, OutboxMessage
from bots.services import operations, reasons
from config.health import LONGEST_LAG, OLDEST_HEARTBEAT, outbox_lag
from tenants.models import Heartbeat, Tenant
from tenants.redaction import struck

if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - only its name


@dataclass(frozen=True)
class Figure:
    """A number with what it means, and the list behind it. `tone`: good, bad, or nothing."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    icon: str = ""
    tone: str = ""


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the figures, the chart and the tables; unfold's DASHBOARD_CALLBACK."""
    del request
    now = timezone.now()
    traffic = operations.traffic(now)
    return {
        **context,
        "figures": [*traffic_figures(traffic, now), *stock_figures(now)],
        "chart": chart(traffic),
        "spoken": spoken(traffic),
        "slow_bots": [
            {
                "bot": one.bot,
                "url": url_of(one.bot),
                "messages": list_url("outboxmessage", bot__id__exact=one.bot.pk),
                "waiting": one.waiting,
                "lag": in_words(one.lag),
            }
            for one in operations.slowest(now)
        ],
        "broken_bots": [
            {"bot": bot, "url": url_of(bot), "reason": struck(reasons.shown(bot.state_reason))}
            for bot in operations.broken()
        ],
    }


def traffic_figures(traffic: operations.Traffic, now: datetime) -> list[Figure]:
    """Return what moves: updates, failures, messages."""
    states, lag = operations.parked(), outbox_lag(now)
    given_up = operations.given_up(now)
    parked, failing = states[FailedUpdate.State.PARKED], states[FailedUpdate.State.FAILING]
    return [
        Figure(
            _("Updates in the last hour"),
            f"{sum(traffic.taken)}",
            _("%(count)s in the last full minute") % {"count": traffic.taken[-2]},
            icon="inbox",
        ),
        Figure(
            _("Parked updates"),
            f"{parked}",
            _("%(count)s will be tried again") % {"count": failing},
            list_url("failedupdate", state__exact=FailedUpdate.State.PARKED),
            "error",
            "bad" if parked else "good",
        ),
        Figure(
            _("Waiting messages"),
            f"{operations.waiting()}",
            _("the oldest is %(lag)s late") % {"lag": in_words(lag)} if lag else _("none is late"),
            list_url("outboxmessage", state__exact=OutboxMessage.State.DUE),
            "outbox",
            "bad" if lag >= LONGEST_LAG else "good",
        ),
        Figure(
            _("Failed messages"),
            f"{given_up}",
            _("in the last 24 hours"),
            list_url("outboxmessage", state__exact="failed", created_at_within="day"),
            "cancel_schedule_send",
            "bad" if given_up else "good",
        ),
    ]


def stock_figures(now: datetime) -> list[Figure]:
    """Return what there is: bots, tenants, and whether the workers live."""
    bots = operations.bots_by_state()
    tenants = dict(Tenant.objects.order_by().values_list("state").annotate(n=Count("*")))
    suspended = tenants.get(Tenant.State.SUSPENDED, 0)
    beat = Heartbeat.objects.filter(name="worker").first()
    age = None if beat is None else max(now - beat.at, timedelta(0))
    return [
        Figure(
            _("Bots online"),
            f"{bots['enabled']}",
            _("%(off)s switched off, %(all)s in all")
            % {"off": bots["disabled"], "all": sum(bots.values())},
            list_url("bot", state__exact="enabled"),
            "smart_toy",
        ),
        Figure(
            _("Bots that need attention"),
            f"{bots['broken']}",
            url=list_url("bot", state__exact="broken"),
            icon="build",
            tone="bad" if bots["broken"] else "good",
        ),
        Figure(
            _("Tenants"),
            f"{sum(tenants.values())}",
            ngettext("%(count)s tenant suspended", "%(count)s tenants suspended", suspended)
            % {"count": suspended},
            reverse("admin:tenants_tenant_changelist"),
            "domain",
        ),
        Figure(
            _("Last heartbeat of the workers"),
            _("never") if age is None else in_words(age),
            _("beat and worker together"),
            reverse("admin:tenants_heartbeat_changelist"),
            "ecg_heart",
            "bad" if age is None or age >= OLDEST_HEARTBEAT else "good",
        ),
    ]


def chart(traffic: operations.Traffic) -> str:
    """Return the data that unfold's chart component draws, with a colour of the theme each."""
    labels = [timezone.localtime(minute).strftime("%H:%M") for minute in traffic.minutes]
    common = {"maxTicksXLimit": 12, "displayYAxis": True, "stack": "updates"}
    return json.dumps(
        {
            "labels": labels,
            "datasets": [
                {
                    "label": _("Updates"),
                    "data": traffic.taken,
                    "backgroundColor": "var(--color-primary-500)",
                    **common,
                },
                {
                    "label": _("Failed updates"),
                    "data": traffic.failed,
                    "backgroundColor": "#dc2626",
                    **common,
                },
            ],
        }
    )


def spoken(traffic: operations.Traffic) -> str:
    """Return the chart in a sentence, for those who do not see it."""
    return _(
        "%(taken)s updates in the last hour, at most %(most)s in a minute; %(failed)s failed."
    ) % {
        "taken": sum(traffic.taken),
        "most": max(traffic.taken),
        "failed": sum(traffic.failed),
    }


def in_words(length: timedelta) -> str:
    """Return a length of time, in the largest unit that says enough."""
    seconds = int(length.total_seconds())
    if seconds < 120:
        return _("%(count)s s") % {"count": seconds}
    if seconds < 7200:
        return _("%(count)s min") % {"count": seconds // 60}
    return _("%(count)s h") % {"count": seconds // 3600}


def list_url(model: str, **conditions: Any) -> str:
    """Return the address of a filtered list of the bots' app."""
    url = reverse(f"admin:bots_{model}_changelist")
    return f"{url}?{'&'.join(f'{name}={value}' for name, value in conditions.items())}"


def url_of(bot: Any) -> str:
    """Return the address of a bot's page."""
    return reverse("admin:bots_bot_change", args=[bot.pk])
