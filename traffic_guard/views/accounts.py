"""A tenant's cloud accounts: the list, and one of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.models import Account
from traffic_guard.services.accounts import access, findings, standing
from traffic_guard.services.accounts.access import SECRETS
from traffic_guard.views import account_parts, may


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """List the accounts with how they stand and how many servers they have."""
    shown = Count("servers", filter=Q(servers__hidden_at=None))
    found = Account.objects.defer(*SECRETS).annotate(server_count=shown).order_by("name", "pk")
    # those that were disconnected stand last
    accounts = sorted(found, key=lambda one: one.left_at is not None)
    masked = access.masked_keys([one.pk for one in accounts])
    context = {
        "rows": [_row(slug, account, masked[account.pk]) for account in accounts],
        "may_change": may(request, "admin"),
    }
    return render(request, "traffic_guard/accounts.html", context)


def _row(slug: str, account: Account, access_key: str) -> dict[str, Any]:
    said = findings.of_account(account)
    cloud = findings.cloud_title(account.provider)
    site = findings.site_title(account.provider, account.site)
    return {
        "account": account,
        "url": reverse("traffic_guard:account", args=[slug, account.public_id]),
        "place": f"{cloud} · {site}",
        "access_key": access_key,
        "standing": standing.standing(account),
        # what is only worth knowing stands on its own page
        "worst": next((one for one in said if one.tone != findings.INFO), None),
    }


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show one account: what its keys may do, what is missing, and what was found with them."""
    account = account_parts.find(public_id)
    context = account_parts.state_context(request, account)
    return render(request, "traffic_guard/account.html", context)


@require_GET
@never_cache
@member()
def status(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return the part of the page that waits for a worker; nothing where it shows that already."""
    account = account_parts.find(public_id)
    context = account_parts.state_context(request, account)
    if request.GET.get("was") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, "traffic_guard/_account_state.html", context)
