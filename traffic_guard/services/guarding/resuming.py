"""Starts servers again after the reset: only what we stopped, and only on proof of new quota."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from tenants.ids import public_id
from tenants.models import Tenant
from tenants.scoping import unscoped
from traffic_guard.models import Account, Decision, PowerAction, Server
from traffic_guard.services.guarding import actions, decisions
from traffic_guard.services.guarding.actions import Order
from traffic_guard.services.guarding.claims import Key
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.policies import resolving, thresholds
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings import sums
from traffic_guard.services.readings.sums import Standing
from traffic_guard.services.telling import alerts, preferences
from traffic_guard.services.telling.alerts import Raised

State, Origin, Kind = PowerAction.State, PowerAction.Origin, PowerAction.Kind
# Billing moves figures around the reset: before this nothing is believed.
AFTER_RESET = timedelta(minutes=10)
# Nothing changes for those that wait until their account is read again.
LATELY = timedelta(minutes=15)
# Servers of one account that are started at the same time; the others follow.
AT_ONCE = 5
# A start that failed is tried again, ever later, so many times in all.
MOST_TRIES, PAUSE = 3, timedelta(minutes=15)
SECRETS = ("access_key", "secret_key")
# `why_not` of one that somebody was at since its stop: people are asked
CHANGED, SETTLING = "changed", timedelta(minutes=2)
# by so much the cloud's clock may differ from ours: it refuses calls that are signed further off
APART = timedelta(minutes=15)


def due(now: datetime, limit: int) -> list[Key]:
    """Return (tenant id, account id) of accounts with servers that a reset may start."""
    with unscoped("the clock looks for servers of all tenants"):
        rows = _kept_off(now).filter(
            account__left_at=None,
            account__tenant__state=Tenant.State.ACTIVE,
            account__polled_at__gt=now - LATELY,
        )
        keys = rows.order_by("tenant_id", "account_id").values_list("tenant_id", "account_id")
        return list(keys.distinct()[:limit])


def resume(account_id: int, now: datetime) -> list[PowerAction]:
    """Have servers of an account started whose new cycle shows quota; return the intents.

    Needs the tenant's open scope, in a transaction. sending.py reads the live state before it
    starts anything.
    """
    accounts = Account.objects.select_for_update(of=("self",)).select_related("tenant")
    account = accounts.defer(*SECRETS).get(pk=account_id)
    preferences.take_turn(account.tenant_id)
    servers = list(_kept_off(now).filter(account=account).select_related("kept_off_by"))
    policies = resolving.effective_many(servers)
    standings = sums.standings(servers, now, lambda one: policies[one.pk].max_age)
    room = AT_ONCE - _under_way(account)
    batch, made, held = public_id(), list[PowerAction](), list[Server]()
    for server in servers:
        server.account = account
        effective, standing = policies[server.pk], standings[server.pk]
        reason = why_not(server, account, effective, standing)
        tries = [] if reason else _tries(server)
        if reason := reason or _changed(server, tries):
            if _note_waiting(server, reason, now) and reason == CHANGED:
                held.append(server)
            continue
        if len(made) >= room or not _is_time(tries, now):
            continue
        if (action := _start(server, standing, len(tries), batch, now)) is not None:
            made.append(action)
    alerts.raised(account, [Raised(one, alerts.START_HELD) for one in held], now)
    return made


def why_not(server: Server, account: Account, effective: Effective, standing: Standing) -> str:
    """Return why a server that we keep off is not started; "": it may be. Pure."""
    stop = server.kept_off_by
    if stop is None or stop.cycle_end is None:
        return "not_ours"
    if not effective.resume_at_reset.value:
        return "resume_off"
    if account.rights != Account.Rights.GUARD or not account.is_usable:
        return "account_unusable"
    if account.halted_for:
        return "halted"
    if server.power != Server.Power.STOPPED:
        return "not_off"
    return _no_quota(effective, standing, stop.cycle_end)


def _changed(server: Server, tries: Sequence[PowerAction]) -> str:
    """Return that somebody was at a server since our last act was proved; "": nobody was.

    One that was started and stopped again between two polls is off, as we left it, and somebody
    may want it so.
    """
    ours = [server.kept_off_by, *tries]
    ends = [_ours_until(one) for one in ours if one is not None and one.settled_at is not None]
    if server.changed_at is None or len(ends) < len(ours):
        return ""
    return CHANGED if server.changed_at > max(ends) else ""


def _ours_until(act: PowerAction) -> datetime:
    """Return until when, by the cloud's clock, changes of its server are of an act that ended.

    That is what the proof of its end said, and a while for the cloud's last touches. What was
    said before the act, or not at all, shows nothing: then our clock counts, with a wide margin.
    """
    said, begun = act.server_changed_at, act.sent_at or act.created_at
    if said is not None and said > begun - APART:
        return said + SETTLING
    return (act.settled_at or begun) + APART


def _no_quota(effective: Effective, standing: Standing, old_end: datetime) -> str:
    """Return why the new cycle does not show quota."""
    if not standing.is_known or standing.cycle_end is None or standing.read_at is None:
        return "unknown"
    if standing.cycle_end <= old_end or standing.read_at <= old_end:
        return "old_cycle"
    threshold = thresholds.bytes_of(effective, standing.total)
    if threshold is None or standing.remaining is None or standing.left is None:
        return "unknown"
    # else it would be stopped at once
    return "" if min(standing.remaining, standing.left) > threshold else "no_quota"


def _kept_off(now: datetime) -> QuerySet[Server]:
    return Server.objects.filter(
        kept_off_by__cycle_end__lte=now - AFTER_RESET, hidden_at=None
    ).order_by("pk")


def _under_way(account: Account) -> int:
    return PowerAction.objects.filter(
        server__account=account, origin=Origin.RESUME, state__in=PowerAction.OPEN
    ).count()


def _tries(server: Server) -> Sequence[PowerAction]:
    rows = PowerAction.objects.filter(
        server=server, origin=Origin.RESUME, pk__gt=server.kept_off_by_id or 0
    )
    return list(rows.exclude(state=State.WITHDRAWN).order_by("pk"))


def _is_time(tries: Sequence[PowerAction], now: datetime) -> bool:
    """Tell whether a start may be tried: not while one is open, later after each that failed."""
    if not tries:
        return True
    settled_at = tries[-1].settled_at
    if settled_at is None or len(tries) >= MOST_TRIES:
        return False
    pause = PAUSE * (1 << (len(tries) - 1))
    return settled_at + pause <= now


def _start(
    server: Server, standing: Standing, number: int, batch: str, now: datetime
) -> PowerAction | None:
    order = Order(Kind.START, Origin.RESUME, batch=batch)
    # one stop of ours is ended by one start, tried a few times
    key = f"resume:{server.kept_off_by_id}:{number}"
    action = actions.intend(server, order, key, now, cycle_end=standing.cycle_end)
    if action is not None:
        decisions.note(
            server,
            Event.RESUMING,
            now,
            action=action,
            cycle_end=standing.cycle_end,
            remaining=standing.remaining,
            total=standing.total,
            read_at=standing.read_at.isoformat() if standing.read_at else None,
        )
    return action


def _note_waiting(server: Server, reason: str, now: datetime) -> bool:
    """Log why it stays off, once as long as that is the same, whatever else is logged meanwhile.

    Tells whether that is said for the first time since the stop.
    """
    stop = server.kept_off_by
    waits = Decision.objects.filter(server=server, code=Event.RESUME_WAITS)
    if stop is not None and stop.settled_at is not None:
        waits = waits.filter(at__gte=stop.settled_at)
    last, is_new = waits.order_by("-pk").first(), not waits.filter(facts__reason=reason).exists()
    if last is None or last.facts.get("reason") != reason:
        decisions.note(server, Event.RESUME_WAITS, now, reason=reason)
    elif last.last_at < now - AFTER_RESET:
        Decision.objects.filter(pk=last.pk).update(last_at=now, times=F("times") + 1)
    return is_new
