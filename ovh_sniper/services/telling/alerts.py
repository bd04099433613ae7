"""Alerts: stock that a wish waits for, told in chats, and kept true until it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils.html import strip_tags

from bots.services import outbox, posts
from ovh_sniper.models import (
    Alert,
    AlertLine,
    AlertMessage,
    Order,
    Preferences,
    StockInterval,
    Wish,
)
from ovh_sniper.services.telling import alert_cards, alert_facts, preferences, recipients
from ovh_sniper.services.telling.recipients import Recipient, Role
from tenants.ids import public_id
from tenants.scoping import scope, unscoped

if TYPE_CHECKING:
    from ovh_sniper.services.stock.intervals import StockChange

State = Alert.State
# Stock that goes and comes back this soon flickers: the old message says so, no new one is sent.
FLICKER = timedelta(seconds=60)
# More plans than this at one look share messages.
MOST_MESSAGES = 4
EVENT = "server.in_stock"


def raise_alerts(
    tenant_id: int, found: Sequence[tuple[Wish, StockChange]], now: datetime
) -> list[Alert]:
    """Write an alert for each wish and stock interval, and tell of the new ones; return those.

    Once for each (wish, interval), whoever calls how often. What comes in one call is grouped into
    few messages. A `changed` one of an alert that stands (delivery time, low stock) edits it.
    Writes rows only; opens the tenant's scope itself where none is open.
    """
    with scope(tenant_id):
        known = _known(found)
        fresh = alert_facts.write(
            tenant_id,
            [pair for pair in found if (pair[0].pk, pair[1].interval_id) not in known],
            now,
        )
        moved = [
            alert
            for wish, change in found
            if (alert := known.get((wish.pk, change.interval_id))) and _move(alert, change)
        ]
        returned = _take_over(fresh, now)
        _refresh([*moved, *returned], now)
        silent = {alert.pk for alert in returned}
        _tell(tenant_id, [alert for alert in fresh if alert.pk not in silent], now)
    return fresh


def _known(found: Sequence[tuple[Wish, StockChange]]) -> dict[tuple[int, int], Alert]:
    rows = Alert.objects.filter(
        wish__in={wish.pk for wish, _change in found},
        interval_id__in={change.interval_id for _wish, change in found},
    )
    return {(alert.wish_id, alert.interval_id): alert for alert in rows}


def _move(alert: Alert, change: StockChange) -> bool:
    """Keep OVH's latest word on a standing alert; tell whether it is another one."""
    if change.availability == alert.availability:
        return False
    standing = Alert.objects.filter(pk=alert.pk, state=State.OPEN)
    return standing.update(availability=change.availability) == 1


def _take_over(fresh: list[Alert], now: datetime) -> list[Alert]:
    """Give new alerts the messages of those that ended a moment ago; return which got one."""
    if not fresh:
        return []
    ended = Alert.objects.filter(
        wish__in={alert.wish_id for alert in fresh}, state=State.ENDED, ended_at__gt=now - FLICKER
    ).order_by("pk")
    before = {(one.wish_id, one.fqn, one.datacenter): one for one in ended}
    returned = []
    for alert in fresh:
        old = before.get((alert.wish_id, alert.fqn, alert.datacenter))
        if old is not None and AlertLine.objects.filter(alert=old).update(alert=alert):
            returned.append(alert)
    return returned


# --- Telling


def _tell(tenant_id: int, fresh: list[Alert], now: datetime) -> None:
    if not fresh:
        return
    settings = preferences.of(tenant_id)
    groups = _grouped(fresh)
    if settings.muted_until is None or settings.muted_until <= now:
        for group in groups:
            _post(settings, group, now)
    for group in groups:
        _notice(group, now)


def _grouped(fresh: list[Alert]) -> list[list[Alert]]:
    """Return the alerts of each message: one plan's, or more where very much came at once."""

    def subject(alert: Alert) -> tuple[int, str, str]:
        return (alert.wish.bot_id or 0, alert.wish.host, alert.plan_code)

    def speaker(alert: Alert) -> int:
        return alert.wish.bot_id or 0

    ordered = sorted(fresh, key=lambda one: (*subject(one), one.fqn, one.datacenter, one.pk))
    groups = [list(group) for _subject, group in groupby(ordered, key=subject)]
    if len(groups) > MOST_MESSAGES:
        groups = [list(group) for _speaker, group in groupby(ordered, key=speaker)]
    return [part for group in groups for part in alert_cards.split(group)]


def _post(settings: Preferences, group: list[Alert], now: datetime) -> None:
    shown = alert_cards.card(group, at=now)
    for one in recipients.told(settings, Role.VIEWER, bot_id=group[0].wish.bot_id):
        slot = f"ovh:alert:{public_id()}"
        message = AlertMessage.objects.create(
            tenant_id=settings.tenant_id, bot=one.bot, chat_id=one.chat_id, slot=slot
        )
        AlertLine.objects.bulk_create(
            AlertLine(tenant_id=settings.tenant_id, message=message, alert=alert) for alert in group
        )
        with one.speaking():
            keyboard = alert_cards.keyboard(shown, one)
            outbox.say(one.bot, one.chat_id, alert_cards.text(shown), keyboard=keyboard, slot=slot)


def _notice(group: list[Alert], now: datetime) -> None:
    shown = alert_cards.card(group, at=now)
    first = group[0]

    def render() -> tuple[str, str]:
        title = f"{alert_cards.heading(shown)}: {alert_cards.title(first, shown)}"
        return title, strip_tags(alert_cards.text(shown))

    posts.notice(
        EVENT,
        render,
        plan_code=first.plan_code,
        host=first.wish.host,
        alerts=[
            {"fqn": one.fqn, "datacenter": one.datacenter, "availability": one.availability}
            for one in group
        ],
    )


# --- Keeping true


def _refresh(alerts: Sequence[Alert], now: datetime) -> None:
    """Make the messages that hold these alerts say what is true now."""
    if not alerts:
        return
    lines = AlertLine.objects.filter(alert__in=[alert.pk for alert in alerts])
    found = AlertMessage.objects.filter(pk__in=set(lines.values_list("message_id", flat=True)))
    # two workers that change two lines of a message: the second one sees the first one's
    held = found.select_for_update(of=("self",), no_key=True).select_related("bot")
    for message in held.defer("bot__token").order_by("pk"):
        _edit(message, now)


def _edit(message: AlertMessage, now: datetime) -> None:
    if not recipients.serves(message.bot):
        return
    alerts = Alert.objects.filter(lines__message=message).select_related("wish")
    shown = alert_cards.card(list(alerts), at=now)
    one: Recipient = recipients.of_chat(
        preferences.of(message.tenant_id), message.bot, message.chat_id
    )
    with one.speaking():
        outbox.edit_posted(
            message.bot,
            message.slot,
            message.chat_id,
            alert_cards.text(shown),
            keyboard=alert_cards.keyboard(shown, one),
        )


def end(tenant_id: int, change: StockChange, now: datetime) -> int:
    """Make the tenant's alerts of a stock interval say that it is sold out; return how many.

    Writes rows only; opens the tenant's scope itself where none is open.
    """
    with scope(tenant_id):
        return _end([change.interval_id], change.at, now)


def end_everywhere(changes: Iterable[StockChange], now: datetime) -> int:
    """Do `end` for all tenants whose alerts stand on these closed intervals; return how many.

    Call it outside any scope.
    """
    closed = {change.interval_id: change for change in changes}
    with unscoped("stock is the same for all tenants"):
        rows = Alert.objects.filter(interval_id__in=closed, state=State.OPEN)
        standing = sorted(set(rows.values_list("tenant_id", "interval_id")))
    return sum(end(tenant_id, closed[interval_id], now) for tenant_id, interval_id in standing)


def end_closed(now: datetime) -> int:
    """End what was left open though its stock closed, as when a worker died; return how many."""
    closed = StockInterval.objects.filter(pk=OuterRef("interval_id"), closed_at__isnull=False)
    with unscoped("the clock looks after the alerts of all tenants"):
        rows = Alert.objects.filter(Exists(closed), state=State.OPEN)
        left = sorted(set(rows.values_list("tenant_id", "interval_id")))
    count = 0
    for tenant_id, interval_id in left:
        closed_at = StockInterval.objects.values_list("closed_at", flat=True).get(pk=interval_id)
        with scope(tenant_id):
            count += _end([interval_id], closed_at or now, now)
    return count


def _end(interval_ids: list[int], at: datetime, now: datetime) -> int:
    standing = Alert.objects.filter(interval_id__in=interval_ids, ended_at=None)
    # one that was ordered keeps saying so
    standing.exclude(state=State.OPEN).update(ended_at=at)
    open_ones = list(standing.filter(state=State.OPEN))
    ending = Alert.objects.filter(pk__in=[one.pk for one in open_ones], state=State.OPEN)
    count = ending.update(state=State.ENDED, ended_at=at)
    _refresh(open_ones, now)
    return count


def ordered(order: Order) -> None:
    """Make the alerts of a wish's configuration and datacenter say that it was ordered.

    Belongs into the transaction that notes the order as placed, inside the tenant's scope.
    """
    if order.wish_id is None or order.state == Order.State.DRY:
        return
    mine = Alert.objects.filter(wish=order.wish_id)
    here = mine.filter(fqn=order.fqn, datacenter=order.datacenter)
    latest = here.exclude(state=State.ORDERED).order_by("-pk").first()
    if latest is not None:
        Alert.objects.filter(pk=latest.pk).update(state=State.ORDERED)
    # the others may say that their wish orders by itself, and it may be done now
    standing = list(mine.filter(ended_at=None))
    _refresh([*([latest] if latest else []), *standing], order.placed_at or order.created_at)
