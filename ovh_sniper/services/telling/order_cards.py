"""What messages of orders say, and their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.messages import Keyboard, Link, Press
from ovh_sniper.models import Configuration, Order, StoredPlan
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.telling.alert_cards import hardware
from ovh_sniper.services.telling.buttons import CancelOrder, OrderDetails, PayOrder
from ovh_sniper.services.telling.recipients import Recipient, Role
from ovh_sniper.services.wording import words

State = Order.State
# not decided: nobody knows yet whether something was bought
OPEN = frozenset({State.INTENDED, State.ORDERING, State.UNKNOWN})
BOUGHT = frozenset(
    {State.PLACED, State.CHECKING, State.DOCUMENTS, State.DELIVERING, State.DELIVERED}
)
ICONS = {
    State.INTENDED: "⏳",
    State.ORDERING: "⏳",
    State.UNKNOWN: "❓",
    State.REFUSED: "❌",
    State.CANCELLED: "🚫",
    State.DRY: "🧪",
    State.DOCUMENTS: "📄",
    State.DELIVERED: "🎉",
}
TELEGRAM = "https://api.telegram.org"
# a request of more is told in numbers, not line by line
MOST_LINES = 20


def title(order: Order) -> SafeString:
    """Return the server's name and code, its hardware and its place."""
    plans = StoredPlan.objects.filter(
        plan_code=order.plan_code,
        catalogue__host=order.account.host,
        catalogue__subsidiary=order.account.subsidiary,
    )
    name = plans.values_list("name", flat=True).first() or ""
    configuration = Configuration.objects.filter(host=order.account.host, fqn=order.fqn).first()
    parts = hardware(configuration) if configuration else order.fqn
    return format_html("<b>{}</b> <code>{}</code>\n{}", name, order.plan_code, parts)


def cost(order: Order) -> str:
    """Return what an order costs; empty where nobody has asked OVH yet."""
    if order.due_now is None:
        return ""
    return words.prices(order.due_now, order.renewal, order.currency)


# --- All orders of one request


def board(orders: Sequence[Order]) -> SafeString:
    """Return the message that was posted when orders were submitted, as it must read now."""
    first = orders[0]
    lines = [_line(order) for order in orders[:MOST_LINES]]
    if more := orders[MOST_LINES:]:
        said = ngettext("… and %(n)s more", "… and %(n)s more", len(more)) % {"n": len(more)}
        lines.append(format_html("{}", said))
    return format_html(
        "<b>{}</b>\n\n{}\n{}\n\n{}",
        _heading(orders),
        title(first),
        _by(first),
        format_html_join("\n", "{}", ((line,) for line in lines)),
    )


def _heading(orders: Sequence[Order]) -> str:
    if any(order.state in OPEN for order in orders):
        count = len([order for order in orders if not order.goes_on])
        return ngettext("📝 Order submitted", "📝 %(n)s orders submitted", count) % {"n": count}
    return outcome(orders)


def outcome(orders: Sequence[Order]) -> str:
    """Return how many of these orders were bought, and for how much in all."""
    bought = [order for order in orders if order.state in BOUGHT]
    meant = [order for order in orders if not order.goes_on]
    said = _("🏁 Finished: %(bought)s of %(all)s ordered.") % {
        "bought": len(bought),
        "all": len(meant),
    }
    total = sum((order.due_now or Decimal(0) for order in bought), Decimal(0))
    if total:
        sums = words.money(total, bought[0].currency)
        return said + " " + _("Due now: %(total)s") % {"total": sums}
    return said


def _by(order: Order) -> str:
    account = _("Account: %(name)s") % {"name": order.account.name}
    if order.wish is not None and order.source == Order.Source.WISH:
        return account + " · " + _("Wish: %(name)s") % {"name": order.wish}
    if order.requested_by:
        return account + " · " + _("by %(name)s") % {"name": order.requested_by}
    return account


def _line(order: Order) -> SafeString:
    icon = ICONS.get(State(order.state), "✅")
    said = _("none left, the next one is tried") if order.goes_on else State(order.state).label
    if order.ovh_order_id:
        said = _("%(said)s, no. %(number)s") % {"said": said, "number": order.ovh_order_id}
    if order.dry_run and order.state in OPEN:
        said = _("%(said)s, dry run") % {"said": said}
    return format_html("{} {}: {}", icon, words.place(order.datacenter), said)


def board_keys(orders: Sequence[Order], recipient: Recipient) -> Keyboard:
    """Return a cancel button for each order that was not sent yet."""
    if not recipient.shows(Role.OPERATOR):
        return []
    waiting = [order for order in orders if order.state == State.INTENDED][:MOST_LINES]
    if len(orders) == 1:
        return [[Press(_("✖ Cancel"), CancelOrder(order.public_id))] for order in waiting]
    number = {order.pk: place for place, order in enumerate(orders, 1)}
    keys = [
        Press(_("✖ Cancel no. %(n)s") % {"n": number[order.pk]}, CancelOrder(order.public_id))
        for order in waiting
    ]
    return [keys[start : start + 2] for start in range(0, len(keys), 2)]


# --- One order


def card(order: Order, zone: ZoneInfo) -> SafeString:
    """Return the message of an order that was placed, as it must read now."""
    lines = [words.place(order.datacenter), *_facts(order, zone)]
    return format_html(
        "<b>{}</b>\n\n{}\n{}",
        _card_heading(order),
        title(order),
        format_html_join("\n", "{}", ((line,) for line in lines)),
    )


def whole(order: Order, zone: ZoneInfo) -> SafeString:
    """Return an order as it stands, in any state."""
    if order.state == State.REFUSED:
        return refusal(order)
    if order.state not in OPEN:
        return card(order, zone)
    return format_html(
        "<b>{} {}</b>\n\n{}\n{}\n{}",
        ICONS[State(order.state)],
        State(order.state).label,
        title(order),
        words.place(order.datacenter),
        _by(order),
    )


def _card_heading(order: Order) -> str:
    if order.state == State.DRY:
        return _("🧪 Dry run: this would have been ordered")
    if order.state == State.CANCELLED:
        return _("🚫 Cancelled")
    if order.state == State.DELIVERED:
        return _("🎉 Delivered")
    if order.state == State.DOCUMENTS:
        return _("📄 OVH asks for documents before it delivers")
    return _("✅ Ordered")


def _facts(order: Order, zone: ZoneInfo) -> list[str]:
    found = [_by(order)]
    if order.ovh_order_id:
        found.append(_("Order no. %(number)s at OVH") % {"number": order.ovh_order_id})
    if said := cost(order):
        found.append(f"💶 {said}")
    if order.state == State.PLACED:
        found.append(_payment(order, zone))
    elif order.state == State.CANCELLED:
        found.append(reasons.words(order.reason, order.detail))
    elif order.state != State.DRY:
        found.append(_("State: %(state)s") % {"state": State(order.state).label})
    if order.service_name:
        found.append(_("Server: %(name)s") % {"name": order.service_name})
    return found


def _payment(order: Order, zone: ZoneInfo) -> str:
    if order.pay_until is None:
        return _("It is paid with the account’s default payment method.")
    return _("⏰ Pay until %(when)s, or OVH cancels it.") % {
        "when": words.moment(order.pay_until, zone)
    }


def card_keys(order: Order, recipient: Recipient) -> Keyboard:
    """Return the buttons under an order: pay, for those who may, and the details."""
    keys = []
    if is_payable(order) and recipient.shows(Role.ADMIN):
        keys.append(Press(_("💳 Pay now"), PayOrder(order.public_id)))
    keys.append(Press(_("Details"), OrderDetails(order.public_id)))
    return [keys, *pay_link(order)]


def pay_link(order: Order) -> Keyboard:
    """Return the button that leads to where an unpaid order can be paid at OVH.

    That is its page in the portal, for those who may see it: OVH's own address holds the order's
    password, which belongs into no message.
    """
    if not is_unpaid(order) or not _takes_links():
        return []
    page = reverse("ovh_sniper:order", args=[order.tenant.slug, order.public_id])
    return [[Link(_("🔗 Pay at OVH"), f"{settings.PUBLIC_URL}{page}")]]


def _takes_links() -> bool:
    """Tell whether our address may stand on a button: Telegram refuses the whole message of one
    that leads to a machine of its own, as a developer's; a stand-in for Telegram does not."""
    is_telegram = settings.TELEGRAM_API_URL == TELEGRAM
    return str(settings.PUBLIC_URL).startswith("https://" if is_telegram else "http")


def is_payable(order: Order) -> bool:
    """Tell whether an order waits for money that the account's payment method could give."""
    return is_unpaid(order) and bool(order.account.payment_method)


def is_unpaid(order: Order) -> bool:
    """Tell whether OVH waits for money, and ends the order without it."""
    return order.state == State.PLACED and order.pay_until is not None


def refusal(order: Order) -> SafeString:
    """Return the message of an order that bought nothing."""
    return format_html(
        "<b>{}</b>\n\n{}\n{}\n{}\n\n{}",
        _("❌ Not ordered"),
        title(order),
        words.place(order.datacenter),
        _by(order),
        reasons.words(order.reason, order.detail),
    )


def lost(order: Order) -> SafeString:
    """Return the message of an order of which nobody knows whether OVH took it."""
    return format_html(
        "<b>{}</b>\n\n{}\n{}\n\n{}",
        _("❓ OVH’s answer was lost"),
        title(order),
        words.place(order.datacenter),
        _(
            "The order may have been placed. I ask OVH what became of it and tell you; please do "
            "not order it again until then."
        ),
    )


def called_off(order: Order) -> SafeString:
    """Return the message of an order that was cancelled."""
    return _with_reason(order, _("🚫 Order cancelled"))


def not_done(order: Order) -> SafeString:
    """Return the message that an order was not paid, or not withdrawn from, as somebody asked."""
    unpaid, paid = _("❌ Not paid"), _("❌ Not withdrawn from")
    return _with_reason(order, unpaid if order.state == State.PLACED else paid)


def _with_reason(order: Order, said: str) -> SafeString:
    why, place = reasons.words(order.reason, order.detail), words.place(order.datacenter)
    return format_html("<b>{}</b>\n\n{}\n{}\n\n{}", said, title(order), place, why)


def reminder(order: Order, minutes: int) -> SafeString:
    """Return the message that an order still waits for money."""
    left = words.duration(minutes * 60)
    return format_html(
        "<b>{}</b>\n\n{}\n{}\n{}\n💶 {}",
        _("⏰ Not paid yet: OVH cancels this order in %(time)s") % {"time": left},
        title(order),
        words.place(order.datacenter),
        _("Order no. %(number)s at OVH") % {"number": order.ovh_order_id or "?"},
        cost(order) or "–",
    )
