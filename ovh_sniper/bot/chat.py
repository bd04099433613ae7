"""What all handlers of the product share: languages, roles, names, pages."""

from __future__ import annotations

from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet

from bots.handling import actor, pager, speaking
from bots.incoming import Incoming
from ovh_sniper.texts import typed as texts
from tenants.models import Tenant

__all__ = ["actor", "may", "page_of", "pager", "sees", "speaking", "zone"]

T = TypeVar("T", bound=Model)
PER_PAGE = 5


def may(incoming: Incoming, role: str) -> bool:
    """Tell whether the person has a role; where not, say so to this person alone."""
    if incoming.may(role):
        return True
    incoming.toast(texts.only_for(role), alert=True)
    return False


def sees(incoming: Incoming, role: str) -> bool:
    """Tell whether a role's buttons make sense here: in a group a press tells who it was."""
    return not incoming.chat.is_private or incoming.may(role)


def zone(incoming: Incoming) -> ZoneInfo:
    """Return the tenant's time zone."""
    return ZoneInfo(Tenant.objects.get(pk=incoming.bot.tenant_id).time_zone)


def page_of(found: QuerySet[T], page: int) -> tuple[list[T], int, int]:
    """Return a page's rows, its number within what exists, and how many pages there are."""
    pages = max(1, -(-found.count() // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    return list(found[page * PER_PAGE : (page + 1) * PER_PAGE]), page, pages
