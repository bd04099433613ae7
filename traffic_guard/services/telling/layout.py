"""How messages of this product are laid out, within what Telegram takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from bots.messages import units

# Telegram takes 4,096 UTF-16 units without tags; the rest is for the heading and "and more".
ROOM = 3800
MOST_LINES = 25


def whole(title: str, lines: Iterable[tuple[str, str]]) -> SafeString:
    """Return one thing with all that is known of it."""
    body = format_html_join("", "\n{}: {}", lines)
    return format_html("<b>{}</b>{}", title, body)


def joined(heading: str, parts: Sequence[SafeString]) -> SafeString:
    """Return several things under a heading, an empty line between them."""
    return listing(heading, parts, between="\n\n")


def listing(heading: str, parts: Sequence[SafeString], *, between: str = "\n") -> SafeString:
    """Return as many parts as a message holds, the rest counted."""
    shown, room = [], ROOM - units(heading)
    for part in parts[:MOST_LINES]:
        room -= units(part) + len(between)
        if room < 0:
            break
        shown.append(part)
    if (more := len(parts) - len(shown)) > 0:
        said = ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}
        shown.append(format_html("<i>{}</i>", said))
    body = format_html_join(between, "{}", ((part,) for part in shown))
    return format_html("<b>{}</b>\n\n{}", heading, body)
