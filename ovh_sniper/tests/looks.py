"""Looks at a few plans in place of OVH's whole list: quick, and whole looks to all that follows."""

from __future__ import annotations

from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import shelf
from ovh_sniper.services import matching, stock


def look(*plans: str, host: Host = Host.EU) -> None:
    """Look at the emulator's stock as if it listed these plans only, and act on what moved."""
    now = timezone.now()
    rows = [row for plan in plans for row in shelf(host).availabilities(plan).rows]
    changes = stock.apply(stock.load(host), rows, now)
    matching.on_changes(host.value, changes, now)
