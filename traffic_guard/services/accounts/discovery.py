"""Looks for the servers and packages of accounts: slowly, since the cloud's own list lags by hours.

A search is claimed by moving `discover_at`, made without a transaction, and written in one, only
if nobody asked for another meanwhile. A worker that dies leaves nothing but the end of its hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tenants.scoping import unscoped
from traffic_guard.gateways.cloud import Busy, CloudError, Place, Refused
from traffic_guard.models import Account, Server
from traffic_guard.services.accounts import access, halting, recording, scanning
from traffic_guard.services.accounts.access import Connect
from traffic_guard.services.accounts.halting import Tell
from traffic_guard.services.accounts.recording import Recorded
from traffic_guard.services.accounts.scanning import Scan

State = Account.State
WORKING = (State.READY, State.LIMITED)
# A worker's hold: longer than some fifty calls may take.
HOLD = timedelta(minutes=15)
# The next search: in general, after one that found nothing, and after one without all answers.
EVERY, EMPTY, AGAIN = timedelta(hours=12), timedelta(hours=6), timedelta(minutes=15)
# what `discovery_note` says
NOTHING, NO_PLANS, FEWER, PARTLY = "empty", "no_plans", "fewer", "partly"


def due(now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (tenant id, account id) of all accounts whose servers are to be looked for."""
    with unscoped("the clock looks for accounts of all tenants"):
        rows = Account.objects.filter(discover_at__lte=now, left_at=None, state__in=WORKING)
        return list(rows.order_by("discover_at").values_list("tenant_id", "pk")[:limit])


def discover(
    account_id: int, now: datetime, *, tell: Tell, connect: Connect = access.provider_of
) -> bool:
    """Look for servers of an account that is due, and write them; False: it was not, or is no more.

    Needs the tenant's scope without a transaction: it calls the cloud. `tell` is called with what
    is news in the transaction that writes it.
    """
    hold = now + HOLD
    mine = Account.objects.filter(
        pk=account_id, discover_at__lte=now, left_at=None, state__in=WORKING
    )
    if not mine.update(discover_at=hold):
        return False
    account = access.load(account_id)
    try:
        found = scanning.scan(account, _known_places(account), connect)
    except CloudError as error:
        return _note_refusal(account, error, hold, now, tell)
    return _write(account, found, hold, now, tell)


def _known_places(account: Account) -> list[Place]:
    rows = Server.objects.filter(account=account, hidden_at=None).order_by()
    pairs = rows.values_list("region", "project_id").distinct()
    return [Place(region, project_id) for region, project_id in pairs]


def _note_refusal(
    account: Account, error: CloudError, hold: datetime, now: datetime, tell: Tell
) -> bool:
    code = error.kind.value if isinstance(error, Refused) else "unreachable"
    wait = timedelta(seconds=error.retry_after) if isinstance(error, Busy) else timedelta()
    with transaction.atomic():
        mine = Account.objects.filter(pk=account.pk, discover_at=hold, left_at=None)
        if not mine.update(discover_at=now + max(AGAIN, wait), discovery_note=code):
            return False
        tell(account, halting.note_failure(account, error, now))
    return True


def _write(account: Account, found: Scan, hold: datetime, now: datetime, tell: Tell) -> bool:
    with transaction.atomic():
        mine = Account.objects.filter(pk=account.pk, discover_at=hold, left_at=None)
        # taken first, so that no other search writes beside this one
        if not mine.update(discover_at=now + EVERY, discovered_at=now):
            return False
        recorded = recording.record(account, found, now)
        note = _note(found, recorded)
        Account.objects.filter(pk=account.pk).update(
            discovery_note=note, discover_at=now + _wait(found, note)
        )
        _have_read(account, recorded, now)
        tell(account, halting.note_success(account, now))
    return True


def _have_read(account: Account, recorded: Recorded, now: datetime) -> None:
    """Have what is new read at once, and an account that has servers and no turn yet."""
    mine = Account.objects.filter(pk=account.pk)
    if recorded.added:
        # a reading under way knows nothing of them, and counts no more
        mine.update(poll_at=now)
    elif recorded.known:
        mine.filter(poll_at=None).update(poll_at=now)


def _note(found: Scan, recorded: Recorded) -> str:
    """Return a word for how the search went."""
    if not found.is_whole:
        return PARTLY
    if recorded.missing:
        return FEWER
    has_plans = any(not plan.is_deleted for plan in found.plans or ())
    if found.plans is None or has_plans:
        return ""
    return NO_PLANS if any(found.live.values()) or recorded.known else NOTHING


def _wait(found: Scan, note: str) -> timedelta:
    if not found.is_whole:
        return max(AGAIN, timedelta(seconds=scanning.wait_of(found)))
    return EMPTY if note == NOTHING else EVERY
