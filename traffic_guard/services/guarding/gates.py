"""What people, settings and the account say against an automatic stop; the first one counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Tenant
from traffic_guard.models import Account, Preferences, Server
from traffic_guard.services.guarding import own
from traffic_guard.services.guarding.verdicts import Verdict
from traffic_guard.services.policies.resolving import Effective

# a tag of the server at its cloud
TAG, OFF = "traffic_guard", frozenset({"off", "no", "false", "0"})


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a server stands: its tenant, account and the tenant's settings, with its policy."""

    tenant: Tenant
    account: Account
    preferences: Preferences
    effective: Effective
    now: datetime


def objection(server: Server, at: Setting) -> str:
    """Return the verdict that keeps a server from being stopped automatically; "": none."""
    return next(_objections(server, at), "")


def _objections(server: Server, at: Setting) -> Iterator[Verdict]:
    yield from _of_the_server(server, at)
    yield from _of_the_account(at)
    yield from _of_the_moment(server, at)


def _of_the_server(server: Server, at: Setting) -> Iterator[Verdict]:
    if own.is_own(server):
        yield Verdict.OWN_MACHINE
    if server.hidden_at is not None:
        yield Verdict.HIDDEN
    if server.is_protected:
        yield Verdict.PROTECTED
    if is_tagged_off(server.tags):
        yield Verdict.TAGGED_OFF
    if not at.effective.auto_stop.value:
        yield Verdict.AUTO_OFF
    if server.is_locked:
        yield Verdict.LOCKED
    if server.is_frozen:
        # a refusal of this one server would halt the stops of the whole account
        yield Verdict.FROZEN


def _of_the_account(at: Setting) -> Iterator[Verdict]:
    if at.tenant.state != Tenant.State.ACTIVE:
        yield Verdict.SUSPENDED
    if at.account.left_at is not None:
        yield Verdict.LEFT
    if at.account.rights != Account.Rights.GUARD:
        yield Verdict.WATCH_ONLY
    if not at.account.is_usable:
        yield Verdict.ACCOUNT_UNUSABLE
    if at.account.halted_for:
        yield Verdict.HALTED


def _of_the_moment(server: Server, at: Setting) -> Iterator[Verdict]:
    paused_until = at.preferences.paused_until
    if paused_until is not None and paused_until > at.now:
        yield Verdict.PAUSED_ALL
    if server.paused_until is not None and server.paused_until > at.now:
        yield Verdict.PAUSED
    # whatever end the cloud names by now: it was skipped until then
    if server.skipped_cycle_end is not None and server.skipped_cycle_end > at.now:
        yield Verdict.SKIPPED


def is_tagged_off(tags: dict[str, str]) -> bool:
    """Tell whether a server's tags at its cloud keep the guard's hands off it."""
    return any(
        name.strip().lower() == TAG and str(value).strip().lower() in OFF
        for name, value in tags.items()
    )
