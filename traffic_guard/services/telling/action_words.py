"""What became of a stop, start or reboot, and what to do where it failed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from traffic_guard.gateways.errors import Kind
from traffic_guard.models import PowerAction, Server
from traffic_guard.services.telling.words import clock

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

State = PowerAction.State
STOP, START, REBOOT = PowerAction.Kind.STOP, PowerAction.Kind.START, PowerAction.Kind.REBOOT
# `error_code` of an action whose server was as wished already, and of a stop that was not confirmed
# since somebody started the server meanwhile (services/guarding/history.py)
ALREADY, STARTED = "already", "started"
FAILED = (State.REFUSED, State.UNVERIFIED)

UNDER_WAY = {
    STOP: gettext_lazy("being stopped"),
    START: gettext_lazy("being started"),
    REBOOT: gettext_lazy("being rebooted"),
}
DONE = {
    STOP: gettext_lazy("stopped at %(at)s, confirmed"),
    START: gettext_lazy("started at %(at)s, confirmed"),
    REBOOT: gettext_lazy("rebooted at %(at)s, confirmed"),
}
REFUSED = {
    STOP: gettext_lazy("not stopped"),
    START: gettext_lazy("not started"),
    REBOOT: gettext_lazy("not rebooted"),
}
REASONS: dict[str, _StrPromise] = {
    Kind.CREDENTIAL: gettext_lazy("The cloud does not accept the account’s keys: enter new ones."),
    Kind.DENIED: gettext_lazy("The keys lack the right: add the policy shown on the account."),
    Kind.FROZEN: gettext_lazy("Account or server is frozen, or there is no balance: top it up."),
    Kind.WRONG_SITE: gettext_lazy("The account belongs to another site: choose the right one."),
    Kind.CONFLICT: gettext_lazy("The server’s state does not allow it: try again in a minute."),
    Kind.LOCKED: gettext_lazy("The server is locked: unlock it in the cloud’s console."),
    Kind.RUNNING_COMMAND: gettext_lazy("Another command runs on the server: try again later."),
    Kind.NOT_FOUND: gettext_lazy("The cloud does not know the server any more."),
    Kind.BLANK_KEYS: gettext_lazy("The account has no keys: enter them."),
    # --- our own refusals
    "not_listed": gettext_lazy("The cloud did not list the server: look for it in its console."),
    "own_machine": gettext_lazy("This service itself runs on it: it is never stopped from here."),
    "off": gettext_lazy("It is off: start it instead."),
}


def mark(action: PowerAction) -> str:
    """Return a sign for how it stands."""
    if action.is_open:
        return "⏳"
    if action.state == State.DONE:
        return "▶️" if action.kind == START else "🔄" if action.kind == REBOOT else "⏹"
    return "❗" if action.state == State.UNVERIFIED else "❌" if action.state in FAILED else "↩️"


def state(action: PowerAction, zone: ZoneInfo, now: datetime) -> str:
    """Return how far it is: "stopped at 15:06, confirmed"."""
    kind = PowerAction.Kind(action.kind)
    if action.state == State.DONE:
        return _done(action, kind, clock(action.settled_at or now, zone, now))
    if action.is_open:
        is_lost = action.state == State.UNCLEAR
        return _("the answer was lost, its state is looked up") if is_lost else str(UNDER_WAY[kind])
    if action.state == State.WITHDRAWN:
        return pgettext("a stop or start", "withdrawn before it was sent")
    if action.state == State.UNVERIFIED:
        return _("accepted by the cloud, and not confirmed")
    return str(REFUSED[kind])


def _done(action: PowerAction, kind: PowerAction.Kind, at: str) -> str:
    if action.error_code == ALREADY:
        return _("was so already, nothing was sent")
    return str(DONE[kind]) % {"at": at}


def advice(action: PowerAction) -> str:
    """Return why it failed and what to do now; empty where it did not fail."""
    if action.state == State.UNVERIFIED:
        return _unverified(action)
    if action.state != State.REFUSED:
        return ""
    if action.error_code in REASONS:
        return str(REASONS[action.error_code])
    return action.error or _("The cloud gave no reason: look at the server in its console.")


def _unverified(action: PowerAction) -> str:
    if action.error_code == STARTED:
        return _("Somebody started it again meanwhile: look who, and whether it is wanted.")
    if action.kind == STOP and action.seen_power == Server.Power.RUNNING:
        return _(
            "It still runs, and uses traffic. Shut it down from inside, or cut its power on its "
            "page or in the cloud’s console."
        )
    if action.kind == START and action.seen_power == Server.Power.STOPPED:
        return _(
            "It is still off. The cloud may have no room for it now: try again later, or look at "
            "it in the cloud’s console."
        )
    return _("Its state could not be confirmed: look at it in the cloud’s console.")
