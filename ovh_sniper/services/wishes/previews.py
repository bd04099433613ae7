"""What a wish would do and cost if stock appeared now, with what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Wish
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.catalogue.offers import Offer
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.wishes import estimates
from ovh_sniper.services.wishes.estimates import Estimate, Range
from ovh_sniper.services.wording.words import money


@dataclass(slots=True)
class Preview:
    """Sentences for people. `today` is one server's price, `total` what all would cost."""

    happens: str
    today: str = ""
    total: str = ""
    warnings: list[str] = field(default_factory=list)


def preview(wish: Wish, now: datetime) -> Preview:
    """Return what a wish, saved or not, would do and cost now."""
    shown = Preview(wish_words.happens(wish))
    found = estimates.estimate(wish, now)
    if found is None:
        if wish.plan_code and catalogues.current(Host(wish.host), wish.subsidiary):
            shown.warnings.append(
                _("OVH’s price list has no such configuration, so no price is known.")
            )
    else:
        shown.today = _today(found)
    if wish.mode != Wish.Mode.ALERT:
        stops = _too_low(wish, found) if found else []
        # what nothing passes costs nothing
        shown.total = _total(wish, found) if found and not stops else ""
        shown.warnings += [*stops, *_against(wish)]
    return shown


def preview_many(wish: Wish, plans: Sequence[Offer], currency: str) -> Preview:
    """Return what the same wish for several plans would do and cost, standard parts counted."""
    shown = Preview(wish_words.happens(wish))
    count = len(plans)
    shown.today = ngettext("%(n)s wish is made.", "%(n)s wishes are made.", count) % {"n": count}
    priced = [one for one in plans if one.due_now is not None and one.renewal is not None]
    if wish.mode == Wish.Mode.ALERT or len(priced) < count:
        return shown
    servers = count * wish.quantity
    due = sum((one.due_now or Decimal(0) for one in priced), Decimal(0)) * wish.quantity
    later = sum((one.renewal or Decimal(0) for one in priced), Decimal(0)) * wish.quantity
    shown.total = _bill(money(due, currency), money(later, currency), servers)
    shown.warnings = _against(wish)
    return shown


def _today(found: Estimate) -> str:
    amount = _between(found.now, found.currency)
    if found.renewal is None:
        return _("Today one server costs %(now)s, tax included.") % {"now": amount}
    later = _between(found.renewal, found.currency)
    return _("Today one server costs %(now)s at once, then %(later)s a month, tax included.") % {
        "now": amount,
        "later": later,
    }


def _total(wish: Wish, found: Estimate) -> str:
    due = _times(_capped(found.now, wish.cap_due_now), wish.quantity)
    if found.renewal is None:
        later = "–"
    else:
        renewal = _times(_capped(found.renewal, wish.cap_renewal), wish.quantity)
        later = _between(renewal, found.currency)
    return _bill(_between(due, found.currency), later, wish.quantity)


def _bill(due: str, later: str, servers: int) -> str:
    # at most as many orders as servers: each server is one cart and one order
    return ngettext(
        "You would pay %(now)s now and %(later)s each month for %(n)s server: at most %(n)s order.",
        "You would pay %(now)s now and %(later)s each month for %(n)s servers: "
        "at most %(n)s orders.",
        servers,
    ) % {"now": due, "later": later, "n": servers}


def _capped(found: Range, cap: Decimal | None) -> Range:
    """Return what is left of a range below a limit; the range itself where nothing is."""
    if cap is None or cap < found.low:
        return found
    return Range(found.low, min(found.high, cap))


def _times(found: Range, count: int) -> Range:
    return Range(found.low * count, found.high * count)


def _between(found: Range, currency: str) -> str:
    if found.is_one:
        return money(found.low, currency)
    low, high = money(found.low, ""), money(found.high, currency)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


# --- What speaks against it


def _against(wish: Wish) -> list[str]:
    said = _of_the_account(wish)
    if wish.mode == Wish.Mode.ORDER and wish.cap_due_now is None:
        said.append(_("There is no limit for the price now: it orders whatever it costs."))
    return said


def _of_the_account(wish: Wish) -> list[str]:
    account = wish.account
    if account is None:
        return []
    said = []
    if not account.can_order:
        said.append(_("This account cannot order at the moment: see its page."))
    if wish.autopay and not account.payment_method:
        said.append(
            _("This account has no default payment method at OVH: its orders will stay unpaid.")
        )
    return said


def _too_low(wish: Wish, found: Estimate) -> list[str]:
    """Return the limits that let nothing pass at today's prices."""
    limits = [
        (wish.cap_due_now, found.now, _("Your limit for the price now")),
        (wish.cap_renewal, found.renewal, _("Your limit for a renewal")),
        (wish.budget_day, found.now, _("Your budget for a day")),
        (wish.budget_month, found.now, _("Your budget for a month")),
    ]
    return [
        _("%(limit)s (%(amount)s) is below today’s %(price)s: nothing is ordered until it falls.")
        % {
            "limit": name,
            "amount": money(limit, found.currency),
            "price": money(price.low, found.currency),
        }
        for limit, price, name in limits
        if limit is not None and price is not None and limit < price.low
    ]
