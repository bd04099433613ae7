"""Short answers of the bot: who may, what is not there, what a press came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import Membership
from traffic_guard.models import PlannedStop, Server
from traffic_guard.services.telling import costs_while_off, plan_words, reasons
from traffic_guard.services.telling.words import clock, listed, shortened

State = PlannedStop.State
LONGEST_NAME = 60


def only_for(role: str) -> str:
    """Return that a role is missing."""
    return _("Only for members with the role “%(role)s” or above.") % {
        "role": Membership.Role(role).label
    }


def no_such_server() -> str:
    """Return that a button speaks of a server that is not there."""
    return _("This server is no longer on the list.")


def unknown_server(name: str) -> str:
    """Return that nothing is called like this."""
    return _("No server is called “%(name)s”. /servers lists them all.") % {
        "name": shortened(name, LONGEST_NAME)
    }


def which(name: str, count: int) -> str:
    """Return the question which of several servers is meant."""
    return ngettext(
        "%(n)s server fits “%(name)s”. Which one?",
        "%(n)s servers fit “%(name)s”. Which one?",
        count,
    ) % {"n": count, "name": shortened(name, LONGEST_NAME)}


def usage(example: str) -> SafeString:
    """Return how a command is written."""
    return format_html("{} <code>{}</code>", _("Write it like this:"), example)


def nothing_watched() -> str:
    """Return that there is no server."""
    return _("No server is watched yet. Link a cloud account in the portal.")


# --- What a press came to


def gone(reason: str) -> str:
    """Return why a button does nothing any more."""
    return {
        "foreign": _("Somebody else asked this: ask yourself with /stop or /start."),
        "expired": _("That was too long ago: ask again."),
        "taken": _("This was answered already."),
    }.get(reason, _("This is not known here any more."))


def postponed(plan: PlannedStop, zone: ZoneInfo, now: datetime) -> str:
    """Return until when a stop was put off."""
    return _("Put off: it stops at %(at)s.") % {"at": clock(plan.execute_at, zone, now)}


def all_postponed(count: int) -> str:
    """Return how many stops were put off."""
    if not count:
        return _("Nothing is left to put off.")
    return ngettext("%(n)s stop put off by 1 hour.", "%(n)s stops put off by 1 hour.", count) % {
        "n": count
    }


def skipped() -> str:
    """Return that a server is left alone until the reset."""
    return _("Skipped: it is left alone until the reset.")


def protected(server: Server) -> str:
    """Return that a server is never stopped automatically."""
    return _("%(name)s is protected: it is never stopped automatically.") % {"name": server.name}


def unprotected(server: Server) -> str:
    """Return that the policy counts again."""
    return _("%(name)s is no longer protected: its policy counts again.") % {"name": server.name}


def approved() -> str:
    """Return that a held stop will happen."""
    return _("Allowed: it is stopped in a moment.")


def stopping_now() -> str:
    """Return that a stop was brought forward."""
    return _("It is stopped now. The message shows what comes of it.")


def sure_to_stop(server: Server) -> SafeString:
    """Return the question before a planned stop is brought forward, and what it keeps costing."""
    title = _("Stop %(name)s now?") % {"name": server.name}
    return format_html("<b>{}</b>\n{}", title, costs_while_off.text(server))


def left_as_it_is() -> str:
    """Return that a question was answered with no."""
    return _("All right: it is left as planned.")


def too_late(plan: PlannedStop) -> str:
    """Return why nothing can be done about a plan any more."""
    if plan.state == State.EXECUTED:
        return _("Too late: the stop was sent already.")
    if plan.state == State.DRY:
        return _("It was a dry run, and is over.")
    if plan.state == State.CANCELLED and plan.settled_by:
        return _("Already called off by %(name)s.") % {"name": plan_words.by(plan)}
    if plan.state in PlannedStop.OPEN and plan.is_dry_run:
        return _("It is a dry run: nothing is stopped.")
    if why := reasons.clause(plan.settled_reason):
        return _("Already called off: %(why)s.") % {"why": why}
    return _("This stop is over.")


# --- Pausing


def paused(server: Server, until: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return that automatic stops of a server rest."""
    return _("Automatic stops of %(name)s rest until %(at)s.") % {
        "name": server.name,
        "at": clock(until, zone, now),
    }


def all_paused(until: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return that all automatic stops rest."""
    said = _("All automatic stops rest until %(at)s. Alerts go on. /pause off ends it.")
    return said % {"at": clock(until, zone, now)}


def resumed() -> str:
    """Return that automatic stops happen again."""
    return _("Automatic stops happen again, as the policies say.")


def names(servers: Sequence[Server], most: int = 10) -> str:
    """Return the names of servers in one line."""
    return listed([server.name for server in servers], most)
