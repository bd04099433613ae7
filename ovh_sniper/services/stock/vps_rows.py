"""VPS stock in the form of the stock list: one configuration for each plan, list and system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from ovh_sniper.gateways.hosts import Host, datacenter_code
from ovh_sniper.gateways.ovh import StockRow, VpsStock
from ovh_sniper.models import Configuration, StockInterval, VpsPlan
from ovh_sniper.services.stock import list_rows
from ovh_sniper.services.stock.known import Known, as_kept

# A wish's `system_storage` may name one of these: with VPS that is the system.
LINUX, WINDOWS = "Linux", "Windows"
SYSTEMS = {LINUX: "linux", WINDOWS: "windows"}
IS_VPS = Q(configuration__server__startswith=list_rows.VPS)
# OVH documents no words; these mean that there is none, and so does no word at all.
OUT = ("out-of-stock", "unavailable", "unknown", "coming")
LONGEST_DAYS = 90
# A code that is longer than any datacenter's is cut, as the column is.
LONGEST_CODE = 24


def is_there(word: str) -> bool:
    """Tell whether OVH's word for a system means that it can be ordered."""
    return bool(word) and not word.lower().startswith(OUT)


def fqn_of(plan: VpsPlan, system: str) -> str:
    """Return the name under which a plan's configuration of a system is kept."""
    return f"{list_rows.vps_server(plan.subsidiary)}/{plan.plan_code}/{system.lower()}"


def name_of(place: VpsStock) -> str:
    """Return a datacenter as wishes name it: OVH's short code, that of the dedicated servers."""
    code = place.code or place.datacenter
    try:
        return datacenter_code(code)
    except ValueError:
        return code.lower()[:LONGEST_CODE]


def as_stored(place: VpsStock) -> dict[str, Any]:
    """Return a place as VpsPlan.places holds it."""
    return {
        "datacenter": name_of(place),
        "linux": place.linux,
        "windows": place.windows,
        "days": place.delivery_days,
    }


def rows(plan: VpsPlan, places: Iterable[Mapping[str, Any]]) -> list[StockRow]:
    """Return stored places as rows of a stock list, delivery in its words, `0` days as an hour."""
    cells: dict[str, list[tuple[str, str]]] = {system: [] for system in SYSTEMS}
    for place in places:
        hours = max(min(place["days"], LONGEST_DAYS) * 24, 1)
        for system, name in SYSTEMS.items():
            word = f"{hours}H" if is_there(place[name]) else "unavailable"
            cells[system].append((place["datacenter"], word))
    server = list_rows.vps_server(plan.subsidiary)
    return [
        StockRow(
            fqn_of(plan, system), plan.plan_code, server, "", "", system, "", tuple(cells[system])
        )
        for system in SYSTEMS
    ]


def known(plan: VpsPlan, *, is_first: bool) -> Known:
    """Return what is kept of a plan; `is_first`: nobody knows since when things are as they are."""
    found = Known(Host(plan.host), 0, is_first, plan.looked_at)
    fqns = [fqn_of(plan, system) for system in SYSTEMS]
    for one in Configuration.objects.filter(host=plan.host, fqn__in=fqns):
        found.configurations[one.fqn] = one.pk
        found.rows[one.fqn] = list_rows.of_configuration(one)
    intervals = StockInterval.objects.filter(
        configuration__in=found.configurations.values(), closed_at=None
    )
    for interval in intervals.select_related("configuration"):
        found.open[interval.configuration.fqn, interval.datacenter] = as_kept(interval)
    return found


def since(host: Host) -> dict[tuple[str, str], datetime]:
    """Return (fqn, datacenter) -> since when it is in stock, of all VPS plans of a host."""
    standing = StockInterval.objects.filter(IS_VPS, configuration__host=host.value, closed_at=None)
    found = standing.values_list("configuration__fqn", "datacenter", "opened_at")
    return {(fqn, datacenter): at for fqn, datacenter, at in found}
