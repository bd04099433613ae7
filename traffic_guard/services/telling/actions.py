"""What became of stops, starts and reboots: the progress of a batch, and its end.

Every function only writes rows, and belongs into the transaction of what it speaks of, as its last
statement, inside the tenant's open scope. All may be called again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.services import posts, recipients
from traffic_guard.models import Bulletin, BulletinLine, ChatRequest, PowerAction
from traffic_guard.services.telling import (
    bulletins,
    chat_requests,
    facts,
    preferences,
    result_cards,
    topics,
)
from traffic_guard.services.telling.bulletins import Entry
from traffic_guard.services.telling.result_cards import Result

State = PowerAction.State


def settled(actions: Sequence[PowerAction], now: datetime | None = None) -> None:
    """Say what became of actions (done, refused, unverified, withdrawn), merged into few messages.

    Call it with all actions that one run settled. Messages that stand are edited; a failure says
    what to do now.
    """
    now = now or timezone.now()
    if not actions:
        return
    ids = [action.pk for action in actions]
    bulletins.refresh(Q(planned_stop__action__in=ids), now)
    for batch in sorted({action.batch for action in actions if action.batch}):
        progress(batch, now)
    fresh = _untold(actions)
    if not fresh:
        return
    entries = [Entry(one.server, topics.RESULT, action=one) for one in fresh]
    # the chat that asked is told, too: an edit of its message makes no sound
    bulletins.tell(Bulletin.Kind.RESULTS, fresh[0].tenant_id, entries, now)
    _notices(fresh, now)


def _untold(actions: Sequence[PowerAction]) -> list[PowerAction]:
    told = BulletinLine.objects.filter(action__in=[one.pk for one in actions])
    known = set(told.values_list("action_id", flat=True))
    return [one for one in actions if one.pk not in known and result_cards.event(one)]


def progress(batch: str, now: datetime | None = None) -> None:
    """Show how far the actions of a batch are, in the message of the chat that asked for them."""
    asked = ChatRequest.objects.filter(batch=batch).select_related("bot").first()
    if not batch or asked is None or not recipients.serves(asked.bot, bulletins.PRODUCT):
        return
    results = results_of(batch, now or timezone.now())
    settings = preferences.of(asked.tenant_id)
    chat = recipients.of_chat(bulletins.PRODUCT, settings, asked.bot, asked.chat_id)
    posts.edit(
        [chat],
        lambda one: (result_cards.progress(results), result_cards.keyboard(results, one)),
        slot=chat_requests.slot(asked),
    )


def results_of(batch: str, now: datetime) -> list[Result]:
    """Return the actions of a batch with their servers; in the tenant's open scope."""
    found = list(
        PowerAction.objects.filter(batch=batch)
        .select_related("server__account")
        .defer("server__account__access_key", "server__account__secret_key")
        .order_by("pk")
    )
    if not found:
        return []
    known = facts.of([one.server for one in found], facts.frame_of(found[0].tenant_id, now))
    return [Result(one, known[one.server_id]) for one in found]


def _notices(actions: Sequence[PowerAction], now: datetime) -> None:
    known = facts.of([one.server for one in actions], facts.frame_of(actions[0].tenant_id, now))
    by_event: dict[str, list[Result]] = {}
    for action in actions:
        found = by_event.setdefault(result_cards.event(action), [])
        found.append(Result(action, known[action.server_id]))
    for event, results in by_event.items():
        _notice(event, results)


def _notice(event: str, results: list[Result]) -> None:
    def render() -> tuple[str, str]:
        one_alone = len(results) == 1
        return result_cards.title(results[0]) if one_alone else result_cards.heading(results), ""

    many = {
        "traffic.failed": _("❗ %(count)s servers could not be stopped or started"),
        "traffic.stopped": _("⏹ %(count)s servers were stopped"),
        "traffic.started": _("▶️ %(count)s servers were started"),
    }
    posts.notice(
        event,
        render,
        blocks=lambda: [result_cards.block(one) for one in results],
        colour=result_cards.COLOURS[event],
        group=event,
        many=lambda: many[event],
    )
