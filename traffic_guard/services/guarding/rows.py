"""Servers as lists show them: what is left, what holds for them, what is about to happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy

from traffic_guard.models import PlannedStop, PowerAction, Server
from traffic_guard.services.guarding import gates, rehearsals
from traffic_guard.services.guarding.gates import Setting
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.readings.judging import MAX_AGE
from traffic_guard.services.readings.sums import Standing
from traffic_guard.services.telling import facts, lookups
from traffic_guard.services.telling.facts import Facts, Frame

Power = Server.Power
SECRETS = ("account__access_key", "account__secret_key")
# percent: less is shown as running low whatever the thresholds
LOW = 20.0
CHANGING = (Power.STOPPING, Power.STARTING, Power.REBOOTING)
# word of a filter -> states
POWERS: dict[str, tuple[Server.Power, ...]] = {
    "running": (Power.RUNNING,),
    "stopped": (Power.STOPPED,),
    "changing": CHANGING,
    "gone": (Power.GONE, Power.UNKNOWN, Power.OTHER),
}
ORDERS: dict[str, tuple[str | OrderBy, ...]] = {
    "": (F("percent_left").asc(nulls_first=True), "pk"),
    "name": ("name", "pk"),
    "runs_out": (F("runs_out_at").asc(nulls_last=True), "pk"),
    "rate": (F("burn_rate").desc(nulls_last=True), "pk"),
    "account": ("account__name", F("percent_left").asc(nulls_first=True), "pk"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which servers are looked for; empty: all. `state` is a word of POWERS or of `STATES`."""

    text: str = ""
    account: str = ""  # public id
    region: str = ""
    state: str = ""
    order: str = ""  # a word of ORDERS


@dataclass(frozen=True, slots=True)
class Row:
    """One server with all that a line about it says."""

    facts: Facts
    plan: PlannedStop | None = None  # the open one
    action: PowerAction | None = None  # the open one
    # an automatic stop would only be said, and not done
    is_dry: bool = False

    @property
    def server(self) -> Server:
        """The server."""
        return self.facts.server

    @property
    def standing(self) -> Standing:
        """What it has left."""
        return self.facts.standing

    @property
    def effective(self) -> Effective:
        """What holds for it."""
        return self.facts.policy

    @property
    def objection(self) -> str:
        """The verdict that keeps it from automatic stops, whatever is left; "": none."""
        frame, account = self.facts.frame, self.server.account
        setting = Setting(account.tenant, account, frame.settings, self.effective, frame.now)
        return gates.objection(self.server, setting)

    @property
    def is_below(self) -> bool:
        """Whether it is known that less is left than the threshold."""
        left, threshold = self.facts.left, self.facts.threshold
        return left is not None and threshold is not None and left <= threshold

    @property
    def tone(self) -> str:
        """How bad it is: bad, warn or good; unknown is none of them."""
        if not self.standing.is_known:
            return ""
        if self.is_below or self.facts.left == 0:
            return "bad"
        is_low = (self.standing.percent_left or 0) < LOW
        return "warn" if is_low or self.facts.runs_out_at is not None else "good"


def listed() -> QuerySet[Server]:
    """Return the servers of the open scope that are watched, with their accounts, without keys."""
    servers = Server.objects.filter(hidden_at=None, account__left_at=None)
    return servers.select_related("account__tenant").defer(*SECRETS)


def is_unknown(now: datetime) -> Q:
    """Return which servers' rest is not known, as far as their rows tell."""
    return (
        Q(remaining_bytes=None)
        | Q(cycle_end__lte=now)
        | Q(read_at__lt=now - MAX_AGE)
        | Q(read_at=None)
    )


def is_low() -> Q:
    """Return which servers run low."""
    return Q(percent_left__lt=LOW)


def find(wanted: Wanted, now: datetime) -> QuerySet[Server]:
    """Return the servers that are looked for, in the order that is wanted."""
    servers = listed()
    if wanted.account:
        servers = servers.filter(account__public_id=wanted.account)
    if wanted.region:
        servers = servers.filter(region=wanted.region)
    if wanted.state:
        servers = servers.filter(_in_state(wanted.state, now))
    for word in wanted.text.split():
        servers = servers.filter(_mentions(word))
    return servers.order_by(*ORDERS.get(wanted.order, ORDERS[""]))


def _in_state(state: str, now: datetime) -> Q:
    if state in POWERS:
        return Q(power__in=POWERS[state])
    special = {
        "unknown": is_unknown(now),
        "low": is_low() & ~is_unknown(now),
        "runs_out": lookups.runs_out() & ~is_unknown(now),
        "planned": Q(Exists(_open_plans().filter(server=OuterRef("pk")))),
        "kept_off": Q(kept_off_by__isnull=False),
        "protected": Q(is_protected=True),
        "paused": Q(paused_until__gt=now),
        "missing": Q(missing_since__isnull=False),
    }
    return special.get(state, Q())


def _mentions(word: str) -> Q:
    names = ("name", "cloud_id", "region", "account__name", "addresses")
    found = Q(public_id=word)
    for name in names:
        found |= Q(**{f"{name}__icontains": word})
    return found


def rows(servers: Sequence[Server], frame: Frame) -> list[Row]:
    """Return lines of servers, in their order; six queries for all.

    Servers with account and tenant, as `listed` has them.
    """
    ids = [server.pk for server in servers]
    known = facts.of(servers, frame)
    plans = {plan.server_id: plan for plan in _open_plans().filter(server__in=ids)}
    actions = {
        action.server_id: action
        for action in PowerAction.objects.filter(server__in=ids, state__in=PowerAction.OPEN)
    }
    firsts = rehearsals.first_cycle_ends(servers)
    return [
        Row(
            known[pk],
            plans.get(pk),
            actions.get(pk),
            rehearsals.is_dry(known[pk].policy, firsts.get(pk), frame.now),
        )
        for pk in ids
    ]


def open_plans() -> QuerySet[PlannedStop]:
    """Return the stops that wait, those that wait for a word first, then the soonest."""
    plans = _open_plans().select_related("server__account").filter(server__hidden_at=None)
    deferred = plans.defer(*(f"server__{name}" for name in SECRETS))
    return deferred.order_by("state", "execute_at", "pk")


def _open_plans() -> QuerySet[PlannedStop]:
    return PlannedStop.objects.filter(state__in=PlannedStop.OPEN)


def regions() -> list[str]:
    """Return the regions that servers are in."""
    return sorted(set(listed().order_by().values_list("region", flat=True).distinct()))
