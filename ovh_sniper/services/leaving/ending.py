"""What a disconnected account still has at OVH: its carts and its key end, then its keys go here.

The keys are kept for no longer than that takes, an hour at most; nothing else is done with them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from ovh_sniper.gateways.errors import Busy, Refused, Unreachable
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.models import Account, Order, WarmCart
from ovh_sniper.services.accounts import consents
from ovh_sniper.services.accounts.access import load, ovh_of
from ovh_sniper.services.carts import keeping
from tenants.encryption import DecryptionError

Connect = Callable[[Account], Ovh]
HOLD = timedelta(minutes=4)
# OVH could not be told: again after that, and no longer than an hour in all.
AGAIN, PATIENCE = timedelta(seconds=30), timedelta(hours=1)
# Turns at the account's carts in one go, a few carts each.
ROUNDS = 10
SECRETS = (
    "application_key",
    "application_secret",
    "consumer_key",
    "new_consumer_key",
    "client_id",
    "client_secret",
)


def leave(account_id: int, now: datetime, connect: Connect = ovh_of) -> bool:
    """End what a disconnected account has at OVH and delete its keys; False: not yet, or not due.

    Needs the tenant's scope without a transaction: it calls OVH.
    """
    hold = now + HOLD
    mine = Account.objects.filter(pk=account_id, retry_at__lte=now, left_at__isnull=False)
    if not mine.update(retry_at=hold):
        return False
    account = load(account_id)
    is_late = account.left_at is None or now >= account.left_at + PATIENCE
    if not (_end_carts(account, now, connect) and _end_keys(account, connect)) and not is_late:
        Account.objects.filter(pk=account_id, retry_at=hold).update(retry_at=now + AGAIN)
        return False
    return _forget(account, hold)


def _end_carts(account: Account, now: datetime, connect: Connect) -> bool:
    """Delete the carts that were kept for it; False while some are left that OVH may still have."""
    for _round in range(ROUNDS):
        if not keeping.tend_account(account.pk, now, connect):
            break
    left = WarmCart.objects.filter(account=account, state=WarmCart.State.LITTER)
    return not left.filter(expires_at__gt=now).exists()


def _end_keys(account: Account, connect: Connect) -> bool:
    """Have OVH forget its consumer keys; False: it did not hear of it."""
    if account.kind == Account.Kind.SERVICE:
        # a service account is ended by its owner, at OVH
        return True
    if _is_shared(account):
        return True
    if account.new_consumer_key:
        consents.end(consents.new_keys(account))
    try:
        connect(account).logout()
    except (Busy, Unreachable):
        return False
    except Refused:
        # it was not whole, or ended before
        return True
    return True


def _is_shared(account: Account) -> bool:
    """Tell whether the tenant's other accounts would lose their key with this one."""
    others = Account.objects.filter(host=account.host, left_at=None).exclude(pk=account.pk)
    try:
        return any(one.consumer_key == account.consumer_key for one in others)
    except DecryptionError:
        # nobody knows: one key too many at OVH is better than one too few
        return True


def _forget(account: Account, hold: datetime) -> bool:
    """Delete the keys; False where the account was linked again meanwhile."""
    with transaction.atomic():
        mine = Account.objects.filter(pk=account.pk, retry_at=hold, left_at__isnull=False)
        done = mine.update(
            **dict.fromkeys(SECRETS, ""),
            findings=[{"code": "disconnected"}],
            retry_at=None,
        )
        if not done:
            return False
        WarmCart.objects.filter(account=account).exclude(state=WarmCart.State.TAKEN).delete()
        Order.objects.filter(account=account).exclude(retry_at=None).update(retry_at=None)
    return True
