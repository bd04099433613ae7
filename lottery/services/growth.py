"""How the number of people grew: by hours for two days, by days beyond."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDay, TruncHour, TruncMinute
from django.utils import formats

from lottery.models import Entry, Lottery

STEPS = (
    (timedelta(hours=2), timedelta(minutes=1), TruncMinute, "H:i"),
    (timedelta(days=2), timedelta(hours=1), TruncHour, "H:i"),
    (timedelta.max, timedelta(days=1), TruncDay, "MONTH_DAY_FORMAT"),
)


def chart(lottery: Lottery, label: str, *, now: datetime) -> dict[str, Any] | None:
    """Return the sum over time as static/portal/charts.js wants it; None while there is nothing."""
    since = lottery.opened_at
    if since is None:
        return None
    until = min(now, lottery.frozen_at or lottery.cancelled_at or lottery.ends_at)
    _span, step, trunc, shown = next(one for one in STEPS if until - since <= one[0])
    zone = lottery.zone
    counted = dict(
        Entry.objects.filter(lottery=lottery)
        .values_list(trunc("joined_at", tzinfo=zone))
        .annotate(n=Count("pk"))
        .order_by()
    )
    if not counted:
        return None
    labels, data, total = [], [], 0
    for moment in _moments(since.astimezone(zone), max(until, max(counted)), step):
        total += counted.get(moment, 0)
        labels.append(formats.date_format(moment, shown))
        data.append(total)
    return {"type": "line", "labels": labels, "series": [{"label": label, "data": data}]}


def _moments(since: datetime, until: datetime, step: timedelta) -> list[datetime]:
    """Return the beginnings of all steps, on the zone's clocks."""
    moment = since.replace(second=0, microsecond=0)
    if step >= timedelta(hours=1):
        moment = moment.replace(minute=0)
    if step >= timedelta(days=1):
        moment = moment.replace(hour=0)
    found = []
    while moment <= until:
        found.append(moment)
        if step >= timedelta(days=1):
            moment += step
        else:
            # over a change of clocks hours must be counted on the unmoved ones
            moment = datetime.fromtimestamp(
                moment.timestamp() + step.total_seconds(), moment.tzinfo
            )
    return found
