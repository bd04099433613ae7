"""Pieces that several texts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.messages import units
from ovh_sniper.models import Configuration
from ovh_sniper.services.telling.alert_cards import hardware
from ovh_sniper.services.wording import words

# Telegram's limit is 4,096; a heading and a last line come on top.
ROOM = 3600
MOST_PLACES = 6
NAME_ON_BUTTON = 24


def short(name: str, room: int = NAME_ON_BUTTON) -> str:
    """Return a name as buttons show it."""
    return name if len(name) <= room else f"{name[: room - 1].rstrip()}…"


def lines(parts: Iterable[str]) -> SafeString:
    """Return lines, without those that are empty."""
    return format_html_join("\n", "{}", ((part,) for part in parts if part))


def blocks(parts: Sequence[SafeString], room: int = ROOM) -> SafeString:
    """Return blocks with an empty line between them, as many as there is room for."""
    shown: list[SafeString] = []
    left = room
    for part in parts:
        left -= units(strip_tags(part)) + 2
        if left < 0:
            break
        shown.append(part)
    if more := len(parts) - len(shown):
        said = ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}
        shown.append(format_html("{}", said))
    return format_html_join("\n\n", "{}", ((part,) for part in shown))


def paged(heading: str, parts: Sequence[SafeString], page: int, pages: int) -> SafeString:
    """Return a page of a list."""
    counter = f" ({page + 1}/{pages})" if pages > 1 else ""
    return format_html("<b>{}</b>{}\n\n{}", heading, counter, blocks(parts))


def plan(name: str, plan_code: str) -> SafeString:
    """Return a plan's name and code."""
    if not name:
        return format_html("<code>{}</code>", plan_code)
    return format_html("<b>{}</b> <code>{}</code>", name, plan_code)


def parts_of(configuration: Configuration | None, fqn: str) -> str:
    """Return a configuration's hardware, in OVH's own words."""
    return hardware(configuration) if configuration is not None else fqn


def in_order(datacenters: Sequence[str]) -> str:
    """Return datacenters in the order in which they are tried."""
    said = _(", then ").join(words.place(code) for code in datacenters[:MOST_PLACES])
    return f"{said}, …" if len(datacenters) > MOST_PLACES else said
