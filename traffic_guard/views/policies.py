"""What holds where: the workspace's policy, and who says something else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenants.access import PortalRequest, member
from traffic_guard.models import Policy
from traffic_guard.services.guarding import rows
from traffic_guard.services.policies import resolving, setting_words
from traffic_guard.services.policies.setting_words import Said
from traffic_guard.services.telling import outlook
from traffic_guard.views import lines, may

ON_PAGE = 25
# those that say something themselves come first; each has a link on its own page
MOST_ACCOUNTS = 50


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """Show what the workspace says, and the accounts and servers that say something else."""
    policies = {row.account_id: row for row in Policy.objects.filter(server=None)}
    tenant = policies.get(None)
    accounts = sorted(lines.accounts(), key=lambda one: one.pk not in policies)
    servers = rows.listed().filter(policies__isnull=False).order_by("name", "pk")
    page = Paginator(servers, ON_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    effective = resolving.effective_many(shown)
    context = {
        "settings": [sourced(one) for one in setting_words.settings(resolving.of_tenant())],
        "accounts": [
            {"account": one, "own": own(resolving.combined(None, policies.get(one.pk), tenant))}
            for one in accounts[:MOST_ACCOUNTS]
        ],
        "more_accounts": max(len(accounts) - MOST_ACCOUNTS, 0),
        "page": page,
        "servers": [{"server": one, "own": own(effective[one.pk], "server")} for one in shown],
        "may_change": may(request, "admin"),
    }
    return render(request, "traffic_guard/policies.html", context)


def own(effective: resolving.Effective, source: str = "account") -> list[Said]:
    """Return the settings that one level says itself."""
    return [one for one in setting_words.settings(effective) if one.source == source]


def sourced(one: Said) -> dict[str, Any]:
    """Return a setting with who says so."""
    return {"label": one.label, "value": one.value, "source": outlook.source(one.source)}


def settings_of(effective: resolving.Effective) -> Iterable[dict[str, Any]]:
    """Return everything that holds for a server, with who says so."""
    return [sourced(one) for one in setting_words.settings(effective)]
