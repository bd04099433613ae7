"""What people say of servers and packages where no search can: by hand, and for shared packages.

All functions need the tenant's open scope and belong into a transaction; none calls a cloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.gateways.endpoints import is_region
from traffic_guard.models import Account, Package, Server, ServerPackage

# what ids of a cloud are made of; they become part of addresses
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_NAME = 128


def add_server(  # noqa: PLR0913 - what a server is known by
    account: Account,
    *,
    server_id: str,
    region: str,
    project_id: str = "",
    name: str = "",
    package_ids: Iterable[str] = (),
    actor: Actor,
    now: datetime,
) -> Server:
    """Write a server that no search finds, with the packages that it owns alone.

    A blank `project_id` is the region's as the cloud lists it. One that is known already is
    completed, and from then on counts as entered by hand.

    Raises:
        ValidationError: by field.
    """
    region, server_id = region.strip().lower(), server_id.strip()
    project_id = project_id.strip() or project_of(account, region)
    packages = [one.strip() for one in package_ids if one.strip()]
    is_known = bool(project_of(account, region))
    _check_server(region, project_id, server_id, packages, is_known=is_known)
    known = Server.objects.filter(account=account, cloud_id=server_id).first()
    server = known or Server(account=account, cloud_id=server_id, kind=_kind(packages))
    server.region, server.project_id = region, project_id
    server.name = name.strip()[:LONGEST_NAME] or server.name or server_id
    server.is_manual, server.missing_since, server.hidden_at = True, None, None
    server.save()
    for package_id in packages:
        _bundle(server, package_id)
    _read_soon(account, now)
    audit.record(
        "traffic_server.added", actor=actor, target=server, region=region, packages=packages
    )
    return server


def add_package(server: Server, package_id: str, *, actor: Actor, now: datetime) -> Package:
    """Write a package that a server owns alone; its end may stop that server.

    Raises:
        ValidationError: of the field `package_id`: it is none, or another server's.
    """
    package_id = package_id.strip()
    if not ID.fullmatch(package_id):
        raise ValidationError({"package_id": _no_id()})
    package = _bundle(server, package_id)
    _read_soon(server.account, now)
    audit.record("traffic_package.added", actor=actor, target=package, server=server.name)
    return package


def choose_servers(package: Package, servers: Iterable[Server], *, actor: Actor) -> None:
    """Say which servers may be stopped at the end of a shared package; none: it only alerts.

    Raises:
        ValidationError: it belongs to one server, or a server is not of its account and region.
    """
    if package.kind != Package.Kind.SHARED:
        raise ValidationError(_("This package belongs to one server."))
    wanted = {server.pk: server for server in servers}
    allowed = {server.pk for server in choosable(package)}
    if not {*wanted} <= allowed:
        raise ValidationError(_("Choose servers of the package’s own account and region."))
    links = ServerPackage.objects.filter(package=package)
    links.exclude(server_id__in=wanted).delete()
    there = set(links.values_list("server_id", flat=True))
    links.update(is_chosen=True)
    ServerPackage.objects.bulk_create(
        ServerPackage(package=package, server=server, is_chosen=True)
        for pk, server in wanted.items()
        if pk not in there
    )
    names = sorted(server.name for server in wanted.values())
    audit.record("traffic_package.servers_chosen", actor=actor, target=package, servers=names)


def choosable(package: Package) -> list[Server]:
    """Return the servers that a shared package may stop: of its account, in its region.

    One with a package of its own counts that alone (readings/sums.py), so it is none of them.
    """
    own = Package.objects.filter(kind=Package.Kind.BUNDLED, ended_at=None)
    found = Server.objects.filter(account_id=package.account_id, hidden_at=None)
    found = found.exclude(Exists(own.filter(links__server=OuterRef("pk"))))
    if package.region:
        found = found.filter(region=package.region)
    return list(found.order_by("name", "pk"))


def hide(server: Server, *, actor: Actor, now: datetime) -> bool:
    """Take a server off the list; False: it was off. Edges call guarding/leaving.py, which also
    gives up a stop that was planned."""
    if not Server.objects.filter(pk=server.pk, hidden_at=None).update(hidden_at=now):
        return False
    server.hidden_at = now
    audit.record("traffic_server.hidden", actor=actor, target=server)
    return True


def show(server: Server, *, actor: Actor) -> bool:
    """Put a server on the list again. False: it is there."""
    if not Server.objects.filter(pk=server.pk).exclude(hidden_at=None).update(hidden_at=None):
        return False
    server.hidden_at = None
    audit.record("traffic_server.changed", actor=actor, target=server, hidden=False)
    return True


def project_of(account: Account, region: str) -> str:
    """Return the project that the cloud lists for a region, the main one first; "" for none."""
    found = [one["project_id"] for one in account.projects if one["region"] == region]
    return str(found[0]) if found else ""


def _check_server(
    region: str, project_id: str, server_id: str, packages: list[str], *, is_known: bool
) -> None:
    problems: dict[str, Any] = {}
    # the cloud's own word for a region is good in any case
    if not (is_known or is_region(region)):
        problems["region"] = _("This is not the name of a region, such as ap-southeast-1.")
    if not ID.fullmatch(server_id):
        problems["server_id"] = _no_id()
    if not project_id:
        problems["project_id"] = _(
            "We do not know the project of this region. Copy it from “My Credentials” at the cloud."
        )
    elif not ID.fullmatch(project_id):
        problems["project_id"] = _no_id()
    if not all(ID.fullmatch(one) for one in packages):
        problems["package_ids"] = _no_id()
    if problems:
        raise ValidationError(problems)


def _kind(packages: list[str]) -> str:
    return Server.Kind.FLEXUS if packages else Server.Kind.ECS


def _bundle(server: Server, package_id: str) -> Package:
    """Tie a package to one server; a search that thought it shared was wrong.

    Raises:
        ValidationError: of the field `package_id`: another server has it.
    """
    package, _is_new = Package.objects.get_or_create(
        account_id=server.account_id,
        cloud_id=package_id,
        defaults={"kind": Package.Kind.BUNDLED, "region": server.region},
    )
    links = ServerPackage.objects.filter(package=package)
    if package.kind == Package.Kind.SHARED:
        links.exclude(server=server).delete()
    other = links.exclude(server=server).select_related("server").first()
    if other is not None:
        said = _("This package belongs to “%(name)s” already.") % {"name": other.server.name}
        raise ValidationError({"package_id": said})
    Package.objects.filter(pk=package.pk).filter(
        Q(kind=Package.Kind.SHARED) | Q(ended_at__isnull=False)
    ).update(kind=Package.Kind.BUNDLED, ended_at=None)
    # named by the tenant: no search takes it away
    ServerPackage.objects.update_or_create(
        server=server, package=package, defaults={"is_chosen": True}
    )
    return package


def _read_soon(account: Account, now: datetime) -> None:
    """Have the account read now: a reading under way knows nothing of this and counts no more."""
    Account.objects.filter(pk=account.pk, left_at=None).update(poll_at=now)


def _no_id() -> str:
    return _("An id has letters, digits, “-” and “_” only. Copy it again.")
