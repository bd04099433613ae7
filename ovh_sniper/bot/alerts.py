"""The buttons under alerts: order now, and details."""

from __future__ import annotations

from django.utils import timezone

from bots.incoming import Incoming
from bots.messages import Press
from bots.routing import Router
from ovh_sniper.bot import chat, typed
from ovh_sniper.models import Alert, Configuration
from ovh_sniper.services.chat import alert_orders
from ovh_sniper.services.chat.alert_orders import Pressed
from ovh_sniper.services.chat.requests import Gone
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.telling import alert_cards, plan_stock
from ovh_sniper.services.telling.buttons import AlertDetails, OrderNow
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.services.wording.objections import CannotOrder, Repeated
from ovh_sniper.texts import orders as order_texts
from ovh_sniper.texts import stock as texts
from ovh_sniper.texts import typed as refusals

router = Router()


@router.button(OrderNow, staff=Role.VIEWER)
def order_now(incoming: Incoming, button: OrderNow) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    now = timezone.now()
    try:
        pressed = alert_orders.press(
            button.alert, incoming.person, now, may_pay=incoming.may(Role.ADMIN)
        )
    except Gone as gone:
        incoming.toast(refusals.gone(gone.reason), alert=True)
    except Repeated as error:
        incoming.toast(refusals.repeated(error.order), alert=True)
    except CannotOrder as error:
        incoming.toast(reasons.words(error.reason, error.detail), alert=True)
    else:
        if pressed.answer is not None:
            with chat.speaking(incoming):
                typed.ask(incoming, pressed.answer, now)
            return
        incoming.toast(_said(pressed), alert=not pressed.is_new)


def _said(pressed: Pressed) -> str:
    if pressed.order is None:
        return order_texts.wish_is_full(pressed.alert.wish)
    if pressed.is_new:
        return order_texts.submitted(pressed.order)
    return order_texts.already(pressed.order)


@router.button(AlertDetails, staff=Role.VIEWER)
def show_details(incoming: Incoming, button: AlertDetails) -> None:
    try:
        alert = alert_orders.find(button.alert)
    except Gone as gone:
        incoming.toast(refusals.gone(gone.reason), alert=True)
        return
    with chat.speaking(incoming):
        name = plan_stock.names([alert.plan_code]).get(alert.plan_code, "")
        text = texts.details(alert, name, _configuration(alert), chat.zone(incoming))
        incoming.reply(text, keyboard=_keys(incoming, alert))


def _configuration(alert: Alert) -> Configuration | None:
    rows = Configuration.objects.filter(host=alert.wish.host, fqn=alert.fqn)
    found: Configuration | None = rows.first()
    return found


def _keys(incoming: Incoming, alert: Alert) -> list[list[Press]] | None:
    key = alert_cards.order_key(alert)
    return [[key]] if key is not None and chat.sees(incoming, Role.OPERATOR) else None
