"""Wishes: made, changed, paused, copied, cleared, ended by the clock; `resuming` starts them again.

All functions need the tenant's open scope and belong into a transaction; none calls OVH. `may_pay`
says whether whoever acts may let a wish pay by itself (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from bots.nudging import wake_after_commit
from ovh_sniper.models import Order, WarmCart, Wish
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.matching import intents
from ovh_sniper.services.telling import news
from ovh_sniper.services.wishes import checks, csv_file, form_keys
from tenants.scoping import unscoped
from tenants.services import audit
from tenants.services.audit import Actor

State = Wish.State
MATCH = "ovh_sniper.tasks.orders.match"
COPIED = (
    "account",
    "host",
    "subsidiary",
    "track",
    "name",
    "plan_code",
    *choosing.PARTS,
    "extras",
    "datacenters",
    "quantity",
    "max_delivery_hours",
    "cap_due_now",
    "cap_renewal",
    "budget_day",
    "budget_month",
    "schedule",
    "expires_at",
    "mode",
    "autopay",
    "waive_retractation",
    "dry_run",
    "guards_repeats",
    "bot",
    "person",
)
# what a check may bring into form beside what was changed
BROUGHT_INTO_FORM = ("host", "subsidiary", "datacenters", "changed_at")
# no order depends on these
NAMES = ("name", "bot", "person", "guards_repeats")


# --- Made and changed


def create(*, actor: Actor, now: datetime, may_pay: bool = False, **fields: Any) -> Wish:
    """Write an armed wish; with `account` its host and subsidiary are the account's.

    Raises:
        ValidationError: by field, as for a form (django.core.exceptions).
    """
    wish = Wish(**fields)
    checks.check(wish, now, may_pay=may_pay)
    wish.save(force_insert=True)
    audit.record("ovh_wish.created", actor=actor, target=wish, mode=wish.mode)
    arm(wish, now)
    return wish


def create_many(
    plan_codes: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
    may_pay: bool = False,
    request_key: str = "",
    **fields: Any,
) -> list[Wish]:
    """Write the same wish for many plans, all or none.

    The same `request_key` again returns what it made and writes nothing.

    Raises:
        ValidationError: one of them is not valid.
    """
    codes = list(plan_codes)

    def write() -> list[Wish]:
        return [
            create(
                actor=actor,
                now=now,
                may_pay=may_pay,
                **{**fields, "plan_code": code, **form_keys.identity(request_key, code)},
            )
            for code in codes
        ]

    return form_keys.once(request_key, codes, write)


def edit(wish: Wish, *, actor: Actor, now: datetime, may_pay: bool = False, **changes: Any) -> Wish:
    """Change a wish: unsent orders are taken back, carts made anew, the stock is looked at again.

    Raises:
        ValidationError: by field.
        Wish.DoesNotExist: somebody removed it meanwhile.
    """
    # its state belongs to the workers: one may have ended the wish since it was read
    before = Wish.objects.select_for_update(no_key=True).get(pk=wish.pk)
    wish.state, wish.state_reason = before.state, before.state_reason
    for name, value in changes.items():
        setattr(wish, name, value)
    checks.check(wish, now, may_pay=may_pay)
    wish.save(update_fields=[*changes, *BROUGHT_INTO_FORM])
    if any(getattr(wish, name) != getattr(before, name) for name in COPIED if name not in NAMES):
        _take_back(wish, "wish", now)
    if before.dry_run and not wish.dry_run:
        # what was only played takes no place of what is now meant
        Order.objects.filter(wish=wish, state=Order.State.DRY).update(place=None)
    audit.record("ovh_wish.changed", actor=actor, target=wish, changed=sorted(changes))
    if wish.state == State.ARMED:
        _look_at_carts(wish, now)
        arm(wish, now)
    return wish


def duplicate(
    wish: Wish, *, actor: Actor, now: datetime, may_pay: bool = False, **changes: Any
) -> Wish:
    """Write a paused copy of a wish, with changes, without its orders.

    Raises:
        ValidationError: by field.
    """
    copy = Wish(**{name: getattr(wish, name) for name in COPIED})
    for name, value in changes.items():
        setattr(copy, name, value)
    if copy.expires_at is not None and copy.expires_at <= now:
        copy.expires_at = None
    copy.state = State.PAUSED
    checks.check(copy, now, may_pay=may_pay)
    copy.save(force_insert=True)
    audit.record("ovh_wish.created", actor=actor, target=copy, mode=copy.mode)
    return copy


def import_csv(
    text: str,
    *,
    actor: Actor,
    now: datetime,
    may_pay: bool = False,
    request_key: str = "",
    **fields: Any,
) -> list[Wish]:
    """Write one wish a line, all or none; `fields` are what the file does not say.

    The first line names columns: any of csv_file.COLUMNS, `plan_code` among them. The same
    `request_key` again returns what it made and writes nothing.

    Raises:
        ValidationError: one message for each problem of each line, with its number.
    """
    lines = list(csv_file.rows(text))

    def write() -> list[Wish]:
        made: list[Wish] = []
        problems: list[str] = []
        for number, row in lines:
            try:
                said = {**csv_file.fields(row), **form_keys.identity(request_key, str(number))}
                given = {**fields, **said}
                made.append(create(actor=actor, now=now, may_pay=may_pay, **given))
            except ValidationError as error:
                problems += csv_file.problems(number, error)
        if problems:
            raise ValidationError(problems)
        return made

    return form_keys.once(request_key, [str(number) for number, _row in lines], write)


def arm(wish: Wish, now: datetime) -> None:
    """Have a worker look at the stock for an armed wish; the row says so if nobody wakes it."""
    Wish.objects.filter(pk=wish.pk).update(retry_at=now)
    wish.retry_at = now
    wake_after_commit(MATCH, (wish.tenant_id, wish.pk))


# --- Stopped


def pause(wishes: Iterable[Wish], *, actor: Actor, now: datetime) -> int:
    """Stop watching for armed wishes, and take back their unsent orders; return how many."""
    count = 0
    for wish in wishes:
        mine = Wish.objects.filter(pk=wish.pk, state=State.ARMED)
        if mine.update(state=State.PAUSED, state_reason="", retry_at=None):
            wish.refresh_from_db()
            _withdraw(wish, "paused", now)
            audit.record("ovh_wish.paused", actor=actor, target=wish)
            count += 1
    return count


def clear(wishes: Iterable[Wish], *, actor: Actor, now: datetime) -> int:
    """Remove wishes (their orders stay) and take back unsent orders; return how many."""
    count = 0
    for wish in wishes:
        # armed no more: no worker intends another order while this one is on its way out
        Wish.objects.filter(pk=wish.pk).update(state=State.PAUSED)
        _withdraw(wish, "removed", now)
        audit.record("ovh_wish.removed", actor=actor, target=wish)
        wish.delete()
        count += 1
    return count


def _withdraw(wish: Wish, reason: str, now: datetime) -> None:
    """Take back what was not sent, and have the carts deleted that were kept for it."""
    _take_back(wish, reason, now)
    kept = WarmCart.objects.filter(wish=wish, order=None)
    kept.update(state=WarmCart.State.LITTER, retry_at=now)


def _take_back(wish: Wish, reason: str, now: datetime) -> None:
    orders = Order.objects.filter(wish=wish, state=Order.State.INTENDED)
    for order in intents.take_back(orders.select_related("account", "wish"), reason, now):
        news.cancelled(order)


def _look_at_carts(wish: Wish, now: datetime) -> None:
    """Have carts that were too dear compared with the wish's limits as they are now."""
    carts = WarmCart.objects.filter(wish=wish, order=None, state=WarmCart.State.REFUSED)
    carts.update(retry_at=now)


def expire(now: datetime) -> int:
    """End this tenant's wishes whose time is over; return how many."""
    count = 0
    for wish in Wish.objects.filter(state=State.ARMED, expires_at__lte=now):
        mine = Wish.objects.filter(pk=wish.pk, state=State.ARMED)
        if mine.update(state=State.EXPIRED, state_reason="", retry_at=None):
            wish.refresh_from_db()
            _withdraw(wish, "expired", now)
            news.wish_ended(wish)
            count += 1
    return count


def ending(now: datetime) -> list[int]:
    """Return the ids of all tenants that have wishes whose time is over."""
    with unscoped("the clock looks for wishes of all tenants"):
        rows = Wish.objects.filter(state=State.ARMED, expires_at__lte=now)
        return sorted(set(rows.values_list("tenant_id", flat=True)))
