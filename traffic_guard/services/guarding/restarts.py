"""Who has started a server that we keep off, and stops of ours that took effect late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from traffic_guard.models import PowerAction, Server
from traffic_guard.services.guarding import decisions
from traffic_guard.services.guarding.verdicts import Event

State, Origin, Kind = PowerAction.State, PowerAction.Origin, PowerAction.Kind
# a system may take so long to shut down
LATEST = timedelta(hours=6)
ON = frozenset({Server.Power.RUNNING, Server.Power.STARTING, Server.Power.REBOOTING})


def observe(servers: Sequence[Server], now: datetime) -> list[PowerAction]:
    """Look at the live states of servers; return the stops that were given up and took effect.

    In the caller's transaction. A server that runs is not kept off by us any more, so that no reset
    starts what somebody may have stopped again by then.
    """
    kept = [one for one in servers if one.kept_off_by_id is not None and one.power in ON]
    if kept:
        _let_go(kept, now)
    off = [one for one in servers if one.power == Server.Power.STOPPED and not one.kept_off_by_id]
    return _late(off, now) if off else []


def _let_go(servers: Sequence[Server], now: datetime) -> None:
    stops = PowerAction.objects.in_bulk([one.kept_off_by_id for one in servers])
    starting = set(
        PowerAction.objects.filter(
            server__in=servers, origin=Origin.RESUME, state__in=PowerAction.OPEN
        ).values_list("server_id", flat=True)
    )
    for server in servers:
        stop = stops.get(server.kept_off_by_id)
        # a state that was read before the stop is none of afterwards
        is_since = stop is None or (
            server.power_at is not None
            and stop.settled_at is not None
            and server.power_at > stop.settled_at
        )
        if server.pk not in starting and is_since:
            release(server, Event.STARTED_BY_HAND, now, action=stop)


def release(
    server: Server,
    code: str,
    now: datetime,
    *,
    action: PowerAction | None = None,
    actor: str = "",
) -> bool:
    """Note that a server is not kept off by us any more; False: it was not."""
    mine = Server.objects.filter(pk=server.pk).exclude(kept_off_by=None)
    if not mine.update(kept_off_by=None):
        return False
    server.kept_off_by = None
    decisions.note(server, code, now, action=action, actor=actor)
    return True


def _late(servers: Sequence[Server], now: datetime) -> list[PowerAction]:
    """Take over stops that were not confirmed in time, but were seen on their way.

    Only where nothing else was asked of the server since: another one's stop is not ours.
    """
    found: list[PowerAction] = []
    newest = (
        PowerAction.objects.filter(server__in=servers)
        .order_by()
        .values("server")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    given_up = PowerAction.objects.filter(
        pk__in=newest,
        state=State.UNVERIFIED,
        kind=Kind.STOP,
        origin=Origin.GUARD,
        seen_power=Server.Power.STOPPING,
        settled_at__gt=now - LATEST,
        cycle_end__gt=now,
    )
    by_id = {one.pk: one for one in servers}
    for action in given_up:
        mine = PowerAction.objects.filter(pk=action.pk, state=State.UNVERIFIED)
        server = by_id[action.server_id]
        changes = {"settled_at": now, "server_changed_at": server.changed_at}
        if not mine.update(state=State.DONE, error_code="late", **changes):
            continue
        action.refresh_from_db()
        action.server = server
        Server.objects.filter(pk=server.pk).update(kept_off_by=action)
        server.kept_off_by = action
        decisions.note(server, Event.LATE, now, action=action, cycle_end=action.cycle_end)
        found.append(action)
    return found
