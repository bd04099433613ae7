"""Orders: those under way, the latest ones, and all about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.models import Order, Wish
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.telling import order_cards
from ovh_sniper.services.wording import words
from ovh_sniper.texts import pieces

MOST_WISHES = 10
# what the orders under way may take of a message
QUEUE_ROOM = 2200


def queue(
    orders: Sequence[Order], armed: Sequence[Wish], left: Mapping[int, int], at: str
) -> SafeString:
    """Return what is being ordered, and what will be as soon as it is there."""
    under_way = [_order(order, number) for number, order in enumerate(orders, 1)]
    waiting = [
        format_html(
            "🤖 {}: {}",
            str(wish),
            ngettext("%(n)s left to order", "%(n)s left to order", left[wish.pk])
            % {"n": left[wish.pk]},
        )
        for wish in armed
    ]
    return format_html(
        "<b>{}</b>\n\n{}\n\n<b>{}</b>\n{}\n\n{}",
        _("Under way"),
        pieces.blocks(under_way, QUEUE_ROOM) if under_way else "–",
        _("Ordered as soon as it is there"),
        _some(waiting) if waiting else "–",
        _("As of %(time)s") % {"time": at},
    )


def _some(parts: Sequence[SafeString]) -> SafeString:
    shown = list(parts[:MOST_WISHES])
    if more := len(parts) - len(shown):
        said = ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}
        shown.append(format_html("{}", said))
    return pieces.lines(shown)


def orders(found: Sequence[Order], page: int, pages: int) -> SafeString:
    """Return a page of orders, the latest first."""
    if not found:
        return format_html("{}", _("No orders yet."))
    parts = [_order(order, number) for number, order in enumerate(found, 1)]
    return pieces.paged(_("Orders"), parts, page, pages)


def _order(order: Order, number: int) -> SafeString:
    icon = order_cards.ICONS.get(Order.State(order.state), "✅")
    ended = order.state in (Order.State.REFUSED, Order.State.CANCELLED)
    cost = order_cards.cost(order)
    return format_html(
        "{}. {} <code>{}</code> {}\n{}",
        number,
        icon,
        order.plan_code,
        words.short_place(order.datacenter),
        pieces.lines(
            [
                f"{Order.State(order.state).label} · {order.account.name}",
                f"💶 {cost}" if cost else "",
                reasons.words(order.reason, order.detail) if ended else "",
            ]
        ),
    )


def details(order: Order, zone: ZoneInfo) -> SafeString:
    """Return all about an order, without what is secret of it."""
    facts = [
        _("Wanted: %(when)s (%(how)s)")
        % {
            "when": words.moment(order.created_at, zone),
            "how": Order.Source(order.source).label,
        },
        _("Configuration: %(fqn)s") % {"fqn": order.fqn},
        _("Options: %(codes)s") % {"codes": ", ".join(sorted(order.addons.values()))},
    ]
    if order.placed_at is not None:
        facts.append(_("Ordered: %(when)s") % {"when": words.moment(order.placed_at, zone)})
    if order.cap_due_now is not None:
        cap = words.money(order.cap_due_now, order.currency or order.account.currency)
        facts.append(_("Limit: %(cap)s now") % {"cap": cap})
    if order.autopay:
        facts.append(_("It is paid with the account’s default payment method."))
    return format_html("{}\n\n{}", order_cards.whole(order, zone), pieces.lines(facts))


def asked_to_pay(order: Order) -> str:
    """Return that OVH is asked to take the money."""
    return _("OVH is asked to take the money for %(order)s. I tell you what comes of it.") % {
        "order": str(order)
    }


def cancelled(order: Order) -> str:
    """Return that an order was taken back in time."""
    return _("%(order)s was taken back in time. Nothing was bought.") % {"order": str(order)}


def submitted(order: Order) -> str:
    """Return that one press made an order."""
    return _("%(order)s is being ordered.") % {"order": str(order)}


def already(order: Order) -> str:
    """Return what the order of an earlier press is by now."""
    state = Order.State(order.state).label
    return _("You ordered %(order)s already: %(state)s.") % {"order": str(order), "state": state}


def wish_is_full(wish: Wish) -> str:
    """Return that a wish has all it asked for."""
    said = _("The wish %(name)s has all it asked for. Send the plan to order more.")
    return said % {"name": str(wish)}
