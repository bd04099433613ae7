"""Messages about servers in chats: what comes at once shares one, and each is kept true.

A young message takes what comes after it, and in a storm an older one does: forty accounts that
raise an alert in the same minute are one message. A line is there before its message is rendered,
so what is edited shows everything that was told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from bots.messages import Keyboard
from bots.services import posts, recipients
from bots.services.recipients import Recipient, Role
from traffic_guard.models import (
    Bulletin,
    BulletinLine,
    PlannedStop,
    PowerAction,
    Preferences,
    Server,
)
from traffic_guard.services.telling import (
    alert_cards,
    facts,
    preferences,
    result_cards,
    stop_cards,
    topics,
)
from traffic_guard.services.telling.alert_cards import Alert
from traffic_guard.services.telling.facts import Facts
from traffic_guard.services.telling.result_cards import Result
from traffic_guard.services.telling.stop_cards import Stop

PRODUCT = "traffic_guard"
Kind = Bulletin.Kind
# An edit makes no sound: what comes later than this gets a message of its own...
YOUNG = timedelta(seconds=60)
# ...unless it is an alert and there were so many within this time: stops are always heard.
STORM, MOST = timedelta(minutes=15), 4
Card = tuple[str, Keyboard | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be told of."""

    server: Server
    topic: str
    plan: PlannedStop | None = None
    action: PowerAction | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str, int | None, int | None]:
        """What is the same of two entries about one thing."""
        plan, action = self.plan, self.action
        return (
            self.server.pk,
            self.topic,
            None if plan is None else plan.pk,
            None if action is None else action.pk,
        )

    def line_of(self, bulletin: Bulletin) -> BulletinLine:
        """Return it as a line, not written yet."""
        return BulletinLine(
            tenant_id=bulletin.tenant_id,
            bulletin=bulletin,
            server=self.server,
            topic=self.topic,
            planned_stop=self.plan,
            action=self.action,
            facts=dict(self.facts),
        )


def tell(kind: Bulletin.Kind, tenant_id: int, entries: Sequence[Entry], now: datetime) -> None:
    """Tell chats of some things, in as few messages as can be heard.

    Needs the tenant's open scope, in a transaction.
    """
    # of two workers that tell at once the second adds to the first one's message
    settings = preferences.take_turn(tenant_id)
    bulletin = _open_one(kind, now)
    is_new = bulletin is None
    if bulletin is None:
        bulletin = Bulletin.objects.create(tenant_id=tenant_id, kind=kind, opened_at=now)
    _write(bulletin, entries)
    say = posts.post if is_new else posts.edit
    say(_chats(settings), _render(bulletin, now), slot=_slot(bulletin))


def refresh(about: Q, now: datetime) -> None:
    """Make the messages whose lines fit `about` say what is true now."""
    lines = BulletinLine.objects.filter(about)
    found = Bulletin.objects.filter(pk__in=set(lines.values_list("bulletin_id", flat=True)))
    # two workers that change two lines of a message take turns: the second sees the first one's
    settings = None
    for bulletin in found.order_by("pk"):
        settings = settings or preferences.take_turn(bulletin.tenant_id)
        posts.edit(_chats(settings), _render(bulletin, now), slot=_slot(bulletin))


def _open_one(kind: Bulletin.Kind, now: datetime) -> Bulletin | None:
    """Return the message that takes what comes now."""
    recent = Bulletin.objects.filter(kind=kind, opened_at__gt=now - STORM).order_by("-opened_at")
    found = list(recent[:MOST])
    is_storm = len(found) == MOST and kind == Kind.ALERTS
    if not found or not (is_storm or found[0].opened_at > now - YOUNG):
        return None
    return found[0]


def _write(bulletin: Bulletin, entries: Sequence[Entry]) -> None:
    """Add lines; what is said again of the same thing takes the place of what was said."""
    known = {
        (line.server_id, line.topic, line.planned_stop_id, line.action_id): line
        for line in BulletinLine.objects.filter(bulletin=bulletin)
    }
    fresh, changed = [], []
    for entry in entries:
        line = known.get(entry.key)
        if line is None:
            fresh.append(entry.line_of(bulletin))
        elif line.facts != entry.facts:
            line.facts = dict(entry.facts)
            changed.append(line)
    BulletinLine.objects.bulk_create(fresh)
    BulletinLine.objects.bulk_update(changed, ["facts"])


def _chats(settings: Preferences) -> list[Recipient]:
    return recipients.told(PRODUCT, settings, Role.VIEWER)


def _slot(bulletin: Bulletin) -> str:
    return f"traffic:{bulletin.public_id}"


# --- What a message says


def _render(bulletin: Bulletin, now: datetime) -> Callable[[Recipient], Card]:
    lines = list(
        BulletinLine.objects.filter(bulletin=bulletin)
        .select_related("server__account", "planned_stop__action", "action")
        .defer("server__account__access_key", "server__account__secret_key")
        .order_by("pk")
    )
    known = facts.of([line.server for line in lines], facts.frame_of(bulletin.tenant_id, now))
    if bulletin.kind == Kind.ALERTS:
        alerts = _alerts(lines, known)
        return lambda one: (alert_cards.text(alerts), alert_cards.keyboard(alerts, one))
    if bulletin.kind == Kind.STOPS:
        stops = _stops(lines, known)
        name = bulletin.public_id
        return lambda one: (stop_cards.text(stops), stop_cards.keyboard(stops, one, name))
    results = _results(lines, known)
    return lambda one: (result_cards.text(results), result_cards.keyboard(results, one))


def _alerts(lines: list[BulletinLine], known: dict[int, Facts]) -> list[Alert]:
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        of_server = found.setdefault(line.server_id, {})
        # of several levels of a storm the last one counts, and what is known again is no longer not
        if line.topic == topics.KNOWN_AGAIN:
            of_server.pop(topics.UNKNOWN, None)
        of_server[line.topic] = line.facts
    return [Alert(known[pk], raised) for pk, raised in found.items()]


def _stops(lines: list[BulletinLine], known: dict[int, Facts]) -> list[Stop]:
    return [
        Stop(line.planned_stop, known[line.server_id])
        for line in lines
        if line.planned_stop is not None
    ]


def _results(lines: list[BulletinLine], known: dict[int, Facts]) -> list[Result]:
    return [Result(line.action, known[line.server_id]) for line in lines if line.action is not None]
