"""What /status and /forecast say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from traffic_guard.models import Account, PlannedStop
from traffic_guard.services.guarding.oversight import Looking, Overview
from traffic_guard.services.readings.words import distance, money, volume
from traffic_guard.services.telling import figures, layout, trouble_words
from traffic_guard.services.telling.facts import Facts, Frame
from traffic_guard.services.telling.words import clock, listed
from traffic_guard.texts import said

State = PlannedStop.State
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Status:
    """All that a status says; the lists are cut already, the numbers are of everything."""

    frame: Frame
    numbers: Overview
    looking: Looking
    worst: Sequence[Facts]
    unknown: Sequence[Facts]
    plans: Sequence[PlannedStop]
    troubled: Sequence[Account]


def status(view: Status) -> SafeString:
    """Return how servers stand: the worst first, what is unknown, what is about to happen."""
    if not view.numbers.servers:
        return format_html("<b>{}</b>\n{}", _("Traffic guard"), said.nothing_watched())
    parts = [
        _numbers(view.numbers),
        *_resting(view.frame),
        *_plans(view),
        *_servers(view),
        *_accounts(view.troubled),
        _read(view),
    ]
    body = format_html_join("\n", "{}", ((part,) for part in parts if part))
    return format_html("<b>{}</b>\n{}", _("Traffic guard"), body)


def _numbers(numbers: Overview) -> str:
    counted = (
        (numbers.servers, ngettext("%(n)s server", "%(n)s servers", numbers.servers)),
        (numbers.low, ngettext("%(n)s runs low", "%(n)s run low", numbers.low)),
        (
            numbers.running_out,
            ngettext("%(n)s will run out", "%(n)s will run out", numbers.running_out),
        ),
        (numbers.unknown, ngettext("%(n)s unknown", "%(n)s unknown", numbers.unknown)),
        (numbers.kept_off, ngettext("%(n)s kept off", "%(n)s kept off", numbers.kept_off)),
    )
    return " · ".join(pattern % {"n": count} for count, pattern in counted if count)


def _resting(frame: Frame) -> list[str]:
    until = frame.settings.paused_until
    if until is None or until <= frame.now:
        return []
    return ["⏸ " + said.all_paused(until, frame.zone, frame.now)]


def _plans(view: Status) -> list[str]:
    held = [one.server.name for one in view.plans if one.state == State.HELD]
    found = [_planned(one, view.frame) for one in view.plans if one.state == State.WAITING]
    if (more := len(found) - MOST_NAMED) > 0:
        found[MOST_NAMED:] = [ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}]
    if held:
        found.append("✋ " + _("Waiting for your word: %(names)s") % {"names": listed(held)})
    return found


def _planned(plan: PlannedStop, frame: Frame) -> str:
    given = {"name": plan.server.name, "at": clock(plan.execute_at, frame.zone, frame.now)}
    if plan.is_dry_run:
        return "🧪 " + _("Dry run: %(name)s would be stopped at %(at)s") % given
    return "⏰ " + _("%(name)s is stopped at %(at)s") % given


def _servers(view: Status) -> list[str]:
    found = [f"{mark(one)} {one.server.name}: {figures.briefly(one)}" for one in view.worst]
    return found + [_unknown(one) for one in view.unknown]


def _unknown(one: Facts) -> str:
    return f"❔ {one.server.name}: {trouble_words.why(one.standing.trouble) or _('unknown')}"


def mark(one: Facts) -> str:
    """Return a sign for how much is left, and whether it runs."""
    if one.server.power == one.server.Power.STOPPED:
        return "⏹"
    if one.left is None:
        return "❔"
    left = one.standing.percent_left or 0
    return "🔴" if left <= 10 else "🟠" if left <= 20 else "🟢"


def _accounts(troubled: Sequence[Account]) -> list[str]:
    if not troubled:
        return []
    names = listed([account.name for account in troubled])
    return ["⛔ " + _("Accounts that need a look: %(names)s") % {"names": names}]


def _read(view: Status) -> str:
    looking, now = view.looking, view.frame.now
    if looking.polled_at is None:
        return _("Nothing was read yet.")
    given = {"ago": distance(looking.polled_at, now)}
    if looking.next_at is None:
        return _("Last read: %(ago)s.") % given
    given["next"] = distance(max(looking.next_at, now), now)
    return _("Last read: %(ago)s, next: %(next)s.") % given


# --- Forecasts


def forecast(running_out: Sequence[Facts], total: int, numbers: Overview) -> SafeString:
    """Return which servers run out before their reset, the first one first."""
    if not running_out:
        return format_html("{}", _("No server is expected to run out before its reset."))
    heading = ngettext(
        "📉 %(n)s server will run out before its reset",
        "📉 %(n)s servers will run out before their reset",
        total,
    ) % {"n": total}
    parts = [
        format_html("<b>{}</b>: {}\n{}", one.server.name, figures.forecast(one), _pace(one))
        for one in running_out
    ]
    if numbers.at_risk is not None:
        at_risk = _("At risk: %(amount)s above the packages, if nothing is stopped.")
        said_last = at_risk % {"amount": money(numbers.at_risk, numbers.currency)}
        parts.append(format_html("<i>{}</i>", said_last))
    return layout.listing(heading, parts)


def _pace(one: Facts) -> str:
    daily = one.daily_budget
    if daily is None:
        return figures.briefly(one)
    said_daily = _("to last: %(volume)s a day, now %(pace)s a day")
    pace = volume((one.server.burn_rate or 0) * 24)
    return said_daily % {"volume": volume(daily), "pace": pace}
