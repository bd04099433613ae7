"""The button under an alert that orders: one server, once for each press that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bots.models import Person
from ovh_sniper.models import Alert, Configuration, Order, StockInterval, Wish
from ovh_sniper.services.chat import proposals
from ovh_sniper.services.chat.commands import Command
from ovh_sniper.services.chat.proposals import Answer, Proposal
from ovh_sniper.services.chat.requests import Gone
from ovh_sniper.services.matching import intents
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.telling import news
from ovh_sniper.services.telling.alert_facts import Due
from ovh_sniper.services.wording.objections import CannotOrder

State = Alert.State


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press did: an order (`is_new`: by this press), a question (which account, or whether
    at another price than was shown), or none of both where the wish has all that it asks for."""

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


def press(public_id: str, person: Person, now: datetime, *, may_pay: bool = False) -> Pressed:
    """Order one server of an alert's configuration in its datacenter, as its wish says.

    Needs the tenant's open scope, in a transaction. A second press of the same person is the same
    order, unless the first one bought nothing. It is ordered at the price that the alert shows, or
    below. `may_pay` tells whether the person may spend money without asking anybody: for all others
    it pays by itself only while its wish is armed, which whoever may pay has let it be.

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
    order = by_hand.intend(
        alert.wish,
        _configuration(alert),
        alert.datacenter,
        source=Order.Source.BUTTON,
        shown=_shown(alert),
        autopay=_pays_itself(alert.wish, may_pay=may_pay),
        request_key=key,
        requested_by=person.full_name,
        person=person,
        now=now,
    )
    if order is None:
        return Pressed(alert)
    news.submitted(order)
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


def _shown(alert: Alert) -> Due:
    return Due(alert.due_now, alert.renewal, alert.currency)


def _pays_itself(wish: Wish, *, may_pay: bool) -> bool:
    return wish.autopay and (may_pay or wish.state == Wish.State.ARMED)


def _configuration(alert: Alert) -> Configuration:
    rows = Configuration.objects.filter(host=alert.wish.host, fqn=alert.fqn)
    found: Configuration | None = rows.first()
    if found is None:
        raise Gone("ended")
    return found


def _order_without_account(alert: Alert, person: Person, key: str, now: datetime) -> Pressed:
    """Order with the account that can, where a wish only watches; with several, or where it costs
    more than the alert shows, ask first."""
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
    only = answer.proposals[0]
    if len(answer.proposals) > 1 or not _is_as_shown(only, _shown(alert)):
        return Pressed(alert, answer=answer)
    orders = proposals.order(command, only.account, only.terms, person=person, key=key, now=now)
    return Pressed(alert, orders[0], is_new=True)


def _is_as_shown(proposal: Proposal, shown: Due) -> bool:
    """Tell whether an offer costs what an alert shows, or less; another country's taxes differ."""
    offer = proposal.preview
    pairs = ((offer.due_now, shown.now), (offer.renewal, shown.renewal))
    return offer.currency == shown.currency and all(
        costs is not None and seen is not None and costs <= seen for costs, seen in pairs
    )
