"""What the page behind a link in a message asks and says."""

from __future__ import annotations

from django.utils.translation import gettext as _

from traffic_guard.models import PlannedStop
from traffic_guard.services.telling.links import Deed
from traffic_guard.services.telling.stop_cards import Stop
from traffic_guard.texts import said


def question(deed: Deed, stop: Stop) -> str:
    """Return what is about to be done."""
    name = {"name": stop.about.server.name}
    return {
        Deed.POSTPONE: _("Put the stop of %(name)s off by one hour?") % name,
        Deed.SKIP: _("Leave %(name)s alone until the reset?") % name,
        Deed.STOP_NOW: _("Stop %(name)s now?") % name,
        Deed.APPROVE: _("Let %(name)s be stopped?") % name,
        Deed.PROTECT: _("Protect %(name)s, so that it is never stopped automatically?") % name,
    }[deed]


def button(deed: Deed) -> str:
    """Return what the one button says."""
    return {
        Deed.POSTPONE: _("Postpone 1 h"),
        Deed.SKIP: _("Skip this cycle"),
        Deed.STOP_NOW: _("Stop now"),
        Deed.APPROVE: _("Let it be stopped"),
        Deed.PROTECT: _("Protect"),
    }[deed]


def done() -> str:
    """Return that the button did what it says."""
    return _("Done. The messages about it are brought up to date.")


def used(plan: PlannedStop) -> str:
    """Return why the link does nothing any more."""
    if plan.state in PlannedStop.OPEN:
        return _("This link was used already. The newest message has fresh ones.")
    return said.too_late(plan)
