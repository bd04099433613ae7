"""What /servers and /server say."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from traffic_guard.services.guarding.rows import Row
from traffic_guard.services.readings.words import distance
from traffic_guard.services.telling import action_words, figures, layout, outlook, plan_words
from traffic_guard.services.telling.words import clock
from traffic_guard.texts import overview, said


def page(rows: Sequence[Row], number: int, pages: int) -> SafeString:
    """Return a page of the list, least left first."""
    if not rows:
        return format_html("{}", said.nothing_watched())
    heading = _("Servers, least left first")
    if pages > 1:
        heading += f" ({number + 1}/{pages})"
    return layout.listing(heading, [_line(row) for row in rows])


def _line(row: Row) -> SafeString:
    marks = "".join(
        mark
        for mark, is_so in (
            (" 🛡", row.server.is_protected),
            (" ⏰", row.plan is not None),
            (" ⏳", row.action is not None),
        )
        if is_so
    )
    name = f"{overview.mark(row.facts)} {row.server.name}{marks}"
    return format_html("<b>{}</b>\n{}", name, figures.briefly(row.facts))


def details(row: Row) -> SafeString:
    """Return everything about a server."""
    server, about = row.server, row.facts
    title = f"{overview.mark(about)} {server.name}"
    lines = [(_("State"), str(server.get_power_display())), *figures.lines(about)]
    if about.standing.read_at is not None:
        lines.append((_("Read"), distance(about.standing.read_at, about.frame.now)))
    if server.is_protected and server.protected_by:
        lines.append((_("Protected by"), server.protected_by))
    if row.action is not None:
        state = action_words.state(row.action, about.frame.zone, about.frame.now)
        lines.append((_("Now"), state))
    if row.plan is not None:
        lines.append((_("Planned"), plan_words.title(row.plan, about)))
        lines.append((pgettext("what happens next", "Then"), plan_words.outlook(row.plan, about)))
    else:
        lines.append((pgettext("what happens next", "Then"), outlook.words(about)))
    if server.kept_off_by_id is not None:
        lines.append((_("Off since"), _kept_off(row)))
    return layout.whole(title, lines)


def _kept_off(row: Row) -> str:
    action, frame = row.server.kept_off_by, row.facts.frame
    at = action.settled_at or action.created_at if action is not None else frame.now
    if row.effective.resume_at_reset.value and (end := row.facts.cycle_end) is not None:
        given = {"at": clock(at, frame.zone, frame.now), "reset": clock(end, frame.zone, frame.now)}
        return _("%(at)s, by the guard; it is started again after the reset, %(reset)s") % given
    return _("%(at)s, by the guard; somebody has to start it") % {
        "at": clock(at, frame.zone, frame.now)
    }
