"""Tells the person who sits at this machine from the world behind a proxy."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

# A proxy may put our own address into Host, so Host tells nothing. One of these shows most of them.
MARKS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


def is_own_machine(request: HttpRequest) -> bool:
    """Tell whether it is the demo, and nobody but this machine can have sent this request.

    Not where a proxy passed it on, trusted or not: strangers may stand behind it.
    """
    return bool(settings.LOOPBACK_ONLY and not settings.PRODUCTION and not is_proxied(request))


def is_proxied(request: HttpRequest) -> bool:
    """Tell whether a proxy gives itself away; one that is told to say nothing does not."""
    # older nginx adds no header but speaks 1.0, which browsers never do
    is_old = request.META.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return is_old or any(mark in request.headers for mark in MARKS)
