"""Looks at accounts: what their keys may do, what is missing, and whether they work at all.

A look is claimed by moving `check_at`, made without a transaction, and written only if nobody
changed the account meanwhile: whoever changes it moves `check_at` too, and a new look begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation

from tenants.scoping import unscoped
from traffic_guard.gateways.cloud import Busy, CloudError, Kind, Refused
from traffic_guard.models import Account
from traffic_guard.services.accounts import access, examining, findings, halting
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.accounts.examining import Examination
from traffic_guard.services.accounts.findings import Finding
from traffic_guard.services.accounts.halting import Tell
from traffic_guard.services.accounts.waking import DISCOVER, wake

State = Account.State
# A worker's hold: longer than all calls of a look may take.
HOLD = timedelta(minutes=5)
# When it is looked at again: all is well, something is missing, something could not be tried.
DAILY, LIMITED, SOON = timedelta(days=1), timedelta(hours=6), timedelta(minutes=10)
# Nobody knows yet whether the keys work, and somebody waits for it.
FIRST_RETRY = timedelta(seconds=30)
# Refused keys: the wait is doubled each time, up to a day.
DOUBLINGS, MOST_REFUSALS = 8, 100
WORKING = (State.READY, State.LIMITED)


@dataclass(slots=True)
class Look:
    """One look at an account, whose row in memory it changes; written at its end."""

    account: Account
    hold: datetime
    now: datetime
    worked: bool
    findings: list[Finding] = field(default_factory=list)
    # why there is no answer, or no good one
    error: CloudError | None = None
    # the keys are another account's than before
    is_other: bool = False


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, account id) of all accounts whose keys are to be looked at."""
    with unscoped("the clock looks for accounts of all tenants"):
        rows = Account.objects.filter(check_at__lte=now, left_at=None).order_by("check_at")
        return list(rows.values_list("tenant_id", "pk")[:limit])


def check(
    account_id: int, now: datetime, *, tell: Tell, connect: Connect = access.provider_of
) -> bool:
    """Look at an account that is due and write what was found; False: it was not, or is no more.

    Needs the tenant's scope without a transaction: it calls the cloud. `tell` is called with what
    is news in the transaction that writes it.
    """
    hold = now + HOLD
    mine = Account.objects.filter(pk=account_id, check_at__lte=now, left_at=None)
    if not mine.update(check_at=hold):
        return False
    account = access.load(account_id)
    look = Look(account, hold, now, worked=account.state in WORKING)
    # reasons of the gateway are kept as texts
    with translation.override(account.tenant.language):
        _see(look, connect)
    return _write(look, tell)


# --- What the cloud says


def _see(look: Look, connect: Connect) -> None:
    try:
        found = examining.examine(look.account, connect)
    except CloudError as error:
        _note(look, error, connect)
        return
    if found.wrong_site:
        _note(look, Refused("", "", kind=Kind.WRONG_SITE), connect)
    else:
        _judge(look, found)


def _note(look: Look, error: CloudError, connect: Connect) -> None:
    """Put into the look that there is no answer, or no good one."""
    account = look.account
    look.error = error
    if not isinstance(error, Refused):
        kept = (one for one in account.findings if one.get("code") not in findings.PASSING)
        look.findings = [findings.of_error(error), *kept]
    elif error.kind is Kind.BLANK_KEYS:
        # they were there when the account was linked
        look.findings = [{"code": "unreadable"}]
    elif error.kind in examining.MISPLACED and (site := examining.real_site(account, connect)):
        look.findings = [{"code": Kind.WRONG_SITE.value, "site": site}]
    else:
        look.findings = [findings.of_refusal(error)]


def _judge(look: Look, found: Examination) -> None:
    """Put what the cloud said into the row."""
    account = look.account
    known = account.domain_id
    if known and found.domain_id != known and account.servers.exists():
        # readings of two accounts would be mixed
        look.is_other = True
        look.findings = [{"code": "other_account", "known": known, "found": found.domain_id}]
        return
    account.domain_id = found.domain_id
    account.projects = [
        {"region": one.region, "project_id": one.project_id} for one in found.projects
    ]
    look.findings = [*_with_shown(account, found.findings), *_twins(account)]
    is_limited = any(one["code"] not in _AS_IT_SHOULD for one in look.findings)
    account.state = State.LIMITED if is_limited else State.READY


_AS_IT_SHOULD = ("granted", "unsure", "untried", "off", "linked_twice")


def _twins(account: Account) -> list[Finding]:
    """Return the tenant's accounts with other keys of the same account at the cloud."""
    same = Account.objects.filter(provider=account.provider, domain_id=account.domain_id)
    names = same.filter(left_at=None).exclude(pk=account.pk).exclude(domain_id="")
    return [
        {"code": "linked_twice", "name": name}
        for name in names.order_by("name").values_list("name", flat=True)
    ]


def _with_shown(account: Account, found: list[Finding]) -> list[Finding]:
    """Return findings of a look, with rights that no look can try but a refused stop showed."""
    if account.halted_for != Kind.DENIED:
        return found
    shown = {one.get("action"): one for one in account.findings if one.get("code") == "missing"}
    return [shown.get(one["action"], one) if one["code"] == "unsure" else one for one in found]


# --- Written


def _write(look: Look, tell: Tell) -> bool:
    """Write what was seen and tell of it; False where somebody changed the account meanwhile."""
    account, now = look.account, look.now
    is_refused = look.is_other or isinstance(look.error, Refused)
    names = ["findings", "checked_at", "check_at", "domain_id", "projects"]
    if is_refused and not look.worked:
        account.state = State.BROKEN
        account.refusals = min(account.refusals + 1, MOST_REFUSALS)
        names.append("refusals")
    if not (is_refused and look.worked):
        # of one that worked halting.py decides
        names.append("state")
    account.findings, account.checked_at = look.findings, now
    account.check_at = now + _wait(look)
    with transaction.atomic():
        mine = Account.objects.filter(pk=account.pk, check_at=look.hold, left_at=None)
        if not mine.update(**{name: getattr(account, name) for name in names}):
            return False
        if account.state in WORKING and not look.worked:
            Account.objects.filter(pk=account.pk).update(refusals=0, discover_at=now)
            wake(DISCOVER, account)
        _tell(look, tell)
    return True


def _tell(look: Look, tell: Tell) -> None:
    account, now = look.account, look.now
    if look.is_other and look.worked:
        tell(account, halting.broken(account, look.findings[0], now))
    elif look.error is not None:
        finding = look.findings[0]
        tell(account, halting.note_failure(account, look.error, now, finding=finding))
    elif not look.is_other:
        tell(account, halting.note_success(account, now))


def _wait(look: Look) -> timedelta:
    account, error = look.account, look.error
    if isinstance(error, Refused) and look.worked:
        return halting.LOOK_AGAIN
    if isinstance(error, Refused) or look.is_other:
        return min(halting.BROKEN_AGAIN * (1 << min(account.refusals, DOUBLINGS)), DAILY)
    if error is not None:
        asked = timedelta(seconds=error.retry_after) if isinstance(error, Busy) else timedelta()
        return max(FIRST_RETRY if account.state == State.PENDING else SOON, asked)
    if any(one["code"] == "untried" for one in look.findings):
        return SOON
    return LIMITED if account.state == State.LIMITED else DAILY
