"""/queue and /orders; cancelling, paying, details."""

from __future__ import annotations

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.buttons import Button
from bots.incoming import Incoming
from bots.messages import Keyboard, Press
from bots.routing import Router
from ovh_sniper.bot import chat
from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.ordering import by_hand, paying
from ovh_sniper.services.orders import listing as order_listing
from ovh_sniper.services.orders import reasons, too_late
from ovh_sniper.services.telling import order_cards
from ovh_sniper.services.telling.buttons import CancelOrder, OrderDetails, PayOrder
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.services.wishes import listing as wish_listing
from ovh_sniper.services.wording.objections import NotCancellable
from ovh_sniper.texts import orders as texts
from ovh_sniper.texts import typed

router = Router()
State = Order.State
MOST_QUEUED, MOST_ARMED = 10, 100


class Refresh(Button, prefix="oq"):
    """Shows the queue as it is now."""


class OrdersPage(Button, prefix="oh"):
    """Turns the pages of the orders."""

    page: int


# --- Under way


@router.command("queue", gettext_lazy("What is being ordered, and what will be"), staff=Role.VIEWER)
def show_queue(incoming: Incoming) -> None:
    with chat.speaking(incoming):
        text, keyboard = _queue(incoming)
        incoming.reply(text, keyboard=keyboard)


@router.button(Refresh, staff=Role.VIEWER)
def refresh_queue(incoming: Incoming, button: Refresh) -> None:
    del button
    with chat.speaking(incoming):
        text, keyboard = _queue(incoming)
        incoming.edit(text, keyboard=keyboard)


def _queue(incoming: Incoming) -> tuple[str, Keyboard]:
    orders = order_listing.listed().filter(state__in=order_listing.UNDER_WAY).reverse()
    under_way = list(orders[:MOST_QUEUED])
    waiting = Wish.objects.filter(state=Wish.State.ARMED, mode=Wish.Mode.ORDER).order_by("pk")
    armed = list(waiting[:MOST_ARMED])
    left = wish_listing.left(armed)
    armed = [wish for wish in armed if left[wish.pk]]
    at = timezone.now().astimezone(chat.zone(incoming))
    keyboard = []
    if chat.sees(incoming, Role.OPERATOR):
        keyboard = [
            [Press(_("✖ Cancel no. %(n)s") % {"n": number}, CancelOrder(order.public_id))]
            for number, order in enumerate(under_way, 1)
            if order.state == State.INTENDED
        ]
    keyboard.append([Press(_("🔄 Refresh"), Refresh())])
    return texts.queue(under_way, armed, left, formats.date_format(at, "H:i:s")), keyboard


# --- The latest


@router.command("orders", gettext_lazy("The latest orders"), staff=Role.VIEWER)
def show_orders(incoming: Incoming) -> None:
    with chat.speaking(incoming):
        text, keyboard = _orders(incoming, 0)
        incoming.reply(text, keyboard=keyboard)


@router.button(OrdersPage, staff=Role.VIEWER)
def turn_orders(incoming: Incoming, button: OrdersPage) -> None:
    with chat.speaking(incoming):
        text, keyboard = _orders(incoming, button.page)
        incoming.edit(text, keyboard=keyboard)


def _orders(incoming: Incoming, page: int) -> tuple[str, Keyboard]:
    rows, page, pages = chat.page_of(order_listing.listed(), page)
    keyboard = [_keys(incoming, order, number) for number, order in enumerate(rows, 1)]
    keyboard += chat.pager(OrdersPage(page - 1), OrdersPage(page + 1), page, pages)
    return texts.orders(rows, page, pages), keyboard


def _keys(incoming: Incoming, order: Order, number: int) -> list[Press]:
    keys = [Press(_("%(n)s · Details") % {"n": number}, OrderDetails(order.public_id))]
    return keys + _acts(incoming, order)


def _acts(incoming: Incoming, order: Order) -> list[Press]:
    """Return what can be done about an order, by those who read it here."""
    if order.state == State.INTENDED and chat.sees(incoming, Role.OPERATOR):
        return [Press(_("✖ Cancel"), CancelOrder(order.public_id))]
    if order_cards.is_payable(order) and chat.sees(incoming, Role.ADMIN):
        return [Press(_("💳 Pay now"), PayOrder(order.public_id))]
    return []


# --- One of them


def _find(incoming: Incoming, public_id: str) -> Order | None:
    """Return an order of the tenant; where there is none, say so."""
    order = order_listing.listed().filter(public_id=public_id).first()
    if order is None:
        incoming.toast(typed.gone("unknown"), alert=True)
    return order


@router.button(OrderDetails, staff=Role.VIEWER)
def show_details(incoming: Incoming, button: OrderDetails) -> None:
    if (order := _find(incoming, button.order)) is not None:
        with chat.speaking(incoming):
            acts = _acts(incoming, order)
            keyboard = [*([acts] if acts else []), *order_cards.pay_link(order)]
            text = texts.details(order, chat.zone(incoming))
            incoming.reply(text, keyboard=keyboard or None)


@router.button(CancelOrder, staff=Role.VIEWER)
def cancel(incoming: Incoming, button: CancelOrder) -> None:
    if not chat.may(incoming, Role.OPERATOR):
        return
    if (order := _find(incoming, button.order)) is None:
        return
    try:
        name, actor = incoming.person.full_name, chat.actor(incoming)
        taken = by_hand.cancel(order.pk, requested_by=name, actor=actor)
    except NotCancellable as error:
        incoming.toast(too_late.words(error), alert=True)
    else:
        incoming.toast(texts.cancelled(taken))


@router.button(PayOrder, staff=Role.VIEWER)
def pay(incoming: Incoming, button: PayOrder) -> None:
    if not chat.may(incoming, Role.ADMIN):
        return
    if (order := _find(incoming, button.order)) is None:
        return
    if not order.account.payment_method:
        incoming.toast(reasons.words(Kind.NO_PAYMENT_METHOD.value), alert=True)
        return
    try:
        asked = paying.pay(order.pk, actor=chat.actor(incoming))
    except NotCancellable as error:
        incoming.toast(too_late.words(error, too_late.PAY), alert=True)
    else:
        incoming.toast(texts.asked_to_pay(asked), alert=True)
