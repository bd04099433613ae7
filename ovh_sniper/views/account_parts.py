"""What the pages of accounts are made of; no key is ever among it, only whether it is there."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from ovh_sniper.forms.accounts import AccountForm
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import alarms, findings, state_words
from ovh_sniper.services.accounts.access import load
from ovh_sniper.services.accounts.checks import PARTS
from ovh_sniper.services.accounts.linking import WayBack
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from ovh_sniper.views import may
from tenants.access import PortalRequest
from tenants.encryption import DecryptionError

# A look that nobody has begun after this long waits for a worker, not for OVH.
PATIENCE = timedelta(seconds=60)
# of the row: whatever of these changes, the part of the page is drawn anew
SEEN = ("state", "findings", "checked_at", "consent_at", "consent_state", "left_at", "nichandle")


def find(public_id: str) -> Account:
    """Return a tenant's account without its keys. Raises Http404."""
    return get_object_or_404(Account.objects.defer(*ACCOUNT_SECRETS), public_id=public_id)


def find_whole(public_id: str) -> Account:
    """Return a tenant's account with its keys, to be changed. Raises Http404."""
    return load(find(public_id).pk)


def way_back(request: PortalRequest) -> WayBack:
    """Return how OVH sends the browser back to us: by the address it came by."""

    def address(public_id: str, mark: str) -> str:
        path = reverse("ovh_sniper:account_back", args=[request.tenant.slug, public_id])
        return f"{request.build_absolute_uri(path)}?{urlencode({'mark': mark})}"

    return address


def state_context(request: PortalRequest, account: Account) -> dict[str, Any]:
    """Return what is said of an account's state; it is asked for again while it may change."""
    may_change = may(request, "admin")
    consent_url = _consent_url(account) if may_change else ""
    is_waiting = account.checked_at is None or bool(account.consent_back)
    return {
        "account": account,
        "standing": state_words.standing(account),
        # what was not asked for stands in the table of what it may do
        "found": findings.in_order([one for one in account.findings if one["code"] != "off"]),
        "grants": state_words.grants(account),
        "stored": _stored(account),
        "stopped": alarms.stopped_wishes(account),
        "consent_url": consent_url,
        "shows_consent": bool(account.consent_back)
        and not account.is_disconnected
        and (bool(consent_url) or account.checked_at is not None),
        "is_waiting": is_waiting or _is_leaving(account),
        "is_late": account.retry_at is not None and account.retry_at < timezone.now() - PATIENCE,
        "may_change": may_change,
        "mark": mark_of(account, consent_url),
    }


def mark_of(account: Account, consent_url: str) -> str:
    """Return a short mark of what the page shows of an account."""
    seen = [getattr(account, name) for name in SEEN]
    return hashlib.sha256(repr((seen, bool(consent_url))).encode()).hexdigest()[:16]


def _is_leaving(account: Account) -> bool:
    return account.is_disconnected and account.retry_at is not None


def _consent_url(account: Account) -> str:
    """Return OVH's page to agree on; empty where there is none, or it cannot be read."""
    if not account.consent_back:
        return ""
    try:
        return str(Account.objects.values_list("consent_url", flat=True).get(pk=account.pk))
    except DecryptionError:
        return ""


def _stored(account: Account) -> list[tuple[Any, bool | None]]:
    """Return each key's label, and whether it is there; None: nobody can read it any more."""
    parts = PARTS[Account.Kind(account.kind)]
    try:
        row = Account.objects.values(*parts).get(pk=account.pk)
    except DecryptionError:
        row = dict.fromkeys(parts)
    labels = AccountForm.base_fields
    return [(labels[part].label, None if row[part] is None else bool(row[part])) for part in parts]
