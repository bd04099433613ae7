"""Addresses that open a chat with a bot: at Telegram, or in the demo's simulator."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe


def opened_by_simulator() -> bool:
    """Tell whether links lead to the simulator."""
    return bool(settings.SIMULATOR_URL)


def to_open(link: str) -> str:
    """Return where a `https://t.me/<bot>?start=…` link leads on this machine."""
    if not settings.SIMULATOR_URL:
        return link
    parts = urlsplit(link)
    values = {"bot": parts.path.strip("/"), **dict(parse_qsl(parts.query))}
    return f"{settings.SIMULATOR_URL}?{urlencode(values)}"


def qr_code(link: str) -> SafeString:
    """Return a link's QR code as SVG, dark on white: phones read no other."""
    code = segno.make(link, error="m")
    svg = code.svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True)
    return mark_safe(svg)  # noqa: S308 - drawn by us, holds only paths
