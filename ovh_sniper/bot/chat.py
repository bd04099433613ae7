"""What all handlers of the product share: languages, roles, names, pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Press
from ovh_sniper.texts import typed as texts
from tenants.models import Tenant
from tenants.services.audit import Actor

T = TypeVar("T", bound=Model)
PER_PAGE = 5


@contextmanager
def speaking(incoming: Incoming) -> Iterator[None]:
    """Speak the bot's language where many read, the person's in private."""
    if incoming.chat.is_private:
        yield
        return
    with translation.override(incoming.bot.language):
        yield


def may(incoming: Incoming, role: str) -> bool:
    """Tell whether the person has a role; where not, say so to this person alone."""
    if incoming.may(role):
        return True
    incoming.toast(texts.only_for(role), alert=True)
    return False


def sees(incoming: Incoming, role: str) -> bool:
    """Tell whether a role's buttons make sense here: in a group a press tells who it was."""
    return not incoming.chat.is_private or incoming.may(role)


def actor(incoming: Incoming) -> Actor:
    """Return who acts, for the audit."""
    member = incoming.member
    user_id = member.user_id if member is not None else None
    return Actor(kind="person", name=incoming.person.full_name, user_id=user_id)


def zone(incoming: Incoming) -> ZoneInfo:
    """Return the tenant's time zone."""
    return ZoneInfo(Tenant.objects.get(pk=incoming.bot.tenant_id).time_zone)


def page_of(found: QuerySet[T], page: int) -> tuple[list[T], int, int]:
    """Return a page's rows, its number within what exists, and how many pages there are."""
    pages = max(1, -(-found.count() // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    return list(found[page * PER_PAGE : (page + 1) * PER_PAGE]), page, pages


def pager(back: Button, more: Button, page: int, pages: int) -> list[list[Press]]:
    """Return the buttons to the page before and the page after, where there are such."""
    keys = []
    if page > 0:
        keys.append(Press(_("‹ Back"), back))
    if page < pages - 1:
        keys.append(Press(_("More ›"), more))
    return [keys] if keys else []
