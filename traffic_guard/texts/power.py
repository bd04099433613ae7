"""What /stop and /start ask and say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from traffic_guard.models import PowerAction, Server
from traffic_guard.services.telling import costs_while_off, figures, layout
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import listed

STOP = PowerAction.Kind.STOP


def question(kind: str, servers: Sequence[Facts]) -> SafeString:
    """Return the question before servers are stopped or started, and what they keep costing."""
    heading = _heading(kind, len(servers))
    parts = [
        format_html("<b>{}</b> · {}", one.server.name, figures.briefly(one)) for one in servers
    ]
    notes = _costs(servers) if kind == STOP else _starts(servers)
    parts += [format_html("<i>{}</i>", note) for note in notes]
    return layout.listing(heading, parts)


def _heading(kind: str, count: int) -> str:
    if kind == STOP:
        return ngettext("Stop %(n)s server?", "Stop %(n)s servers?", count) % {"n": count}
    return ngettext("Start %(n)s server?", "Start %(n)s servers?", count) % {"n": count}


def _costs(servers: Sequence[Facts]) -> list[str]:
    """Return what keeps costing money, each sentence once, with the names it is true of."""
    by_note: dict[str, list[str]] = {}
    for one in servers:
        note = costs_while_off.text(one.server)
        by_note.setdefault(note, []).append(one.server.name)
    if len(servers) == 1 or len(by_note) == 1:
        return list(by_note)
    return [f"{listed(names)}: {note}" for note, names in by_note.items()]


def _starts(servers: Sequence[Facts]) -> list[str]:
    low = [
        one.server.name
        for one in servers
        if one.left is not None and one.threshold is not None and one.left < one.threshold
    ]
    if not low:
        return []
    return [
        _("Still below the threshold: %(names)s. What is above the package costs money.")
        % {"names": listed(low)}
    ]


def agreed(kind: str, count: int) -> str:
    """Return the name of the button that says yes."""
    if kind == STOP:
        return ngettext("⏹ Stop it", "⏹ Stop %(n)s", count) % {"n": count}
    return ngettext("▶️ Start it", "▶️ Start %(n)s", count) % {"n": count}


def dropped() -> str:
    """Return that nothing was done."""
    return _("All right: nothing was done.")


def refused(found: Sequence[tuple[Server, str]]) -> SafeString:
    """Return for which servers nothing was asked of the cloud, and why."""
    lines = (f"{server.name}: {why}" for server, why in found[:10])
    body = format_html_join("\n", "{}", ((line,) for line in lines))
    return format_html("<b>{}</b>\n{}", _("Not done:"), body)


def not_found(names: Mapping[str, int]) -> SafeString:
    """Return which names fit no server, or several: nothing is done before all are clear."""
    lines = [
        _("“%(name)s”: no server is called like this") % {"name": name}
        if not count
        else ngettext(
            "“%(name)s”: %(n)s server fits", "“%(name)s”: %(n)s servers fit, say more", count
        )
        % {"name": name, "n": count}
        for name, count in names.items()
    ]
    body = format_html_join("\n", "{}", ((line,) for line in lines[:15]))
    return format_html("<b>{}</b>\n{}", _("Nothing was done yet."), body)
