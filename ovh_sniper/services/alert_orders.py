"""The button under an alert that orders: one server, once for each press that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bots.models import Person
from ovh_sniper.models import Alert, Configuration, Order, StockInterval, Wish
from ovh_sniper.services import intents, ordering, proposals, telling
from ovh_sniper.services.chat_requests import Gone
from ovh_sniper.services.commands import Command
from ovh_sniper.services.objections import CannotOrder
from ovh_sniper.services.proposals import Answer

State = Alert.State


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press did: an order (`is_new`: by this press), a choice of accounts, or none of both
    where the wish has all that it asks for."""

    alert: Alert
    order: Order | None = None
    is_new: bool = False
    answer: Answer | None = None


def find(public_id: str) -> Alert:
    """Return an alert of the open scope, with its wish and account.

    Raises:
        Gone: none here.
    """
    rows = Alert.objects.select_related("wish__account").filter(public_id=public_id)
    alert: Alert | None = rows.first()
    if alert is None:
        raise Gone("unknown")
    return alert


def press(public_id: str, person: Person, now: datetime) -> Pressed:
    """Order one server of an alert's configuration in its datacenter, as its wish says.

    Needs the tenant's open scope, in a transaction. A second press of the same person is the same
    order, unless the first one bought nothing.

    Raises:
        Gone: no such alert, sold out ("ended") or ordered already ("ordered").
        Repeated, CannotOrder: see intents.intend.
    """
    alert = find(public_id)
    key = _key(alert, person)
    if (known := intents.of_request(key) or intents.of_request(f"{key}#0")) is not None:
        return Pressed(alert, known)
    _check(alert)
    if alert.wish.account is None:
        return _order_without_account(alert, person, key, now)
    order = ordering.intend(
        alert.wish,
        _configuration(alert),
        alert.datacenter,
        source=Order.Source.BUTTON,
        request_key=key,
        requested_by=person.full_name,
        person=person,
        now=now,
    )
    if order is None:
        return Pressed(alert)
    telling.submitted(order)
    return Pressed(alert, order, is_new=True)


def _key(alert: Alert, person: Person) -> str:
    """Return the name of a press: another one only after the order before it bought nothing."""
    start = f"alert:{alert.public_id}:{person.pk}:"
    vain = Order.objects.filter(request_key__startswith=start, state__in=intents.FREED)
    return f"{start}{vain.count()}"


def _check(alert: Alert) -> None:
    if alert.wish.track != Wish.Track.DEDICATED:
        raise CannotOrder("track")
    if alert.state == State.ORDERED:
        raise Gone("ordered")
    there = StockInterval.objects.filter(pk=alert.interval_id, closed_at=None)
    if alert.state != State.OPEN or not there.exists():
        raise Gone("ended")


def _configuration(alert: Alert) -> Configuration:
    rows = Configuration.objects.filter(host=alert.wish.host, fqn=alert.fqn)
    found: Configuration | None = rows.first()
    if found is None:
        raise Gone("ended")
    return found


def _order_without_account(alert: Alert, person: Person, key: str, now: datetime) -> Pressed:
    """Order with the account that can, where a wish only watches; with several, have one chosen."""
    configuration = _configuration(alert)
    named = (
        configuration.memory,
        configuration.storage,
        configuration.system_storage,
        configuration.gpu,
    )
    parts = tuple(part for part in named if part)
    command = Command(alert.plan_code, (alert.datacenter,), 1, parts)
    answer = proposals.propose(command, now)
    if answer.problem is not None:
        raise answer.problem
    if len(answer.proposals) > 1:
        return Pressed(alert, answer=answer)
    only = answer.proposals[0]
    orders = proposals.order(command, only.account, only.terms, person=person, key=key, now=now)
    return Pressed(alert, orders[0], is_new=True)
