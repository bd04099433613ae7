"""/list, /pause and /resume."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Keyboard, Press
from bots.routing import Router
from ovh_sniper.bot import chat
from ovh_sniper.models import Wish
from ovh_sniper.services.chat import commands
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.services.wishes import lifecycle as services
from ovh_sniper.services.wishes import listing, resuming
from ovh_sniper.texts import overview as texts
from ovh_sniper.texts import typed

router = Router()
State = Wish.State


class ListPage(Button, prefix="ol"):
    """Turns the pages of the wishes."""

    page: int


class PauseWish(Button, prefix="oz"):
    """Stops watching for a wish."""

    wish: str
    page: int


class ResumeWish(Button, prefix="or"):
    """Watches for a wish again."""

    wish: str
    page: int


@router.command("list", _("All wishes, with a button to pause each"), staff=Role.VIEWER)
def show_list(incoming: Incoming) -> None:
    with chat.speaking(incoming):
        text, keyboard = _page(incoming, 0)
        incoming.reply(text, keyboard=keyboard)


@router.button(ListPage, staff=Role.VIEWER)
def turn(incoming: Incoming, button: ListPage) -> None:
    _show(incoming, button.page)


def _show(incoming: Incoming, page: int) -> None:
    with chat.speaking(incoming):
        text, keyboard = _page(incoming, page)
        incoming.edit(text, keyboard=keyboard)


def _page(incoming: Incoming, page: int) -> tuple[str, Keyboard]:
    # what lives first, the latest of it on top
    is_over = Case(When(state__in=[State.ARMED, State.PAUSED], then=0), default=1)
    found, page, pages = chat.page_of(listing.listed().order_by(is_over, "-pk"), page)
    keyboard: list[list[Press]] = []
    if chat.sees(incoming, Role.OPERATOR):
        keys = [
            key
            for number, one in enumerate(found, 1)
            if (key := _switch(one, number, page)) is not None
        ]
        keyboard += [keys] if keys else []
    keyboard += chat.pager(ListPage(page - 1), ListPage(page + 1), page, pages)
    return texts.wishes(listing.rows(found), page, pages), keyboard


def _switch(wish: Wish, number: int, page: int) -> Press | None:
    if wish.state == State.ARMED:
        return Press(f"⏸ {number}", PauseWish(wish.public_id, page))
    if wish.state in (State.PAUSED, State.STOPPED):
        return Press(f"▶️ {number}", ResumeWish(wish.public_id, page))
    return None


@router.button(PauseWish, staff=Role.VIEWER)
def pause_one(incoming: Incoming, button: PauseWish) -> None:
    if chat.may(incoming, Role.OPERATOR):
        found = Wish.objects.filter(public_id=button.wish)
        count = services.pause(found, actor=chat.actor(incoming), now=timezone.now())
        incoming.toast(texts.paused(count))
        _show(incoming, button.page)


@router.button(ResumeWish, staff=Role.VIEWER)
def resume_one(incoming: Incoming, button: ResumeWish) -> None:
    if chat.may(incoming, Role.OPERATOR):
        states = [State.PAUSED, State.STOPPED]
        said, count = _resume(incoming, public_id=button.wish, state__in=states)
        incoming.toast(said, alert=not count)
        _show(incoming, button.page)


@router.command("pause", _("Pause all wishes, or those of a plan"), staff=Role.OPERATOR)
def pause(incoming: Incoming) -> None:
    if (where := _where(incoming)) is not None:
        found = Wish.objects.filter(state=State.ARMED, **where)
        count = services.pause(found, actor=chat.actor(incoming), now=timezone.now())
        with chat.speaking(incoming):
            incoming.reply(texts.paused(count))


@router.command("resume", _("Arm paused wishes again, all or of a plan"), staff=Role.OPERATOR)
def resume(incoming: Incoming) -> None:
    if (where := _where(incoming)) is not None:
        with chat.speaking(incoming):
            said, _count = _resume(incoming, state=State.PAUSED, **where)
            incoming.reply(said)


def _resume(incoming: Incoming, **which: Any) -> tuple[str, int]:
    """Arm these wishes; return what is said of it, and how many it were.

    Nothing that OVH took and then ended is ordered again: that is for the portal, which says so.
    """
    found, may_pay = list(Wish.objects.filter(**which)), incoming.may(Role.ADMIN)
    barred = 0 if may_pay else sum(wish.autopay for wish in found)
    actor, now = chat.actor(incoming), timezone.now()
    count = resuming.resume(found, actor=actor, now=now, may_pay=may_pay)
    return texts.resumed(count, barred), count


def _where(incoming: Incoming) -> dict[str, str] | None:
    """Return which wishes are meant; None where something follows that is no plan."""
    if not incoming.args.strip():
        return {}
    plan_code = commands.plan_of(incoming.args)
    if plan_code:
        return {"plan_code": plan_code}
    with chat.speaking(incoming):
        incoming.reply(typed.unknown_plan("", []))
    return None
