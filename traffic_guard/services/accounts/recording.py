"""Writes what a search found: servers, packages and which of them belong together.

Nothing known is ever deleted. A server that is no longer listed is marked; one entered by hand is
not even that. Live states are written for new servers only: readings keep them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from traffic_guard.gateways.cloud import FoundServer, LiveServer, Place
from traffic_guard.models import Account, Server
from traffic_guard.services.accounts import recording_packages
from traffic_guard.services.accounts.scanning import Scan

KEPT_NAME, KEPT_RAW = 128, 40
CHANGED = (
    "kind",
    "plan_id",
    "region",
    "project_id",
    "name",
    "addresses",
    "eips",
    "eips_at",
    "charging",
    "tags",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a search: new servers and packages, servers that are no longer listed, and
    how many were known before."""

    added: int
    missing: int
    known: int


def record(account: Account, scan: Scan, now: datetime) -> Recorded:
    """Write a scan; needs the tenant's scope and a transaction."""
    known = {one.cloud_id: one for one in Server.objects.filter(account=account)}
    seen = {**_ordinary(scan), **_plans(scan)}
    added = _write(account, known, seen, scan, now)
    missing = _mark_missing(account, known, seen, scan, now)
    servers = {one.cloud_id: one for one in Server.objects.filter(account=account)}
    added += recording_packages.record(account, scan, servers, now)
    return Recorded(added, missing, len(known))


# --- What was seen, by the server's id


def _plans(scan: Scan) -> dict[str, dict[str, Any]]:
    live = {one.server_id: one for servers in scan.live.values() for one in servers}
    plans = (one for one in scan.plans or () if one.server_id and not one.is_deleted)
    return {plan.server_id: _of_plan(plan, live.get(plan.server_id)) for plan in plans}


def _of_plan(plan: FoundServer, live: LiveServer | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "kind": plan.kind,
        "plan_id": plan.plan_id,
        "region": plan.place.region,
        "project_id": plan.place.project_id,
        "name": (plan.name or (live.name if live else "") or plan.server_id)[:KEPT_NAME],
        "addresses": list(plan.addresses),
        "charging": plan.charging or (live.charging if live else ""),
    }
    if live is not None:
        fields["tags"] = live.tags
    return fields


def _ordinary(scan: Scan) -> dict[str, dict[str, Any]]:
    """Return all servers that were listed live: those of plans among them."""
    return {
        one.server_id: {
            "kind": Server.Kind.ECS,
            "plan_id": "",
            "region": place.region,
            "project_id": place.project_id,
            "name": (one.name or one.server_id)[:KEPT_NAME],
            "addresses": list(one.addresses),
            "charging": one.charging,
            "tags": one.tags,
        }
        for place, servers in scan.live.items()
        for one in servers
    }


# --- Written


def _write(
    account: Account,
    known: dict[str, Server],
    seen: dict[str, dict[str, Any]],
    scan: Scan,
    now: datetime,
) -> int:
    live = {one.server_id: one for servers in scan.live.values() for one in servers}
    eips = _eips(scan)
    new, changed = [], []
    for cloud_id, fields in seen.items():
        values = {**fields, **_with_eips(fields, eips.get(cloud_id), scan, now)}
        row = known.get(cloud_id)
        if row is None:
            row = Server(account=account, cloud_id=cloud_id, seen_at=now)
            new.append(row)
            _put_live(row, live.get(cloud_id), now)
        elif _keep(row, values):
            changed.append(row)
        for name, value in values.items():
            setattr(row, name, value)
    Server.objects.bulk_create(new)
    Server.objects.bulk_update(changed, CHANGED, batch_size=200)
    found = [known[cloud_id].pk for cloud_id in seen if cloud_id in known]
    Server.objects.filter(pk__in=found).update(seen_at=now, missing_since=None)
    return len(new)


def _keep(row: Server, values: dict[str, Any]) -> bool:
    """Leave out of the values what is better known; tell whether any other differs from the row."""
    if row.kind == Server.Kind.FLEXUS and values["kind"] == Server.Kind.ECS:
        # the list of plans lags, or is switched off: a plan stays one
        for name in ("kind", "plan_id", "name"):
            values.pop(name)
    if row.is_manual and row.name != row.cloud_id:
        values.pop("name", None)
    if not values.get("addresses"):
        values.pop("addresses", None)
    return any(getattr(row, name) != value for name, value in values.items() if name != "eips_at")


def _put_live(row: Server, live: LiveServer | None, now: datetime) -> None:
    if live is None:
        return
    row.power, row.power_at = live.power.value, now
    row.raw_status, row.task_state = live.raw_status[:KEPT_RAW], live.task_state[:KEPT_RAW]
    row.is_locked, row.is_frozen = live.is_locked, live.is_frozen


def _eips(scan: Scan) -> dict[str, list[dict[str, str]]]:
    """Return the public addresses of each server, as the live counter needs them."""
    found: dict[str, list[dict[str, str]]] = {}
    for eips in scan.eips.values():
        for eip in eips:
            if eip.server_id:
                found.setdefault(eip.server_id, []).append(
                    {
                        "eip_id": eip.eip_id,
                        "address": eip.address,
                        "bandwidth_id": eip.bandwidth_id,
                    }
                )
    return found


def _with_eips(
    fields: dict[str, Any], eips: list[dict[str, str]] | None, scan: Scan, now: datetime
) -> dict[str, Any]:
    """Return what the list of addresses says of a server; nothing where that was not answered."""
    if Place(fields["region"], fields["project_id"]) not in scan.eips:
        return {}
    ordered = sorted(eips or (), key=lambda one: one["eip_id"])
    values: dict[str, Any] = {"eips": ordered, "eips_at": now}
    if ordered:
        values["addresses"] = [one["address"] for one in ordered]
    return values


def _mark_missing(
    account: Account,
    known: dict[str, Server],
    seen: Iterable[str],
    scan: Scan,
    now: datetime,
) -> int:
    """Mark servers that the lists which should have them do not have; return how many are new."""
    gone = [
        one.pk
        for one in known.values()
        if one.cloud_id not in seen and not one.is_manual and _was_asked_for(one, scan)
    ]
    fresh = Server.objects.filter(account=account, pk__in=gone, missing_since=None)
    return fresh.update(missing_since=now)


def _was_asked_for(server: Server, scan: Scan) -> bool:
    if server.kind == Server.Kind.FLEXUS:
        return scan.plans is not None
    return Place(server.region, server.project_id) in scan.live
