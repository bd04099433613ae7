"""Alerts: a rest that runs low, a forecast that does not hold, figures that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bots.services import posts
from traffic_guard.models import Account, Bulletin, Server
from traffic_guard.services.telling import alert_cards, bulletins, facts, preferences, topics
from traffic_guard.services.telling.alert_cards import Alert
from traffic_guard.services.telling.bulletins import Entry
from traffic_guard.services.telling.facts import Facts

if TYPE_CHECKING:
    from traffic_guard.services.forecasting.forecast import Forecast
    from traffic_guard.services.readings.sums import Standing

# what can be raised
LEVEL, THRESHOLD = topics.LEVEL, topics.THRESHOLD
FORECAST, SPIKE = topics.FORECAST, topics.SPIKE
UNKNOWN, KNOWN_AGAIN = topics.UNKNOWN, topics.KNOWN_AGAIN
START_HELD = topics.START_HELD


@dataclass(frozen=True, slots=True)
class Raised:
    """What one look raised of one server: `kind` is one of the words above.

    `level` is percent used, for LEVEL alone. `standing` says why it is unknown, `forecast` how fast
    it goes where it spikes; all other figures are read from the rows when it is told. `outlook` is
    the guard's verdict where it is below and nothing will be stopped (a word of reasons.py).
    """

    server: Server
    kind: str
    level: int | None = None
    standing: Standing | None = None
    forecast: Forecast | None = None
    outlook: str = ""


def raised(account: Account, items: Sequence[Raised], now: datetime) -> None:
    """Tell of everything that one look at an account raised: once, as few messages.

    Writes rows only; needs the tenant's open scope, in the transaction that marks them as told, as
    its last statement. Leave out servers for which the same look plans a stop: `stops.planned`
    says more of them.
    """
    if not items:
        return
    entries = [Entry(one.server, one.kind, facts=_kept(one)) for one in items]
    settings = preferences.of(account.tenant_id)
    if settings.muted_until is None or settings.muted_until <= now:
        bulletins.tell(Bulletin.Kind.ALERTS, account.tenant_id, entries, now)
    known = facts.of([one.server for one in items], facts.frame_of(account.tenant_id, now))
    by_event: dict[str, list[Entry]] = {}
    for entry in entries:
        by_event.setdefault(topics.EVENTS[entry.topic], []).append(entry)
    for event, mine in by_event.items():
        _notice(event, mine, known)


def _kept(one: Raised) -> dict[str, Any]:
    """Return what is said of it and is in no other row."""
    found: dict[str, Any] = {}
    if one.outlook:
        found["outlook"] = one.outlook
    if one.level is not None:
        found["level"] = one.level
    if one.kind == topics.UNKNOWN and one.standing is not None:
        found["trouble"] = str(one.standing.trouble)
    if one.kind == topics.SPIKE and one.forecast is not None:
        found["rate"] = one.forecast.rate
    return found


def _notice(event: str, entries: Sequence[Entry], known: dict[int, Facts]) -> None:
    """Tell the channels: a block for each server, cards of one event merged while they wait."""
    alerts = [Alert(known[one.server.pk], {one.topic: one.facts}) for one in entries]
    worst = min(alerts, key=lambda one: one.urgency)

    def render() -> tuple[str, str]:
        title = alert_cards.title(worst) if len(alerts) == 1 else alert_cards.heading(alerts)
        return title, ""

    posts.notice(
        event,
        render,
        blocks=lambda: alert_cards.blocks(alerts),
        colour=alert_cards.colour(alerts),
        group=event,
        many=lambda: _("⚠️ %(count)s servers need a look"),
    )
