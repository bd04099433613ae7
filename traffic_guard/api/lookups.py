"""Finds what a request names by its public id, inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.generics import get_object_or_404

from tenants.api_input import no_such
from tenants.models import Tenant
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.accounts import access
from traffic_guard.services.telling.facts import Frame


def account_of(public_id: str) -> Account:
    """Return the tenant's account that a field names, without its keys.

    Raises:
        ValidationError: it has none of this id, or it is disconnected.
    """
    found: Account | None = (
        Account.objects.filter(public_id=public_id).defer(*access.SECRETS).first()
    )
    if found is None:
        raise no_such("account")
    if found.left_at is not None:
        raise exceptions.ValidationError({"account": [_("This account is disconnected.")]})
    return found


def servers() -> QuerySet[Server]:
    """Return the tenant's servers, hidden ones too, with their accounts, without keys."""
    found = Server.objects.select_related("account__tenant")
    return found.defer(*access.OF_ACCOUNT)


def server_of(public_id: str) -> Server:
    """Return the server that the address names.

    Raises:
        Http404: the tenant has none of this id.
    """
    found: Server = get_object_or_404(servers(), public_id=public_id)
    return found


def servers_of(ids: Sequence[str]) -> list[Server]:
    """Return the servers that a field names, each once, in its order.

    Raises:
        ValidationError: the tenant has none of one of the ids.
    """
    wanted = list(dict.fromkeys(ids))
    found = {server.public_id: server for server in servers().filter(public_id__in=wanted)}
    if len(found) < len(wanted):
        raise no_such("servers")
    return [found[one] for one in wanted]


def frame_of(tenant: Tenant) -> Frame:
    """Return what lines of servers have in common; a look writes no settings."""
    settings = Preferences.objects.first() or Preferences()
    return Frame(settings, ZoneInfo(tenant.time_zone), timezone.now(), tenant.slug)
