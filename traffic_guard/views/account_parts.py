"""What the pages of accounts are made of; no key is ever among it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from tenants.access import PortalRequest
from traffic_guard.gateways.cloud import Kind
from traffic_guard.models import Account, Package, Server
from traffic_guard.services.accounts import access, consoles, findings, standing
from traffic_guard.services.accounts.access import OF_ACCOUNT, SECRETS
from traffic_guard.views import may

# A look that nobody has begun after this long waits for a worker, not for the cloud.
PATIENCE = timedelta(seconds=60)
# of the row: whatever of these changes, the part of the page is drawn anew
SEEN = (
    "state",
    "findings",
    "checked_at",
    "discovered_at",
    "discovery_note",
    "halted_for",
    "left_at",
    "refusals",
    "polled_at",
)
# servers on an account's page
SHOWN = 20


def find(public_id: str) -> Account:
    """Return a tenant's account without its keys. Raises Http404."""
    return get_object_or_404(Account.objects.defer(*SECRETS), public_id=public_id)


def find_whole(public_id: str) -> Account:
    """Return a tenant's account with its keys, to be changed. Raises Http404."""
    return access.load(find(public_id).pk)


def servers() -> QuerySet[Server]:
    """Return the tenant's servers with their accounts, but without keys."""
    return Server.objects.select_related("account").defer(*OF_ACCOUNT)


def with_servers() -> Prefetch[Any]:
    """Return what loads the servers of packages, as `listed`."""
    return Prefetch("servers", Server.objects.order_by("name", "pk"), to_attr="listed")


def state_context(request: PortalRequest, account: Account) -> dict[str, Any]:
    """Return what is said of an account; it is asked for again while a worker is at it."""
    now = timezone.now()
    is_left = account.left_at is not None
    is_checking = account.checked_at is None and not is_left
    is_searching = account.is_usable and _is_searching(account, now)
    due = account.check_at if is_checking else account.discover_at
    listed, count = _servers(account)
    return {
        "account": account,
        "cloud": findings.cloud_title(account.provider),
        "site": findings.site_title(account.provider, account.site),
        "standing": standing.standing(account),
        "found": findings.of_account(account),
        "right_site": _right_site(account),
        "grants": [] if is_left else standing.grants(account),
        "access_key": access.masked_keys([account.pk])[account.pk],
        "search": standing.search(account),
        "guide": consoles.guide(account.provider, account.site),
        "servers": listed,
        "server_count": count,
        "hidden": list(Server.objects.filter(account=account).exclude(hidden_at=None)),
        "shared": _shared(account),
        "is_left": is_left,
        "is_checking": is_checking,
        "is_searching": is_searching,
        "is_waiting": is_checking or is_searching,
        "is_late": due is not None and due < now - PATIENCE,
        "may_change": may(request, "admin"),
        "mark": mark_of(account, count),
    }


def _right_site(account: Account) -> tuple[str, str] | None:
    """Return code and title of the site that the check found to be the account's; None: none."""
    for one in account.findings:
        if one.get("code") == Kind.WRONG_SITE and one.get("site"):
            return one["site"], findings.site_title(account.provider, one["site"])
    return None


def _is_searching(account: Account, now: datetime) -> bool:
    """Tell whether a search is due, or the first one is under way."""
    is_due = account.discover_at is not None and account.discover_at <= now
    return is_due or (account.discovered_at is None and not account.discovery_note)


def mark_of(account: Account, count: int) -> str:
    """Return a short mark of what the page shows of an account."""
    seen = [getattr(account, name) for name in SEEN]
    return hashlib.sha256(repr((seen, count)).encode()).hexdigest()[:16]


def _servers(account: Account) -> tuple[list[Server], int]:
    found = Server.objects.filter(account=account, hidden_at=None)
    packages = Prefetch("packages", Package.objects.order_by("name", "pk"), to_attr="listed")
    return list(found.prefetch_related(packages).order_by("name", "pk")[:SHOWN]), found.count()


def _shared(account: Account) -> list[Package]:
    found = Package.objects.filter(account=account, kind=Package.Kind.SHARED, ended_at=None)
    return list(found.prefetch_related(with_servers()).order_by("region", "name", "pk"))
