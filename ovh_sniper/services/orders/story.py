"""What happened to an order, from the intent to the delivery, and what its cart held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Order
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.wording import words
from tenants import audit_labels
from tenants.models import AuditEvent

# A withdrawal is possible for 14 days; nothing is asked of an order after that.
LATEST = timedelta(days=16)
MOST = 60
SERVER = "server"
# what OVH calls the lines of a quote that are paid once
INSTALLATION = "INSTALLATION"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `by` is who did it, empty for OVH and the clock."""

    at: datetime
    text: str
    by: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the cart beside what was wished; money without tax.

    `family` is "server" for the plan itself and empty for what nobody wished. `is_held` is None
    where no cart was kept.
    """

    family: str
    code: str
    name: str
    setup: Decimal | None
    period: Decimal | None
    is_wished: bool
    is_held: bool | None


def events(order: Order, now: datetime) -> list[Event]:
    """Return what happened to an order, the earliest first."""
    found = [Event(order.created_at, _wanted(order), order.requested_by)]
    if order.stock_seen_at is not None:
        found.append(Event(order.stock_seen_at, _("Stock seen at OVH")))
    if order.checkout_at is not None and not order.dry_run:
        found.append(Event(order.checkout_at, _("Sent to OVH: one checkout, never repeated")))
    found += [
        Event(
            one.sent_at,
            _("Reminded that it is not paid, %(time)s before its end")
            % {"time": words.duration(one.minutes * 60)},
        )
        for one in order.reminders.all()
    ]
    return sorted([*found, *_audited(order, now)], key=lambda one: one.at)


def _wanted(order: Order) -> str:
    said = {
        Order.Source.WISH: _("Wanted by the wish"),
        Order.Source.BUTTON: _("Wanted by a button in a chat"),
        Order.Source.CHAT: _("Wanted by a command in a chat"),
        Order.Source.PORTAL: _("Wanted in the portal"),
        Order.Source.API: _("Wanted through the API"),
    }
    return said[Order.Source(order.source)]


def _audited(order: Order, now: datetime) -> list[Event]:
    last = min(now, (order.ended_at or now) + LATEST)
    # the window keeps the look-up on the audit's own index, however long the audit is
    rows = AuditEvent.objects.filter(
        at__gte=order.created_at - timedelta(minutes=1),
        at__lte=last,
        object_type=order._meta.label_lower,
        object_id=order.public_id,
    )
    return [
        Event(
            row.at,
            audit_labels.label(row.action),
            row.actor_name if row.actor_kind != AuditEvent.Actor.SYSTEM else "",
            _facts(row),
        )
        for row in rows.order_by("at")[:MOST]
    ]


def _facts(row: AuditEvent) -> str:
    if row.action == "ovh_order.price_differs":
        return f"{row.detail.get('quoted', '?')} → {row.detail.get('booked', '?')}"
    return ""


# --- The cart


def lines(order: Order) -> list[Line]:
    """Return what was wished line by line beside what the cart held, then what it held beyond."""
    catalogue = catalogues.current(Host(order.account.host), order.account.subsidiary)
    wanted = {SERVER: order.plan_code, **dict(sorted(order.addons.items()))}
    held = {line["code"] for line in order.lines if line.get("code")}
    pairs = [*wanted.items(), *(("", code) for code in sorted(held - set(wanted.values())))]
    return [
        Line(
            family,
            code,
            _name(catalogue, code),
            _amount(order, code, is_setup=True),
            _amount(order, code, is_setup=False),
            is_wished=bool(family),
            is_held=code in held if order.lines else None,
        )
        for family, code in pairs
    ]


def _amount(order: Order, code: str, *, is_setup: bool) -> Decimal | None:
    """Return what a line costs once, or each period; None where no quote was kept."""
    found = [
        Decimal(line["amount"])
        for line in order.lines
        if line.get("code") == code
        and line.get("amount")
        and (line.get("kind") == INSTALLATION) == is_setup
    ]
    return sum(found, Decimal(0)) if found else None


def _name(catalogue: Catalogue | None, code: str) -> str:
    if catalogue is None:
        return ""
    plan, addon = catalogue.plans.get(code), catalogue.addons.get(code)
    if plan is not None:
        return plan.name
    return addon.name or addon.product if addon is not None else ""
