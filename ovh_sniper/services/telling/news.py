"""Tells staff what became of orders and wishes: in chats, and through the tenant's channels.

Every function here only writes rows, and belongs into the transaction of what it speaks of, inside
the tenant's open scope. All may be called again: a state of an order is said aloud once
(`Order.told`), and messages that stand are edited.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext as _

from bots.messages import Keyboard
from bots.services import posts
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.telling import order_cards, preferences, recipients, wish_words
from ovh_sniper.services.telling.recipients import Recipient, Role
from tenants.models import Tenant

State = Order.State
SUBMITTED = "submitted"
# what was told of an order of which nothing is decided yet
UNDECIDED = ("", SUBMITTED, "unknown")


def submitted(*orders: Order) -> None:
    """Say that orders are queued, with a button to cancel each: one message for all of a request.

    Call it once, with all orders of one wish and event, press, command, page or API call, right
    after their rows were written. The message lives on: the functions below keep it true.
    """
    # of one that is further already, as a request that is repeated finds it, more was said
    fresh = [
        order
        for order in orders
        if Order.objects.filter(pk=order.pk, told="").update(told=SUBMITTED)
    ]
    for order in fresh:
        if order.batch:
            # it takes the place of one that was refused, in the message of that one's request
            _show(order)
    fresh = [order for order in fresh if not order.batch]
    if not fresh:
        return
    batch = fresh[0].public_id
    Order.objects.filter(pk__in=[order.pk for order in fresh]).update(batch=batch)
    found = _batch(batch)
    posts.post(_told(fresh[0]), _board(found), slot=_board_slot(batch))


def succeeded(order: Order) -> None:
    """Say that OVH took the order (state placed or later, or dry): number, price, how to pay."""
    was_open = _is_open(order)
    if not _is_news(order, "dry" if order.state == State.DRY else "placed"):
        progressed(order)
        return
    posts.post(_told(order), _card(order), slot=_card_slot(order))
    _decided(order, was_open=was_open)
    if order.state != State.DRY:
        _notice("server.ordered", order, lambda: order_cards.card(order, _zone(order)))


def failed(order: Order) -> None:
    """Say that nothing was bought (state refused), and why: `order.reason` and `order.detail`.

    Where the next of its datacenters is tried only the message of its request shows it.
    """
    was_open = _is_open(order)
    if not _is_news(order, "refused"):
        return
    if order.goes_on:
        _show(order)
        return
    posts.post(_told(order), lambda _one: (order_cards.refusal(order), None))
    _decided(order, was_open=was_open)
    _notice("server.refused", order, lambda: order_cards.refusal(order))


def unclear(order: Order) -> None:
    """Say that OVH's answer was lost (state unknown) and is looked up, so nobody orders again."""
    if not _is_news(order, "unknown"):
        return
    posts.post(_told(order), lambda _one: (order_cards.lost(order), None))
    _show(order)
    _notice("server.unclear", order, lambda: order_cards.lost(order))


def cancelled(order: Order) -> None:
    """Say that an order was cancelled, by staff or by OVH since nobody paid."""
    was_open = _is_open(order)
    if not _is_news(order, "cancelled"):
        return
    posts.post(_told(order), lambda _one: (order_cards.called_off(order), None))
    posts.edit(_told(order), _card(order), slot=_card_slot(order))
    _decided(order, was_open=was_open)
    _notice("server.cancelled", order, lambda: order_cards.called_off(order))


def progressed(order: Order) -> None:
    """Show an order's new state in its message; say aloud only that OVH asks for documents."""
    _show(order)
    posts.edit(_told(order), _card(order), slot=_card_slot(order))
    if order.state == State.DOCUMENTS and _is_news(order, "documents"):
        posts.post(_told(order), _card(order))
        _notice("server.documents", order, lambda: order_cards.card(order, _zone(order)))


def delivered(order: Order) -> None:
    """Say that the server is there, with `order.service_name`."""
    is_news = _is_news(order, "delivered")
    progressed(order)
    if is_news:
        posts.post(_told(order), _card(order))
        _notice("server.delivered", order, lambda: order_cards.card(order, _zone(order)))


def payment_due(order: Order, minutes: int) -> None:
    """Remind of an unpaid order, `minutes` before OVH cancels it; call it once a reminder row."""

    def render(one: Recipient) -> tuple[str, Keyboard]:
        return order_cards.reminder(order, minutes), order_cards.card_keys(order, one)

    posts.post(_told(order), render)
    _notice("server.payment_due", order, lambda: order_cards.reminder(order, minutes))


def not_done(order: Order) -> None:
    """Say that OVH did not do what staff asked for (pay, withdraw), and why: `order.reason`."""

    def render(one: Recipient) -> tuple[str, Keyboard]:
        return order_cards.not_done(order), order_cards.card_keys(order, one)

    progressed(order)
    posts.post(_told(order), render)


def wish_ended(wish: Wish) -> None:
    """Say that a wish is done, expired or stopped, with `wish.state_reason`."""
    orders = list(
        Order.objects.filter(wish=wish, place__isnull=False, state__in=order_cards.BOUGHT)
        .select_related("account", "wish")
        .order_by("pk")
    )

    def render() -> str:
        said = {
            Wish.State.DONE: _("🏁 Wish fulfilled: %(name)s"),
            Wish.State.EXPIRED: _("⌛ Wish ended, its time is over: %(name)s"),
            Wish.State.STOPPED: _("⛔ Wish stopped: %(name)s"),
        }.get(Wish.State(wish.state), "%(name)s")
        lines: list[str] = [format_html("<b>{}</b>", said % {"name": wish})]
        if wish.account_id is not None and wish.mode != Wish.Mode.ALERT:
            lines.append(
                _("%(bought)s of %(all)s ordered.") % {"bought": len(orders), "all": wish.quantity}
            )
        if wish.state_reason:
            lines.append(wish_words.reason(wish))
        return format_html("\n".join(["{}"] * len(lines)), *lines)

    settings = preferences.of(wish.tenant_id)
    chats = recipients.told(settings, Role.OPERATOR, bot_id=wish.bot_id)
    posts.post(chats, lambda _one: (render(), None))
    posts.notice(
        "wish.ended",
        lambda: (str(wish), strip_tags(render())),
        wish=wish.public_id,
        state=wish.state,
    )


# --- What stands behind


def _told(order: Order) -> list[Recipient]:
    settings = preferences.of(order.tenant_id)
    if (person := order.person) is not None:
        return recipients.told(settings, Role.OPERATOR, bot_id=person.bot_id, person=person)
    bot_id = order.wish.bot_id if order.wish is not None else None
    return recipients.told(settings, Role.OPERATOR, bot_id=bot_id)


def _is_news(order: Order, what: str) -> bool:
    """Note what is told of an order; tell whether it was not said before."""
    first = Order.objects.filter(pk=order.pk).exclude(told=what).update(told=what) == 1
    order.told = what
    return first


def _is_open(order: Order) -> bool:
    """Tell whether nothing that decides was said of the order until now."""
    return Order.objects.filter(pk=order.pk, told__in=UNDECIDED).exists()


def _zone(order: Order) -> ZoneInfo:
    return ZoneInfo(Tenant.objects.get(pk=order.tenant_id).time_zone)


def _card(order: Order) -> posts.Render:
    zone = _zone(order)
    return lambda one: (order_cards.card(order, zone), order_cards.card_keys(order, one))


def _card_slot(order: Order) -> str:
    return f"ovh:order:{order.public_id}"


def _board(orders: list[Order]) -> posts.Render:
    return lambda one: (order_cards.board(orders), order_cards.board_keys(orders, one))


def _board_slot(batch: str) -> str:
    return f"ovh:batch:{batch}"


def _batch(batch: str) -> list[Order]:
    orders = Order.objects.filter(batch=batch).select_related("account", "wish")
    return list(orders.order_by("pk"))


def _show(order: Order) -> list[Order]:
    """Make the message of an order's request true, and return the request's orders."""
    batch = Order.objects.values_list("batch", flat=True).get(pk=order.pk)
    if not batch:
        return [order]
    # of two workers with orders of one request the second one sees what the first one wrote
    list(Order.objects.select_for_update(no_key=True).filter(public_id=batch).values_list("pk"))
    orders = _batch(batch)
    posts.edit(_told(order), _board(orders), slot=_board_slot(batch))
    return orders


def _decided(order: Order, *, was_open: bool) -> None:
    """Show what became of an order; after the last of several by hand, sum them up."""
    orders = [one for one in _show(order) if not one.goes_on]
    if not was_open or len(orders) == 1 or order.source == Order.Source.WISH:
        return
    if all(one.state not in order_cards.OPEN for one in orders):
        posts.post(_told(order), lambda _one: (order_cards.outcome(orders), None))


def _notice(event: str, order: Order, render: Callable[[], str]) -> None:
    def said() -> tuple[str, str]:
        text = strip_tags(render())
        return f"{text.partition(chr(10))[0]}: {order}", text

    posts.notice(
        event,
        said,
        order=order.public_id,
        ovh_order_id=order.ovh_order_id,
        plan_code=order.plan_code,
        datacenter=order.datacenter,
        state=order.state,
    )
