"""Stops that are planned: told with buttons, and kept true until they are settled.

Every function only writes rows, and belongs into the transaction of what it speaks of, as its last
statement, inside the tenant's open scope. All may be called again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.services import posts
from traffic_guard.models import Bulletin, BulletinLine, PlannedStop
from traffic_guard.services.telling import bulletins, facts, stop_cards, topics
from traffic_guard.services.telling.bulletins import Entry
from traffic_guard.services.telling.stop_cards import Stop

State = PlannedStop.State
EVENT = "traffic.stop_planned"


def planned(plans: Sequence[PlannedStop], now: datetime | None = None) -> None:
    """Say which servers will be stopped and when; call it once with all plans of one run.

    Plans may be waiting, held (above the cap: people are asked) or dry runs, mixed.
    """
    now = now or timezone.now()
    known = _told(plans)
    fresh = [plan for plan in plans if plan.pk not in known]
    if not fresh:
        return
    entries = [Entry(plan.server, topics.STOP, plan=plan) for plan in fresh]
    bulletins.tell(Bulletin.Kind.STOPS, fresh[0].tenant_id, entries, now)
    _notice(fresh, now, many=lambda: _("⏰ %(count)s planned stops"))


def changed(plan: PlannedStop, now: datetime | None = None) -> None:
    """Make the standing messages say what is true of a plan now: postponed, cancelled, dropped.

    `plan.settled_by` and `plan.settled_reason` say by whom and why. The channels, whose messages
    cannot be edited, are told anew, but for an execution: `actions.settled` says what came of it.
    """
    all_changed([plan], now)


def all_changed(plans: Sequence[PlannedStop], now: datetime | None = None) -> None:
    """Do `changed` for the plans of one run: each message is edited once."""
    now = now or timezone.now()
    known = _told(plans)
    untold = [plan for plan in plans if plan.pk not in known]
    planned([plan for plan in untold if plan.state in {*PlannedStop.OPEN, State.DRY}], now)
    standing = [plan for plan in plans if plan.pk in known]
    if not standing:
        return
    bulletins.refresh(Q(planned_stop__in=known), now)
    news = [plan for plan in standing if plan.state not in {State.EXECUTED, State.DRY}]
    if news:
        _notice(news, now, many=lambda: _("%(count)s planned stops have changed"))


def held(plans: Sequence[PlannedStop], now: datetime | None = None) -> None:
    """Say that plans wait for somebody's word: more would be stopped than the cap allows.

    Plans that were told of are told of anew, aloud: as waiting, or as a reminder.
    """
    now = now or timezone.now()
    known = _told(plans)
    again = [plan for plan in plans if plan.pk in known]
    planned(plans, now)
    if again:
        entries = [Entry(plan.server, topics.STOP, plan=plan) for plan in again]
        bulletins.refresh(Q(planned_stop__in=[plan.pk for plan in again]), now)
        bulletins.tell(Bulletin.Kind.STOPS, again[0].tenant_id, entries, now)
        _notice(again, now, many=lambda: _("✋ %(count)s stops wait for your word"))


def _told(plans: Sequence[PlannedStop]) -> set[int]:
    """Return the ids of those plans that chats were told of."""
    lines = BulletinLine.objects.filter(planned_stop__in=[plan.pk for plan in plans])
    return set(lines.values_list("planned_stop_id", flat=True))


def _notice(plans: Sequence[PlannedStop], now: datetime, *, many: Callable[[], str]) -> None:
    frame = facts.frame_of(plans[0].tenant_id, now)
    known = facts.of([plan.server for plan in plans], frame)
    stops = [Stop(plan, known[plan.server_id]) for plan in plans]

    def render() -> tuple[str, str]:
        one_alone = len(stops) == 1
        return stop_cards.title(stops[0]) if one_alone else stop_cards.heading(stops), ""

    posts.notice(
        EVENT,
        render,
        blocks=lambda: stop_cards.blocks(stops),
        colour=stop_cards.colour(stops),
        group=EVENT,
        many=many,
    )
