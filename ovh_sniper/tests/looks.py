"""Looks at a few plans in place of OVH's whole list: quick, and whole looks to all that follows."""

from __future__ import annotations

from django.utils import timezone

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import shelf
from ovh_sniper.services.matching import reacting
from ovh_sniper.services.stock import intervals


def look(*plans: str, host: Host = Host.EU) -> None:
    """Look at the emulator's stock as if it listed these plans only, and act on what moved."""
    now = timezone.now()
    rows = [row for plan in plans for row in shelf(host).availabilities(plan).rows]
    changes = intervals.apply(intervals.load(host), rows, now)
    reacting.on_changes(host.value, changes, now)
