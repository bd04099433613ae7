"""What all handlers of the product share: languages, roles, who acts, servers that are named."""

from __future__ import annotations

from django.utils import timezone

from bots.handling import actor, pager, speaking
from bots.incoming import Incoming
from bots.services.recipients import Role
from traffic_guard.models import Server
from traffic_guard.services.telling import facts, lookups
from traffic_guard.services.telling.facts import Frame
from traffic_guard.texts import said

__all__ = ["actor", "find", "frame", "may", "operates", "pager", "speaking"]


def may(incoming: Incoming, role: str) -> bool:
    """Tell whether the person has a role; where not, say so to this person alone."""
    if incoming.may(role):
        return True
    incoming.toast(said.only_for(role), alert=True)
    return False


def operates(incoming: Incoming) -> bool:
    """Tell whether buttons that act make sense here: in a group a press tells who it was."""
    return not incoming.chat.is_private or incoming.may(Role.OPERATOR)


def frame(incoming: Incoming) -> Frame:
    """Return settings, time zone and now."""
    return facts.frame_of(incoming.bot.tenant_id, timezone.now())


def find(incoming: Incoming, public_id: str) -> Server | None:
    """Return a server of the tenant; where there is none, say so to this person."""
    server: Server | None = lookups.shown().filter(public_id=public_id).first()
    if server is None:
        incoming.toast(said.no_such_server(), alert=True)
    return server
