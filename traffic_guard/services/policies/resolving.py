"""The policy that holds for a server: server over account over tenant over the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from django.db.models import Q

from traffic_guard.models import Account, Policy, Server
from traffic_guard.services.policies.defaults import DEFAULTS

Source = Literal["server", "account", "tenant", "default"]
T = TypeVar("T")
Level = tuple[Source, Policy]
# Of two thresholds the level that names either of them names both: else a server's 20 GB would
# be overruled by the tenant's 10 %.
THRESHOLDS = ("threshold_bytes", "threshold_percent")


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A setting, and the level that says so."""

    value: T
    source: Source


@dataclass(frozen=True, slots=True)
class Effective:
    """Everything that holds for one server."""

    threshold_bytes: Value[int | None]
    threshold_percent: Value[float | None]
    interval_minutes: Value[int]
    alert_levels: Value[tuple[int, ...]]  # percent used, rising
    auto_stop: Value[bool]
    stop_mode: Value[str]  # Policy.StopMode
    hard_after_minutes: Value[int]
    grace_minutes: Value[int]
    schedule: Value[Mapping[str, Any]]  # tenants/schedules.py
    skip_dates: Value[tuple[str, ...]]  # "2026-12-24"
    dry_run: Value[str]  # Policy.DryRun
    resume_at_reset: Value[bool]
    restop: Value[bool]
    margin_percent: Value[float]
    max_age_minutes: Value[int]

    @property
    def max_age(self) -> timedelta:
        """How old a reading may be that counts."""
        return timedelta(minutes=self.max_age_minutes.value)

    @property
    def grace(self) -> timedelta:
        """How long people have between the message and the stop."""
        return timedelta(minutes=self.grace_minutes.value)

    @property
    def days_without_stops(self) -> frozenset[date]:
        """The days on which nothing is stopped, in the tenant's time zone."""
        return frozenset(map(date.fromisoformat, self.skip_dates.value))

    def facts(self) -> dict[str, list[Any]]:
        """Return each value with its source, as a decision keeps them."""
        return {
            name: [_plain(setting.value), setting.source]
            for name in DEFAULTS
            for setting in [getattr(self, name)]
        }


NAMES = tuple(DEFAULTS)


def effective(server: Server) -> Effective:
    """Return what holds for a server, in the tenant's open scope."""
    return effective_many([server])[server.pk]


def effective_many(servers: Iterable[Server]) -> dict[int, Effective]:
    """Return what holds for servers, by their id, with one query."""
    wanted = list(servers)
    rows = Policy.objects.filter(
        Q(server__in=[server.pk for server in wanted])
        | Q(account__in={server.account_id for server in wanted})
        | Q(account=None, server=None)
    )
    by_level = {(row.server_id, row.account_id): row for row in rows}
    return {
        server.pk: combined(
            by_level.get((server.pk, None)),
            by_level.get((None, server.account_id)),
            by_level.get((None, None)),
        )
        for server in wanted
    }


def of_account(account: Account) -> Effective:
    """Return what holds for the servers of an account that say nothing themselves."""
    rows = {row.account_id: row for row in Policy.objects.filter(_above(account.pk), server=None)}
    return combined(None, rows.get(account.pk), rows.get(None))


def of_tenant() -> Effective:
    """Return what holds where neither an account nor a server says anything."""
    return combined(None, None, Policy.objects.filter(account=None, server=None).first())


def combined(server: Policy | None, account: Policy | None, tenant: Policy | None) -> Effective:
    """Return what three levels come to; None: that level says nothing."""
    named: tuple[tuple[Source, Policy | None], ...] = (
        ("server", server),
        ("account", account),
        ("tenant", tenant),
    )
    levels: list[Level] = [(source, row) for source, row in named if row is not None]
    return Effective(**_thresholds(levels), **{n: _value(n, levels) for n in _SINGLE})


_SINGLE = tuple(name for name in NAMES if name not in THRESHOLDS)


def _above(account_id: int) -> Q:
    return Q(account=account_id) | Q(account=None)


def _thresholds(levels: list[Level]) -> dict[str, Value[Any]]:
    for source, row in levels:
        if any(getattr(row, name) is not None for name in THRESHOLDS):
            return {name: Value(getattr(row, name), source) for name in THRESHOLDS}
    return {name: Value(DEFAULTS[name], "default") for name in THRESHOLDS}


def _value(name: str, levels: list[Level]) -> Value[Any]:
    for source, row in levels:
        said = getattr(row, name)
        # an empty schedule or list says "always" and "none"; an empty word says nothing
        if said is not None and said != "":
            return Value(_frozen(said), source)
    return Value(DEFAULTS[name], "default")


def _frozen(said: Any) -> Any:
    if isinstance(said, list):
        return tuple(said)
    return MappingProxyType(said) if isinstance(said, dict) else said


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
