"""How a server is said in lists and on its page: figures in words, the bar, the badges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tenants.access import PortalRequest
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.guarding import rows
from traffic_guard.services.guarding.rows import Row
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.readings import words
from traffic_guard.services.telling import reasons, trouble_words
from traffic_guard.services.telling.facts import Frame

Power = Server.Power
POWER_TONES = {
    Power.RUNNING: "good",
    Power.STOPPING: "info",
    Power.STARTING: "info",
    Power.REBOOTING: "info",
    Power.GONE: "bad",
    Power.OTHER: "warn",
}
# the guard's most frequent objections in a word, with their tones
SHORTLY: dict[str, tuple[Any, str]] = {
    Verdict.PROTECTED: (gettext_lazy("protected"), "info"),
    Verdict.AUTO_OFF: (gettext_lazy("only watched"), ""),
    Verdict.PAUSED: (pgettext_lazy("automatic stops", "paused"), "warn"),
    Verdict.PAUSED_ALL: (pgettext_lazy("automatic stops", "paused"), "warn"),
    Verdict.SKIPPED: (gettext_lazy("not in this cycle"), "info"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """What is left, as widths out of 100 in the way SVG takes numbers."""

    billed: str
    live: str
    threshold: str  # empty: none to draw
    tone: str
    described: str


def accounts() -> list[Account]:
    """Return the accounts in use, without their keys."""
    found = Account.objects.filter(left_at=None).defer("access_key", "secret_key")
    return list(found.order_by("name", "pk"))


def frame(request: PortalRequest, now: datetime) -> Frame:
    """Return what the lines of a page have in common; a look writes no settings."""
    settings = Preferences.objects.first() or Preferences()
    return Frame(settings, ZoneInfo(request.tenant.time_zone), now, request.tenant.slug)


def lines(servers: Sequence[Server], frame: Frame) -> list[dict[str, Any]]:
    """Return what a table shows of servers."""
    return [line(row) for row in rows.rows(servers, frame)]


def line(row: Row) -> dict[str, Any]:
    """Return what a line shows of one server."""
    server, standing, now = row.server, row.standing, row.facts.frame.now
    runs_out, cycle_end = row.facts.runs_out_at, row.facts.cycle_end
    is_known = standing.is_known
    return {
        "row": row,
        "server": server,
        "address": server.addresses[0] if server.addresses else "",
        "left": words.volume(standing.left),
        "billed": words.volume(standing.remaining),
        "live": words.volume(standing.live_remaining),
        "has_live": standing.live_remaining is not None,
        "total": words.volume(standing.total),
        "percent": words.percent(standing.percent_left),
        "tone": row.tone,
        "bar": bar(row) if is_known else None,
        "why_unknown": "" if is_known else trouble_words.why(standing.trouble),
        "last_known": "" if is_known else last_known(server, now),
        "rate": words.rate(server.burn_rate or None) if is_known else words.UNKNOWN,
        "is_used_up": standing.left == 0,
        "runs_out": runs_out,
        "runs_out_in": words.distance(runs_out, now) if runs_out else "",
        "cycle_end": cycle_end,
        "resets_in": words.distance(cycle_end, now) if cycle_end else "",
        "read": words.distance(standing.read_at, now) if standing.read_at else "",
        "seen": words.distance(server.power_at, now) if server.power_at else "",
        "power": server.get_power_display(),
        "power_tone": POWER_TONES.get(Power(server.power), ""),
        "guard": guard(row),
        "stops_in": words.distance(row.plan.execute_at, now) if row.plan else "",
    }


def last_known(server: Server, now: datetime) -> str:
    """Return what was left when it was last known; empty where it never was."""
    if server.remaining_bytes is None or server.read_at is None:
        return ""
    return _("%(volume)s, read %(when)s") % {
        "volume": words.volume(server.remaining_bytes),
        "when": words.distance(server.read_at, now),
    }


def bar(row: Row) -> Bar:
    """Return the bar of a server whose rest is known."""
    standing, threshold = row.standing, row.facts.threshold
    total = standing.total or 1
    described = _("%(percent)s left: %(left)s of %(total)s") % {
        "percent": words.percent(standing.percent_left),
        "left": words.volume(standing.left),
        "total": words.volume(standing.total),
    }
    return Bar(
        billed=_width(standing.remaining or 0, total),
        live=_width(standing.left or 0, total),
        threshold=_width(threshold, total) if threshold else "",
        tone=row.tone,
        described=described,
    )


def _width(size: int, total: int) -> str:
    return f"{min(max(100 * size / total, 0), 100):.2f}"


def guard(row: Row) -> tuple[str, str]:
    """Return what the guard would do with a server, shortly, and the tone of that."""
    if objection := row.objection:
        said, tone = SHORTLY.get(objection) or (reasons.clause(objection), "warn")
        # what nobody will stop though it is below
        return said, "warn" if row.is_below else tone
    if row.is_dry:
        return _("stops, dry run"), "info"
    return _("stops automatically"), "good"
