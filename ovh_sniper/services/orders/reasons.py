"""Why an order was refused, cancelled or cannot be made, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ovh_sniper.gateways.errors import Kind
from ovh_sniper.services.wording import refusals

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Words of wording/objections.py and of ordering/outcomes.py; OVH's own are refusals.words.
OURS: dict[str, _StrPromise] = {
    "not_as_wished": gettext_lazy("The cart did not hold exactly what was wished."),
    "cart_edited": gettext_lazy("Somebody changed the cart at OVH after it was made."),
    "payment_lost": gettext_lazy(
        "It is not paid: the request to pay did not reach OVH. Try again, or pay at OVH."
    ),
    "price_over_cap": gettext_lazy("The price now is above the limit."),
    "renewal_over_cap": gettext_lazy("The price of a renewal is above the limit."),
    "price_unknown": gettext_lazy("OVH named no price, so no limit could be kept."),
    "currency": gettext_lazy("OVH named the price in another currency."),
    "budget_day": gettext_lazy("The day’s budget would be exceeded."),
    "budget_month": gettext_lazy("The month’s budget would be exceeded."),
    "account": gettext_lazy("There is no OVH account that can order this."),
    "wish": gettext_lazy("The wish was changed, paused or is over."),
    "ghost": gettext_lazy("OVH refused this configuration a moment ago; we wait before we retry."),
    "schedule": gettext_lazy("Outside the hours of the wish."),
    "catalogue": gettext_lazy("OVH’s price list is still being read. Try again in a minute."),
    "plan": gettext_lazy("OVH does not sell this plan to the account."),
    "hardware": gettext_lazy("No configuration of this plan has exactly these parts."),
    "extras": gettext_lazy("The plan cannot have this option."),
    "datacenter": gettext_lazy("The plan is not sold in this datacenter."),
    "stock": gettext_lazy("None of it is in stock right now."),
    "quantity": gettext_lazy("So many cannot be ordered at once."),
    "track": gettext_lazy("A VPS is only watched, not ordered."),
    "repeat": gettext_lazy("The same was ordered within the last two minutes."),
    "expired": gettext_lazy("The time of the wish was over."),
    "suspended": gettext_lazy("The workspace is suspended."),
    "too_late": gettext_lazy("It could not be sent in time, so it was given up."),
    "staff": gettext_lazy("It was taken back before it was sent."),
    "cancelled": gettext_lazy("OVH cancelled it."),
    "gone": gettext_lazy("OVH no longer has this order."),
    "removed": gettext_lazy("The wish was removed."),
    "unpaid": gettext_lazy("Nobody paid in time, so OVH ended it."),
    "paused": gettext_lazy("The wish was paused."),
    "disconnected": gettext_lazy("The OVH account was disconnected."),
    "lost": gettext_lazy("OVH has no such order: the request never arrived."),
}


def words(reason: str, detail: str = "") -> str:
    """Return a reason in the active language, with its facts; OVH's words where we have none."""
    known = OURS.get(reason)
    if known is not None:
        return f"{known} ({detail})" if detail else str(known)
    if not reason:
        return detail or _("No reason is known.")
    if reason in set(Kind):
        return str(refusals.words(reason, detail))
    return detail or str(refusals.words(reason))
