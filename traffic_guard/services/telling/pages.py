"""Addresses of the portal's pages, for messages; whoever opens one logs in there."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from traffic_guard.models import Server


def server(one: Server, slug: str) -> str:
    """Return the address of a server's page."""
    return f"{settings.PUBLIC_URL}{reverse('traffic_guard:server', args=[slug, one.public_id])}"


def account(public_id: str, slug: str) -> str:
    """Return the address of the page on which an account is mended."""
    return f"{settings.PUBLIC_URL}{reverse('traffic_guard:account', args=[slug, public_id])}"


def servers(slug: str) -> str:
    """Return the address of the list of servers."""
    return f"{settings.PUBLIC_URL}{reverse('traffic_guard:servers', args=[slug])}"
