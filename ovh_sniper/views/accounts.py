"""A tenant's OVH accounts: the list, and one of them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from ovh_sniper.models import Account
from ovh_sniper.services.accounts import findings, state_words
from ovh_sniper.services.orders import listing as order_listing
from ovh_sniper.services.orders import spend
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from ovh_sniper.services.wishes import listing as wish_listing
from ovh_sniper.services.wording import words
from ovh_sniper.views import account_parts, may
from tenants.access import PortalRequest, member

# of its wishes and orders, on its page
SHOWN = 8


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """List the accounts with how they stand, and what they ordered this month."""
    found = Account.objects.defer(*ACCOUNT_SECRETS).order_by("name", "pk")
    # those that were disconnected stand last
    accounts = sorted(found, key=lambda one: one.is_disconnected)
    zone = ZoneInfo(request.tenant.time_zone)
    month = timezone.localtime(timezone=zone).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    totals: dict[int, list[spend.Total]] = {}
    for total in spend.total(since=month):
        totals.setdefault(total.account_id, []).append(total)
    context = {
        "rows": [_row(slug, account, totals.get(account.pk, [])) for account in accounts],
        "may_change": may(request, "admin"),
    }
    return render(request, "ovh_sniper/accounts.html", context)


def _row(slug: str, account: Account, totals: list[spend.Total]) -> dict[str, Any]:
    found = [] if account.is_disconnected else findings.in_order(account.findings)[:1]
    return {
        "account": account,
        "url": reverse("ovh_sniper:account", args=[slug, account.public_id]),
        "place": account.get_host_display(),
        "standing": state_words.standing(account),
        # what is only worth knowing stands on its own page
        "worst": next((one for one in found if one.tone != findings.INFO), None),
        "count": sum(total.count for total in totals),
        "sums": [words.money(total.ordered, total.currency) for total in totals],
    }


@require_GET
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show one account: what it may do, what is wrong, and what it was used for."""
    account = account_parts.find(public_id)
    orders = order_listing.listed().filter(account=account)[:SHOWN]
    wishes = wish_listing.listed().filter(account=account)
    context = {
        **account_parts.state_context(request, account),
        "wishes": [
            {"wish": wish, "tone": wish_listing.TONES.get(wish.state, "")}
            for wish in wishes[:SHOWN]
        ],
        "wish_count": wishes.count(),
        "orders": [
            {
                "order": order,
                "place": words.short_place(order.datacenter),
                "tone": order_listing.TONES.get(order.state, ""),
                "cost": words.money(order.due_now, order.currency),
            }
            for order in orders
        ],
        "order_count": account.orders.count(),
    }
    return render(request, "ovh_sniper/account.html", context)


@require_GET
@never_cache
@member()
def status(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Return the part of the page that waits for a worker; nothing where it shows that already."""
    account = account_parts.find(public_id)
    context = account_parts.state_context(request, account)
    if request.GET.get("was") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, "ovh_sniper/_account_state.html", context)
