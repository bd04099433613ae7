"""Giveaways as their organisers handle them: drafted, published, opened, cancelled."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce

from lottery.models import Lottery, Prize
from lottery.services import cards, plans
from lottery.services.plans import Plan, PrizeLine
from tenants import scoping
from tenants.models import Tenant
from tenants.services import audit

__all__ = ["Plan", "PrizeLine", "WrongState", "cancel", "create", "publish", "running", "update"]

State = Lottery.State
EDITABLE = (State.DRAFT, State.SCHEDULED)
CANCELLABLE = (State.DRAFT, State.SCHEDULED, State.OPEN)


class WrongState(Exception):
    """The giveaway has gone on meanwhile; `state` tells where it stands."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = State(state)


def create(plan: Plan, *, actor: audit.Actor, now: datetime) -> Lottery:
    """Write a draft; its number and its secret's hash are fixed from here on.

    Raises:
        ValidationError: what is wrong, by field of the plan (services/plans.py).
    """
    plans.check(plan, now=now)
    secret = secrets.token_bytes(32)
    with transaction.atomic():
        lottery = Lottery(
            number=_next_number(),
            secret=secret.hex(),
            secret_sha256=hashlib.sha256(secret).hexdigest(),
            **_columns(plan),
        )
        _set_image(lottery, plan)
        lottery.save(force_insert=True)
        _write_prizes(lottery, plan)
        audit.record("giveaway.created", actor=actor, target=lottery, number=lottery.number)
    return lottery


def _next_number() -> int:
    """Return the tenant's next number; who asks next waits until this transaction is over."""
    tenants = Tenant.objects.filter(pk__in=[scoping.current()])
    if connection.vendor == "postgresql":
        # NO KEY: rows that merely point to the tenant are written meanwhile
        tenants = tenants.select_for_update(no_key=True)
    list(tenants.values_list("pk"))
    last: int = Lottery.objects.aggregate(last=Coalesce(Max("number"), 0))["last"]
    return last + 1


def _columns(plan: Plan) -> dict[str, Any]:
    return {
        "bot": plan.bot,
        "title": plan.title.strip(),
        "text": plan.text.strip(),
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "time_zone": plan.time_zone,
        "chat": plan.chat,
        "reserves": plan.reserves,
    }


def _set_image(lottery: Lottery, plan: Plan) -> None:
    if plan.image is not None:
        # the old file stays: a message that waits in the outbox may still need it
        lottery.image = plan.image


def _write_prizes(lottery: Lottery, plan: Plan) -> None:
    Prize.objects.bulk_create(
        Prize(
            tenant_id=lottery.tenant_id,
            lottery=lottery,
            tier=tier,
            name=line.name.strip(),
            count=line.count,
        )
        for tier, line in enumerate(plan.prizes, 1)
    )


def lock(lottery_id: int) -> Lottery:
    """Return the giveaway, locked against joins and other steps until the transaction ends.

    Raises:
        Lottery.DoesNotExist: no such giveaway in the open scope.
    """
    found: Lottery = Lottery.objects.select_for_update().get(pk=lottery_id)
    return found


def update(lottery_id: int, plan: Plan, *, actor: audit.Actor, now: datetime) -> Lottery:
    """Change a giveaway that nobody could join yet.

    Raises:
        ValidationError: what is wrong, by field of the plan.
        WrongState: it runs already, or is over.
    """
    plans.check(plan, now=now)
    with transaction.atomic():
        lottery = lock(lottery_id)
        if lottery.state not in EDITABLE:
            raise WrongState(lottery.state)
        columns = _columns(plan)
        if lottery.state == State.SCHEDULED and columns["starts_at"] is None:
            columns["starts_at"] = now
        for name, value in columns.items():
            setattr(lottery, name, value)
        _set_image(lottery, plan)
        lottery.save(update_fields=[*columns, "image"])
        lottery.prizes.all().delete()
        _write_prizes(lottery, plan)
        audit.record("giveaway.changed", actor=actor, target=lottery)
    return lottery


def publish(
    lottery_id: int, *, actor: audit.Actor, now: datetime, at_once: bool = False
) -> Lottery:
    """Let a draft start at its time, or `at_once`; so may a scheduled one be started early.

    Raises:
        ValidationError: it cannot run as it stands (its end has passed, the chat is lost).
        WrongState: it runs already, or is over.
    """
    with transaction.atomic():
        lottery = lock(lottery_id)
        if lottery.state not in EDITABLE:
            raise WrongState(lottery.state)
        if at_once or lottery.starts_at is None or lottery.starts_at < now:
            lottery.starts_at = now
        plans.check_publishable(lottery, now=now)
        lottery.state = State.SCHEDULED
        lottery.save(update_fields=["state", "starts_at"])
        audit.record("giveaway.published", actor=actor, target=lottery, starts=lottery.starts_at)
        open_due(lottery_id, now=now)
        lottery.refresh_from_db()
    return lottery


def open_due(lottery_id: int, *, now: datetime) -> bool:
    """Open a scheduled giveaway whose start has come and post its card; tell whether it did."""
    with transaction.atomic():
        opened = Lottery.objects.filter(
            pk=lottery_id, state=State.SCHEDULED, starts_at__lte=now
        ).update(state=State.OPEN, opened_at=now, counted_at=now)
        if opened:
            cards.post(Lottery.objects.select_related("bot", "chat").get(pk=lottery_id))
    return bool(opened)


def cancel(lottery_id: int, *, reason: str, actor: audit.Actor, now: datetime) -> Lottery:
    """Call a giveaway off, with a reason that everybody may read; it keeps its number.

    Raises:
        ValidationError: no reason, or one of over 200 characters.
        WrongState: it is frozen, drawn or cancelled already.
    """
    reason = plans.clean_reason(reason)
    with transaction.atomic():
        lottery = lock(lottery_id)
        if lottery.state not in CANCELLABLE:
            raise WrongState(lottery.state)
        lottery.state = State.CANCELLED
        lottery.cancel_reason = reason
        lottery.cancelled_at = now
        lottery.save(update_fields=["state", "cancel_reason", "cancelled_at"])
        audit.record("giveaway.cancelled", actor=actor, target=lottery, reason=reason)
        cards.update(lottery)
    return lottery


def running(limit: int | None = None) -> QuerySet[Lottery]:
    """Return the giveaways that people can join, those that end first first."""
    found = (
        Lottery.objects.filter(state=State.OPEN)
        .select_related("bot")
        .defer("secret")
        .order_by("ends_at", "pk")
    )
    return found if limit is None else found[:limit]
