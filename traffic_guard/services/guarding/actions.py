"""Intents: the row that says that a server is to be stopped, started or rebooted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from bots.models import Person
from bots.nudging import wake_after_commit
from tenants.ids import public_id
from tenants.models import Tenant
from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.models import Account, PowerAction, Server
from traffic_guard.services.guarding import decisions, own
from traffic_guard.services.guarding.verdicts import Event
from traffic_guard.services.telling import preferences

State, Origin, Kind = PowerAction.State, PowerAction.Origin, PowerAction.Kind
SEND = "traffic_guard.tasks.guarding.send"
# with a server's number behind it, it fits PowerAction.request_key
LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class NotDone:
    """A server of a request that got no action.

    `why`: busy (another action is open), gone, own_machine, watch_only, account_unusable, left,
    suspended.
    """

    server: Server
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was asked for together: its name, the actions, and what was refused right away."""

    batch: str
    actions: list[PowerAction] = field(default_factory=list)
    refused: list[NotDone] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted, by whom and from where."""

    kind: str
    origin: str
    requested_by: str = ""
    is_hard: bool = False
    person: Person | None = None
    batch: str = ""


def request(  # noqa: PLR0913 - a contract of the product
    servers: Sequence[Server],
    kind: str,
    *,
    origin: str,
    requested_by: str,
    request_key: str,
    now: datetime,
    is_hard: bool = False,
    person: Person | None = None,
) -> Batch:
    """Have servers stopped, started or rebooted as somebody wishes; whether he may is the edge's.

    Needs the tenant's open scope, in a transaction; servers with their accounts. The same
    `request_key` again is the same batch: nothing is done twice. One open action a server. A
    protected server can be stopped by a person; the machine that this runs on cannot.
    """
    if servers:
        preferences.take_turn(servers[0].tenant_id)
    if known := _known(request_key, servers):
        return Batch(known[0].batch, known)
    order = Order(kind, origin, requested_by, is_hard, person, public_id())
    batch = Batch(order.batch)
    for server in servers:
        why = why_not(server, kind)
        action = None if why else intend(server, order, _key(request_key, server), now)
        if action is None:
            batch.refused.append(NotDone(server, why or "busy"))
        else:
            batch.actions.append(action)
    # of two presses at the same moment the second one finds the first one's rows
    _note([action for action in batch.actions if action.batch == order.batch], order, now)
    name = batch.actions[0].batch if batch.actions else order.batch
    return Batch(name, batch.actions, batch.refused)


def intend(
    server: Server,
    order: Order,
    request_key: str,
    now: datetime,
    *,
    cycle_end: datetime | None = None,
) -> PowerAction | None:
    """Write an intent and have it carried out after the commit; None: another one is open.

    Returns the action that is there where its request was written before. In a transaction.
    """
    action = PowerAction(
        tenant_id=server.tenant_id,
        server=server,
        kind=order.kind,
        is_hard=order.is_hard and order.kind != Kind.START,
        origin=order.origin,
        requested_by=order.requested_by[:120],
        person=order.person,
        batch=order.batch,
        request_key=request_key,
        cycle_end=cycle_end or server.cycle_end,
        due_at=now,
    )
    try:
        with transaction.atomic():
            action.save(force_insert=True)
    except IntegrityError:
        same = PowerAction.objects.filter(request_key=request_key, server=server)
        found: PowerAction | None = same.select_related("server").first()
        return found
    wake_after_commit(SEND, (server.tenant_id, server.account_id))
    return action


def why_not(server: Server, kind: str) -> str:
    """Return the word for why a server gets no such action; "" where it can be tried."""
    account = server.account
    if account.left_at is not None:
        return "left"
    if server.power == Server.Power.GONE:
        return "gone"
    if kind != Kind.START and own.is_own(server):
        return "own_machine"
    if account.rights != Account.Rights.GUARD:
        return "watch_only"
    if account.tenant.state != Tenant.State.ACTIVE:
        return "suspended"
    return "" if account.is_usable else "account_unusable"


def of_request(request_key: str) -> QuerySet[PowerAction]:
    """Return what a request made, whichever servers it named; needs the tenant's open scope."""
    rows = PowerAction.objects.filter(request_key__startswith=f"{_short(request_key)}#")
    return rows.order_by("pk")


def _known(request_key: str, servers: Sequence[Server]) -> list[PowerAction]:
    """Return the actions that the same request made, also for servers that it no longer names."""
    keys = [_key(request_key, server) for server in servers]
    rows = PowerAction.objects.filter(request_key__in=keys).select_related("server")
    return list(rows.order_by("pk"))


def _key(request_key: str, server: Server) -> str:
    """Return the key of one server's action."""
    return f"{_short(request_key)}#{server.pk}"


def _short(request_key: str) -> str:
    """Return a key that fits; two long ones that begin alike stay two."""
    if len(request_key) <= LONGEST_KEY:
        return request_key
    return hashlib.sha256(request_key.encode()).hexdigest()[:LONGEST_KEY]


def _note(actions: Sequence[PowerAction], order: Order, now: datetime) -> None:
    if not actions:
        return
    for action in actions:
        decisions.note(
            action.server,
            Event.REQUESTED,
            now,
            action=action,
            actor=order.requested_by,
            kind=order.kind,
            origin=order.origin,
            is_hard=order.is_hard,
        )
    audit.record(
        "traffic_action.requested",
        actor=Actor(kind=_actor_kind(order.origin), name=order.requested_by),
        kind=order.kind,
        is_hard=order.is_hard,
        servers=[action.server.name for action in actions],
    )


def _actor_kind(origin: str) -> str:
    return {Origin.CHAT: "person", Origin.API: "api_key", Origin.PORTAL: "user"}.get(
        Origin(origin), Actor.system().kind
    )
