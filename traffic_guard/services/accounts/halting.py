"""What refusals of the cloud come to: after three in a row an account is broken, and staff is told.

Each function writes rows and returns what is news, once. Call it inside the tenant's scope and in
the transaction in which the news is told (`telling.accounts.news`), as the last of its writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from tenants.services import audit
from tenants.services.audit import Actor
from traffic_guard.gateways.cloud import CloudError, Kind, Refused
from traffic_guard.models import Account
from traffic_guard.services.accounts import findings, limiter
from traffic_guard.services.accounts.findings import Finding

State = Account.State
# Refusals of the keys themselves; any other is of one call, and may be of the moment.
BREAKING = frozenset({Kind.CREDENTIAL, Kind.WRONG_SITE, Kind.BLANK_KEYS})
# Of those: so many in a row are needed, since a cloud that stumbles says them too.
IN_A_ROW = 3
# Refusals after which nothing is stopped until somebody looked: the second only of what we sent.
HALTING, HALTING_ACTIONS = frozenset({Kind.FROZEN}), frozenset({Kind.FROZEN, Kind.DENIED})
# A refusal is looked into by the check of the keys, this soon; none is planned sooner than `NEAR`.
LOOK_AGAIN, NEAR = timedelta(minutes=1), timedelta(minutes=30)
# Keys that are refused may be allowed again.
BROKEN_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Broke:
    """An account that worked is refused by its cloud: `code` says why, as in its findings."""

    code: str


@dataclass(frozen=True, slots=True)
class WorksAgain:
    """An account works again that staff was told is broken."""


@dataclass(frozen=True, slots=True)
class Halted:
    """Automatic stops of an account rest because of `code` (frozen, denied) until released."""

    code: str


News = Broke | WorksAgain | Halted
Tell = Callable[[Account, News | None], None]


def note_failure(
    account: Account,
    error: CloudError,
    now: datetime,
    *,
    acting: bool = False,
    finding: Finding | None = None,
) -> News | None:
    """Note that a call failed; `acting`: it was a stop, start or reboot.

    Calls that were not answered, or that lack a right, break nothing. `account` is brought up to
    date; `finding` is what its page then says, else what the error means.
    """
    limiter.heard(account.provider, error)
    if not isinstance(error, Refused):
        return None
    if error.kind in (HALTING_ACTIONS if acting else HALTING):
        return _halt(account, error)
    mine = Account.objects.filter(pk=account.pk, left_at=None, state__in=_working())
    if error.kind in BREAKING:
        if not mine.update(refusals=F("refusals") + 1):
            return None
        account.refresh_from_db(fields=["refusals"])
        if account.refusals >= IN_A_ROW or error.kind is Kind.BLANK_KEYS:
            return broken(account, finding or findings.of_refusal(error), now)
    elif error.kind is not Kind.DENIED:
        return None
    # the check says what is wrong; one that is under way has a nearer time
    mine.filter(check_at__gt=now + NEAR).update(check_at=now + LOOK_AGAIN)
    return None


def broken(account: Account, finding: Finding, now: datetime) -> Broke | None:
    """Write that an account that worked is broken, and why; None: another worker did."""
    mine = Account.objects.filter(pk=account.pk, left_at=None, state__in=_working())
    changed = {
        "state": State.BROKEN,
        "findings": [finding],
        "checked_at": now,
        "broken_told": True,
        "check_at": now + BROKEN_AGAIN,
    }
    if not mine.update(**changed):
        return None
    for name, value in changed.items():
        setattr(account, name, value)
    return Broke(finding["code"])


def note_success(account: Account, now: datetime) -> News | None:
    """Note that the cloud took the keys: refusals before it were of the moment."""
    del now
    mine = Account.objects.filter(pk=account.pk, left_at=None)
    if account.refusals:
        mine.filter(state__in=_working()).update(refusals=0)
        account.refusals = 0
    if not account.broken_told or account.state not in _working():
        return None
    if not mine.filter(broken_told=True, state__in=_working()).update(broken_told=False):
        return None
    account.broken_told = False
    return WorksAgain()


def release(account: Account, actor: Actor) -> bool:
    """Allow automatic stops of an account again; False: they were allowed."""
    mine = Account.objects.filter(pk=account.pk, left_at=None).exclude(halted_for="")
    if not mine.update(halted_for=""):
        return False
    audit.record("traffic_account.released", actor=actor, target=account, was=account.halted_for)
    account.halted_for = ""
    return True


def _halt(account: Account, error: Refused) -> Halted | None:
    mine = Account.objects.filter(pk=account.pk, left_at=None, halted_for="")
    code, found = error.kind.value, findings.of_refusal(error)
    # the page names the right that a stop showed to be missing
    kept = [one for one in account.findings if one.get("action") != found.get("action", "")]
    if not mine.update(halted_for=code, findings=[*kept, found]):
        return None
    account.halted_for, account.findings = code, [*kept, found]
    audit.record("traffic_account.halted", actor=Actor.system(), target=account, code=code)
    return Halted(code)


def _working() -> tuple[str, str]:
    return State.READY, State.LIMITED
