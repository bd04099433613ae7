"""The log that says why a server was, or was not, stopped; rows are only added to or counted up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Max, QuerySet

from traffic_guard.models import Decision, PlannedStop, PowerAction, Server


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one look came to for one server."""

    server: Server
    code: str
    cycle_end: datetime | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def note(  # noqa: PLR0913 - the columns of a row
    server: Server,
    code: str,
    now: datetime,
    /,
    *,
    plan: PlannedStop | None = None,
    action: PowerAction | None = None,
    cycle_end: datetime | None = None,
    actor: str = "",
    **facts: Any,
) -> Decision:
    """Write what happened to a server, a plan or an action, in the caller's transaction.

    `actor` is who wanted it, "" for the guard itself; `facts` must be what JSON can hold.
    """
    row: Decision = Decision.objects.create(
        tenant_id=server.tenant_id,
        server=server,
        code=str(code),
        at=now,
        last_at=now,
        cycle_end=cycle_end or (plan.cycle_end if plan else None),
        facts=facts,
        planned_stop=plan,
        action=action,
        actor=actor[:120],
    )
    return row


def note_verdicts(found: Iterable[Verdicts], now: datetime) -> None:
    """Write the verdicts of one look; the same one again in a row is counted in its row.

    Three queries whatever their number.
    """
    wanted = list(found)
    newest = _newest([one.server.pk for one in wanted])
    again: list[Decision] = []
    fresh: list[Decision] = []
    for one in wanted:
        last = newest.get(one.server.pk)
        if last is not None and (last.code, last.cycle_end) == (one.code, one.cycle_end):
            last.facts, last.last_at, last.times = dict(one.facts), now, F("times") + 1
            again.append(last)
        else:
            fresh.append(_row(one, now))
    Decision.objects.bulk_create(fresh)
    Decision.objects.bulk_update(again, ["facts", "last_at", "times"])


def _row(one: Verdicts, now: datetime) -> Decision:
    return Decision(
        tenant_id=one.server.tenant_id,
        server=one.server,
        code=one.code,
        at=now,
        last_at=now,
        cycle_end=one.cycle_end,
        facts=dict(one.facts),
    )


def _newest(server_ids: list[int]) -> dict[int, Decision]:
    """Return the newest decision of each server, where it is the verdict of a look."""
    ids = (
        Decision.objects.filter(server__in=server_ids)
        .order_by()
        .values("server")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    rows = Decision.objects.filter(pk__in=ids, planned_stop=None, action=None, actor="")
    return {row.server_id: row for row in rows}


def of_server(server: Server) -> QuerySet[Decision]:
    """Return a server's decisions, newest first."""
    return _listed().filter(server=server)


def of_tenant() -> QuerySet[Decision]:
    """Return the decisions of the open scope, newest first."""
    return _listed()


def _listed() -> QuerySet[Decision]:
    found = Decision.objects.select_related("server", "planned_stop", "action")
    return found.order_by("-last_at", "-pk")
