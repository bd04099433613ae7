"""The figures of a server as labelled lines: the same in chats, cards, e-mail and for programs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from traffic_guard.models import Server
from traffic_guard.services.readings.words import money, percent, rate, volume
from traffic_guard.services.telling import outlook, trouble_words
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import clock, listed, roughly

Line = tuple[str, str]  # label, value


def lines(facts: Facts) -> list[Line]:
    """Return everything that is known of a server's traffic, what is unknown said as such."""
    found = [
        (pgettext("of a server", "Where"), where(facts.server)),
        (pgettext("traffic of a server", "Left"), left(facts)),
        (_("Threshold"), _threshold(facts)),
    ]
    if facts.left is not None and facts.server.burn_rate and not facts.is_off:
        found.append((pgettext("traffic of a server", "Uses"), rate(facts.server.burn_rate)))
    if said := forecast(facts):
        found.append((_("Forecast"), said))
    if facts.cycle_end is not None:
        found.append((pgettext("of the cycle", "Reset"), _reset(facts)))
    if (at_risk := facts.at_risk) is not None:
        currency = facts.frame.settings.excess_currency
        said = _("%(amount)s above the package until the reset")
        found.append((_("At risk"), said % {"amount": money(at_risk, currency)}))
    return found


def where(server: Server) -> str:
    """Return account, region and public addresses."""
    return " · ".join(
        filter(None, [server.account.name, server.region, listed(server.addresses, 3)])
    )


def left(facts: Facts) -> str:
    """Return what is left, billed and live, of how much."""
    standing = facts.standing
    if standing.left is None:
        return _("unknown: %(why)s") % {"why": trouble_words.why(standing.trouble)}
    given = {
        "billed": volume(standing.remaining),
        "live": volume(standing.live_remaining),
        "total": volume(standing.total),
        "percent": percent(standing.percent_left),
    }
    if standing.live_remaining is None:
        given["left"] = volume(standing.left)
        return _("%(left)s of %(total)s (%(percent)s)") % given
    return _("%(billed)s billed / %(live)s live of %(total)s (%(percent)s)") % given


def briefly(facts: Facts) -> str:
    """Return what is left in a few words, for a line of a list."""
    if facts.left is None:
        return _("unknown what is left")
    said = _("%(left)s left (%(percent)s)") % {
        "left": volume(facts.left),
        "percent": percent(facts.standing.percent_left),
    }
    if facts.runs_out_at is not None:
        at = clock(facts.runs_out_at, facts.frame.zone, facts.frame.now)
        said += " · " + _("runs out %(at)s") % {"at": at}
    return said


def _threshold(facts: Facts) -> str:
    if facts.threshold is None:
        return _("unknown")
    policy = facts.policy
    source = outlook.source(policy.threshold_bytes.source)
    return _("%(size)s (%(source)s)") % {"size": volume(facts.threshold), "source": source}


def forecast(facts: Facts) -> str:
    """Return when it runs out, or that it lasts; empty where nobody can tell."""
    runs_out_at, end, frame = facts.runs_out_at, facts.cycle_end, facts.frame
    if runs_out_at is not None:
        at = clock(runs_out_at, frame.zone, frame.now)
        if end is None or end <= runs_out_at:
            return _("runs out %(at)s") % {"at": at}
        early = roughly(end - runs_out_at)
        return _("runs out %(at)s, %(early)s before the reset") % {"at": at, "early": early}
    if (projected := facts.projected) is None or projected < 0:
        return ""
    return _("lasts until the reset, with %(left)s left then") % {"left": volume(projected)}


def _reset(facts: Facts) -> str:
    end, frame = facts.cycle_end, facts.frame
    if end is None:
        return _("unknown")
    return f"{clock(end, frame.zone, frame.now)} · {frame.zone.key}"


def data(facts: Facts) -> dict[str, Any]:
    """Return the same for programs: ids, bytes and UTC times; None is unknown."""
    server, standing = facts.server, facts.standing
    return {
        "server": server.public_id,
        "name": server.name,
        "account": server.account.public_id,
        "region": server.region,
        "addresses": list(server.addresses),
        "remaining_bytes": standing.remaining,
        "live_remaining_bytes": standing.live_remaining,
        "total_bytes": standing.total,
        "percent_left": standing.percent_left,
        "trouble": standing.trouble,
        "threshold_bytes": facts.threshold,
        "bytes_an_hour": server.burn_rate,
        "runs_out_at": _iso(facts.runs_out_at),
        "cycle_end": _iso(facts.cycle_end),
        "at_risk": None if facts.at_risk is None else str(facts.at_risk),
    }


def _iso(at: Any) -> str | None:
    return None if at is None else at.isoformat()
