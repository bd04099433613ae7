"""A package that was renewed: billing answers under the new id, and the new one takes over."""

from __future__ import annotations

from datetime import datetime

from traffic_guard.gateways.cloud import Usage
from traffic_guard.models import Package, ServerPackage


def follow(package: Package, usage: Usage, now: datetime) -> Package | None:
    """Return the package that took over, linked to the same servers; None: it cannot be it.

    A package that belongs to other servers already is no renewal of this one, whatever an answer
    says: a server would be stopped by another one's traffic. Nor is one that was read beside it
    while the cycle of this one runs: a server would be stopped although this one has enough.

    A search may have seen the renewal first, in billing's list alone, and taken it for a shared
    one. It is none where nobody chose it: billing names no shared package when asked for another.
    """
    renewed, is_new = Package.objects.get_or_create(
        account_id=package.account_id,
        cloud_id=usage.package_id[:64],
        defaults={
            "tenant_id": package.tenant_id,
            "kind": package.kind,
            "name": usage.name[:160] or package.name,
            "region": package.region,
            # dry runs last as long as they would have for the one before
            "first_cycle_end": package.first_cycle_end,
        },
    )
    servers = set(package.links.values_list("server_id", flat=True))
    if not is_new:
        others = set(renewed.links.values_list("server_id", flat=True))
        is_adopted = package.kind == Package.Kind.BUNDLED and others <= servers
        if renewed.kind != package.kind and not is_adopted:
            return None
        if others and not others & servers:
            return None
        if renewed.read_at is not None and _is_running(package, now):
            return None
        _adopt(renewed, package)
        _take_back(renewed)
    ServerPackage.objects.bulk_create(
        [
            ServerPackage(
                tenant_id=link.tenant_id,
                server_id=link.server_id,
                package=renewed,
                is_chosen=link.is_chosen,
            )
            for link in package.links.all()
        ],
        ignore_conflicts=True,
    )
    package.successor, package.ended_at = renewed, now
    package.trouble, package.trouble_since, package.misses = "", None, 0
    package.save(update_fields=["successor", "ended_at", "trouble", "trouble_since", "misses"])
    return renewed


def _adopt(renewed: Package, package: Package) -> None:
    """Make a package what the one before it was."""
    if renewed.kind != package.kind:
        renewed.kind, renewed.first_cycle_end = package.kind, package.first_cycle_end
        renewed.region = package.region or renewed.region
        renewed.save(update_fields=["kind", "first_cycle_end", "region"])
        renewed.links.update(is_chosen=False)


def _is_running(package: Package, now: datetime) -> bool:
    return package.cycle_end is not None and package.cycle_end > now


def _take_back(package: Package) -> None:
    """Have a package count again: before a renewal takes effect its answers name the one before."""
    if package.successor_id is not None or package.ended_at is not None:
        package.successor, package.ended_at = None, None
        package.save(update_fields=["successor", "ended_at"])
