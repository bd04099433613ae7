"""Writes the traffic packages that a search found, and which servers they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from traffic_guard.gateways.cloud import SharedPackage
from traffic_guard.models import Account, Package, Server, ServerPackage
from traffic_guard.services.accounts.scanning import Scan

KEPT_NAME = 160
# readings/judging.py's word for an id that billing does not answer for
MISSING = "missing"
# so many polls in a row without an answer: one that is lost once comes back
LOST_POLLS = 3


def record(account: Account, scan: Scan, servers: dict[str, Server], now: datetime) -> int:
    """Write the packages of a scan; return how many are new.

    `servers` are the account's, by their ids at the cloud.
    """
    owners = _owners(scan)
    known = {one.cloud_id: one for one in Package.objects.filter(account=account)}
    before = len(known)
    bundled = {*owners, *(one.cloud_id for one in known.values() if one.kind == "bundled")}
    shared = {one.package_id: one for one in scan.shared or () if one.package_id not in bundled}
    for cloud_id, server_id in owners.items():
        region = servers[server_id].region if server_id in servers else ""
        _put(account, known, cloud_id, {"kind": Package.Kind.BUNDLED, "region": region})
    for cloud_id, package in shared.items():
        _put(account, known, cloud_id, _of_shared(package))
    _link(account, known, owners, servers)
    # billing lists the packages of plans, too: also of those that Config does not know
    billed = {one.package_id for one in scan.shared or ()}
    _note_ended(known, {*owners, *billed}, scan, now)
    return len(known) - before


def _owners(scan: Scan) -> dict[str, str]:
    """Return the server of each package of a plan; a plan can have several packages."""
    plans = (one for one in scan.plans or () if one.server_id and not one.is_deleted)
    return {package: plan.server_id for plan in plans for package in plan.package_ids if package}


def _of_shared(package: SharedPackage) -> dict[str, Any]:
    return {
        "kind": Package.Kind.SHARED,
        "region": package.region,
        "name": package.name[:KEPT_NAME],
        "line": package.line[:10],
        "is_resetting": package.is_resetting,
    }


def _put(
    account: Account, known: dict[str, Package], cloud_id: str, fields: dict[str, Any]
) -> None:
    """Write a package; of one that is there only what is said of it here."""
    row = known.get(cloud_id)
    if row is None:
        known[cloud_id] = Package.objects.create(account=account, cloud_id=cloud_id, **fields)
        return
    said = {name: value for name, value in {**fields, "ended_at": None}.items() if value != ""}
    if any(getattr(row, name) != value for name, value in said.items()):
        for name, value in said.items():
            setattr(row, name, value)
        row.save(update_fields=[*said])


def _link(
    account: Account,
    known: dict[str, Package],
    owners: dict[str, str],
    servers: dict[str, Server],
) -> None:
    """Tie each package of a plan to the plan's server, and to no other that a search tied it to."""
    links = ServerPackage.objects.filter(package__account=account)
    tied = {(one.package_id, one.server_id): one for one in links}
    wanted = {
        (known[cloud_id].pk, servers[server_id].pk)
        for cloud_id, server_id in owners.items()
        if server_id in servers
    }
    owned = {package_id for package_id, _server_id in wanted}
    ServerPackage.objects.bulk_create(
        ServerPackage(package_id=package_id, server_id=server_id)
        for package_id, server_id in sorted(wanted - {*tied})
    )
    others = [
        link.pk
        for pair, link in tied.items()
        if pair[0] in owned and pair not in wanted and not link.is_chosen
    ]
    ServerPackage.objects.filter(pk__in=others).delete()


def _note_ended(known: dict[str, Package], listed: set[str], scan: Scan, now: datetime) -> None:
    """End packages that neither a list nor billing knows any more; one of the two may only lag."""
    if scan.plans is None or scan.shared is None:
        return
    ended = [
        one.pk
        for one in known.values()
        if one.cloud_id not in listed and _is_lost(one) and one.ended_at is None
    ]
    Package.objects.filter(pk__in=ended).update(ended_at=now)


def _is_lost(package: Package) -> bool:
    return package.trouble == MISSING and package.misses >= LOST_POLLS
