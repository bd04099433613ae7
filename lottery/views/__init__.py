"""Pages of giveaways."""

from __future__ import annotations

from tenants.access import PortalRequest
from tenants.models import Tenant


def may_run(request: PortalRequest) -> bool:
    """Tell whether to offer what changes something: not to viewers, not while suspended."""
    return request.tenant.state == Tenant.State.ACTIVE and request.membership.may("operator")
