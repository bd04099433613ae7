"""The buttons under planned stops: put off, skip, stop now, protect, allow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.incoming import Incoming
from bots.messages import Press
from bots.models import PostedMessage
from bots.routing import Router
from bots.services.recipients import Role
from traffic_guard.bot import chat
from traffic_guard.models import PlannedStop
from traffic_guard.services.guarding import planning, protecting
from traffic_guard.services.guarding.planning import TooLate
from traffic_guard.services.telling import facts, layout, preferences, stop_cards
from traffic_guard.services.telling.buttons import (
    Approve,
    KeepPlan,
    Postpone,
    PostponeAll,
    ProtectPlanned,
    ShowPlan,
    SkipCycle,
    StopNow,
    StopNowSure,
)
from traffic_guard.services.telling.stop_cards import Stop
from traffic_guard.texts import said

router = Router()
# a question that is older than this is asked anew
SURE_FOR = timedelta(minutes=5)


def _in_turn(incoming: Incoming, plans: QuerySet[PlannedStop]) -> list[PlannedStop]:
    """Return plans with their servers: of two presses the second one sees what the first did."""
    preferences.take_turn(incoming.bot.tenant_id)
    ids = plans.values_list("pk", flat=True)
    found = PlannedStop.objects.filter(pk__in=set(ids)).select_related("server__account", "action")
    secrets = ("server__account__access_key", "server__account__secret_key")
    return list(found.defer(*secrets).order_by("pk"))


def _find(incoming: Incoming, public_id: str) -> PlannedStop | None:
    """Return a plan of the tenant; where there is none, say so."""
    found = PlannedStop.objects.filter(public_id=public_id)
    plans = _in_turn(incoming, found)
    if not plans:
        incoming.toast(said.gone("unknown"), alert=True)
    return plans[0] if plans else None


def _act(
    incoming: Incoming, public_id: str, deed: Callable[[PlannedStop, datetime], object]
) -> PlannedStop | None:
    """Do something about a plan for somebody who may; return it as it is then.

    None: it was not done, and the person was told why.
    """
    if not chat.may(incoming, Role.OPERATOR):
        return None
    if (plan := _find(incoming, public_id)) is None:
        return None
    try:
        deed(plan, timezone.now())
    except TooLate:
        plan.refresh_from_db()
        incoming.toast(said.too_late(plan), alert=True)
        return None
    plan.refresh_from_db()
    return plan


@router.button(Postpone, staff=Role.VIEWER)
def postpone(incoming: Incoming, button: Postpone) -> None:
    by = chat.actor(incoming)

    def once(plan: PlannedStop, now: datetime) -> None:
        if plan.postponed == button.times:
            planning.postpone(plan, by=by, now=now)

    if (plan := _act(incoming, button.plan, once)) is not None:
        frame = chat.frame(incoming)
        incoming.toast(said.postponed(plan, frame.zone, frame.now))
        _show_again(incoming, plan)


@router.button(PostponeAll, staff=Role.VIEWER)
def postpone_all(incoming: Incoming, button: PostponeAll) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    now, by, count = timezone.now(), chat.actor(incoming), 0
    told = PlannedStop.objects.filter(told_in__bulletin__public_id=button.bulletin)
    plans = _in_turn(incoming, told)
    if sum(plan.postponed for plan in plans) == button.times:
        for plan in plans:
            with suppress(TooLate):
                planning.postpone(plan, by=by, now=now)
                count += 1
    incoming.toast(said.all_postponed(count), alert=not count)


@router.button(SkipCycle, staff=Role.VIEWER)
def skip(incoming: Incoming, button: SkipCycle) -> None:
    by = chat.actor(incoming)
    plan = _act(incoming, button.plan, lambda plan, now: planning.skip_cycle(plan, by=by, now=now))
    if plan is not None:
        incoming.toast(said.skipped())
        _show_again(incoming, plan)


@router.button(ProtectPlanned, staff=Role.VIEWER)
def protect(incoming: Incoming, button: ProtectPlanned) -> None:
    by = chat.actor(incoming)
    plan = _act(
        incoming,
        button.plan,
        lambda plan, now: protecting.protect(plan.server, on=True, by=by, now=now),
    )
    if plan is not None:
        incoming.toast(said.protected(plan.server))
        _show_again(incoming, plan)


@router.button(Approve, staff=Role.VIEWER)
def approve(incoming: Incoming, button: Approve) -> None:
    by = chat.actor(incoming)
    plan = _act(incoming, button.plan, lambda plan, now: planning.approve(plan, by=by, now=now))
    if plan is not None:
        incoming.toast(said.approved())
        _show_again(incoming, plan)


# --- Stop now: asked once more


@router.button(StopNow, staff=Role.VIEWER)
def ask_stop_now(incoming: Incoming, button: StopNow) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    if (plan := _find(incoming, button.plan)) is None:
        return
    if plan.state not in PlannedStop.OPEN:
        incoming.toast(said.too_late(plan), alert=True)
        return
    until = int((timezone.now() + SURE_FOR).timestamp())
    with chat.speaking(incoming):
        keyboard = [
            [Press(_("⏹ Stop now"), StopNowSure(plan.public_id, until))],
            [Press(_("✖ No"), KeepPlan(plan.public_id))],
        ]
        incoming.reply(said.sure_to_stop(plan.server), keyboard=keyboard)


@router.button(StopNowSure, staff=Role.VIEWER)
def stop_now(incoming: Incoming, button: StopNowSure) -> None:
    if button.until < timezone.now().timestamp():
        incoming.toast(said.gone("expired"), alert=True)
        return
    by = chat.actor(incoming)
    plan = _act(incoming, button.plan, lambda plan, now: planning.stop_now(plan, by=by, now=now))
    if plan is not None:
        with chat.speaking(incoming):
            incoming.edit(said.stopping_now(), keyboard=[])


@router.button(KeepPlan, staff=Role.VIEWER)
def keep(incoming: Incoming, button: KeepPlan) -> None:
    del button
    if chat.may(incoming, Role.OPERATOR):
        with chat.speaking(incoming):
            incoming.edit(said.left_as_it_is(), keyboard=[])


@router.button(ShowPlan, staff=Role.VIEWER)
def show(incoming: Incoming, button: ShowPlan) -> None:
    if (plan := _find(incoming, button.plan)) is None:
        return
    with chat.speaking(incoming):
        text, keyboard = _whole(incoming, plan)
        incoming.reply(text, keyboard=keyboard or None)


def _show_again(incoming: Incoming, plan: PlannedStop) -> None:
    """Have an answer of the bot tell how a plan is now; what it posted itself is kept true."""
    place = {"chat_id": incoming.chat.id, "message_id": incoming.message_id}
    if PostedMessage.objects.filter(bot=incoming.bot.id, **place).exists():
        return
    with chat.speaking(incoming):
        text, keyboard = _whole(incoming, plan)
        incoming.edit(text, keyboard=keyboard)


def _whole(incoming: Incoming, plan: PlannedStop) -> tuple[SafeString, list[list[Press]]]:
    stop = Stop(plan, facts.of([plan.server], chat.frame(incoming))[plan.server_id])
    is_for_acting = stop.is_open and chat.operates(incoming)
    text = layout.whole(stop_cards.title(stop), stop_cards.lines(stop))
    return text, stop_cards.keys_of(plan) if is_for_acting else []
