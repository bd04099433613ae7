"""Pages of the portal, by topic."""

from __future__ import annotations

from tenants.access import PortalRequest
from tenants.models import Tenant


def may(request: PortalRequest, role: str) -> bool:
    """Tell whether to offer what needs a role: never while the tenant is suspended."""
    return request.tenant.state == Tenant.State.ACTIVE and request.membership.may(role)


def is_part(request: PortalRequest) -> bool:
    """Tell whether htmx asks: only the part of a page that moves is wanted then."""
    return bool(request.headers.get("HX-Request"))
