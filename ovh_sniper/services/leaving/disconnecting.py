"""Disconnects an OVH account: what stops at once, before a worker ends its carts and key at OVH.

It needs the tenant's open scope and belongs into a transaction; it calls nobody, and wakes a worker
(`ending`).
"""

from __future__ import annotations

from datetime import datetime

from bots.nudging import wake_after_commit
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.services.carts import warm
from ovh_sniper.services.matching import intents
from ovh_sniper.services.ordering import outcomes
from ovh_sniper.services.telling import news
from tenants.services import audit
from tenants.services.audit import Actor

END_KEYS = "ovh_sniper.tasks.accounts.end_keys"
# An order about which OVH has still to be asked, with this account's keys.
UNDECIDED = (Order.State.ORDERING, Order.State.UNKNOWN)


class InUse(Exception):
    """An order's fate is still being looked up with the account's keys: wait a moment."""


def disconnect(account: Account, *, actor: Actor, now: datetime) -> bool:
    """Stop using an account: its wishes stop, its carts and key end at OVH, then its keys go here.

    Its orders stay, as they were seen last. False: it is disconnected already.

    Raises:
        InUse: whether an order was made is being looked up, which takes a working key.
    """
    waiting = Order.objects.filter(account=account, state__in=UNDECIDED)
    if account.can_order and waiting.exists():
        raise InUse
    mine = Account.objects.filter(pk=account.pk, left_at=None)
    done = mine.update(
        left_at=now,
        state=Account.State.BROKEN,
        findings=[{"code": "leaving"}],
        retry_at=now,
        payment_method="",
        payment_method_id=None,
        expires_at=None,
        warned_days=None,
        broken_told=False,
        **dict.fromkeys(("consent_back", "consent_state", "consent_url"), ""),
    )
    if not done:
        return False
    account.refresh_from_db()
    _stop_all(account, now)
    audit.record("ovh_account.disconnected", actor=actor, target=account)
    wake_after_commit(END_KEYS, (account.tenant_id, account.pk))
    return True


def _stop_all(account: Account, now: datetime) -> None:
    unsent = Order.objects.filter(account=account, state=Order.State.INTENDED)
    taken = intents.take_back(unsent.select_related("account", "wish"), "disconnected", now)
    for order in taken:
        news.cancelled(order)
    living = (Wish.State.ARMED, Wish.State.PAUSED)
    for wish in Wish.objects.filter(account=account, state__in=living):
        outcomes.stop_wish(wish, "disconnected")
    for cart in WarmCart.objects.filter(account=account).exclude(state=WarmCart.State.TAKEN):
        warm.throw_away(cart, now)
