"""What happens to a server at its threshold, or why nothing does; in the active language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.durations import duration
from traffic_guard.models import Policy, Server
from traffic_guard.services.policies import first_cycles
from traffic_guard.services.readings.words import volume
from traffic_guard.services.telling import reasons
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.words import clock

SOURCES = {
    "server": gettext_lazy("set for this server"),
    "account": gettext_lazy("set for the account"),
    "tenant": gettext_lazy("set for the workspace"),
    "default": gettext_lazy("by default"),
}
HALTED = {
    "frozen": gettext_lazy("its cloud account is frozen or has no balance"),
    "denied": gettext_lazy("its cloud account’s keys lack the right to stop servers"),
}


def source(name: str) -> str:
    """Return which level said so."""
    return str(SOURCES[name])


def words(facts: Facts, verdict: str = "") -> str:
    """Return one sentence: what happens at the threshold, or why nothing is stopped.

    `verdict` is why the guard plans nothing though it is below, where that was said.
    """
    if facts.server.power == Server.Power.STOPPED:
        return _("It is off.")
    if facts.left is None:
        return _("Nothing is stopped while it is not known what is left.")
    if why := _why_not(facts) or reasons.clause(verdict):
        return _("Nothing is stopped: %(why)s.") % {"why": why}
    return _then(facts)


def _then(facts: Facts) -> str:
    if facts.threshold is None:
        return _("Nothing is stopped: the size of its package is not known.")
    if facts.standing.total is not None and facts.threshold >= facts.standing.total:
        why = reasons.clause("threshold_too_high")
        return _("Nothing is stopped: %(why)s.") % {"why": why}
    given = {
        "threshold": volume(facts.threshold),
        "grace": duration(facts.policy.grace.total_seconds()),
    }
    if _is_dry(facts):
        said = _("Dry run: below %(threshold)s you are told that it would have been stopped.")
    elif facts.policy.grace == timedelta(0):
        said = _("It is stopped when less than %(threshold)s is left.")
    else:
        said = _("When less than %(threshold)s is left it is stopped %(grace)s later.")
    return said % given


def _is_dry(facts: Facts) -> bool:
    """Tell whether a stop would only be said, as guarding/rehearsals.py decides it."""
    wanted = facts.policy.dry_run.value
    if wanted != Policy.DryRun.FIRST_CYCLE:
        return bool(wanted == Policy.DryRun.ALWAYS)
    ends = [
        first_cycles.end(one.first_cycle_end, one.created_at, is_resetting=one.is_resetting)
        for one in facts.standing.packages
        if one.first_cycle_end is not None
    ]
    return not ends or facts.frame.now < min(ends)


def _why_not(facts: Facts) -> str:
    """Return why automatic stops do not happen, the first reason; empty where they do."""
    return next(_objections(facts), "")


def _objections(facts: Facts) -> Iterator[str]:
    server = facts.server
    if server.is_protected:
        yield reasons.clause("protected")
    if not facts.policy.auto_stop.value:
        where = source(facts.policy.auto_stop.source)
        yield _("automatic stops are off (%(where)s)") % {"where": where}
    if halted := server.account.halted_for:
        yield str(HALTED.get(halted, reasons.clause("halted")))
    if server.account.rights != server.account.Rights.GUARD:
        yield reasons.clause("watch_only")
    yield from _resting(facts)
    # what only the guard's last look knows
    if server.verdict in reasons.LASTING:
        yield reasons.clause(server.verdict)


def _resting(facts: Facts) -> Iterator[str]:
    server, frame = facts.server, facts.frame
    if (all_until := frame.settings.paused_until) is not None and all_until > frame.now:
        at = clock(all_until, frame.zone, frame.now)
        yield _("all automatic stops rest until %(at)s") % {"at": at}
    if server.paused_until is not None and server.paused_until > frame.now:
        at = clock(server.paused_until, frame.zone, frame.now)
        yield _("its automatic stops rest until %(at)s") % {"at": at}
    if server.skipped_cycle_end is not None and server.skipped_cycle_end > frame.now:
        yield reasons.clause("skipped")
