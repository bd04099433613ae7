"""The bots' pages: one module a group of pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from bots.models import Bot
from tenants.access import PortalRequest
from tenants.models import Tenant


def find_bot(public_id: str) -> Bot:
    """Return the tenant's bot, its token left in the store until somebody needs it.

    Raises:
        Http404: there is none, or it is another tenant's.
    """
    return get_object_or_404(Bot.objects.defer("token"), public_id=public_id)


def draw(
    request: PortalRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Draw a page that knows which buttons the member may press."""
    is_open = request.tenant.state == Tenant.State.ACTIVE
    rights = {
        "may_run": is_open and request.membership.may("operator"),
        "may_change": is_open and request.membership.may("admin"),
    }
    return render(request, template, {**rights, **context}, status=status)
