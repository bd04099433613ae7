"""What a wish says, in words: what is watched, where, for how much, and what happens then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Wish
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.catalogue import choosing
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.wording import words
from tenants import schedules

HAPPENS = {
    Wish.Mode.ALERT: gettext_lazy("Your team gets a message. Nothing is ordered."),
    Wish.Mode.ASK: gettext_lazy(
        "Your team gets a message with a button for each datacenter. A press orders at once, "
        "with a cart that was kept ready."
    ),
    Wish.Mode.ORDER: gettext_lazy(
        "It is ordered at once, without asking anybody. Your team hears of it afterwards."
    ),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One line of what a wish says."""

    label: str
    text: str


def terms(wish: Wish, zone: ZoneInfo, currency: str) -> list[Term]:
    """Return all that a wish says, in the order in which people ask."""
    lines = [
        Term(_("Account"), account(wish)),
        Term(_("Hardware"), hardware(wish)),
        Term(_("Datacenters"), places(wish)),
        Term(_("Delivery"), longest_delivery(wish)),
    ]
    if wish.mode != Wish.Mode.ALERT:
        lines.append(Term(_("How many"), str(wish.quantity)))
    lines += [
        Term(_("Limits for each server"), caps(wish, currency)),
        Term(_("Active"), active(wish.schedule, zone)),
        Term(_("Ends"), _end(wish, zone)),
        Term(_("When it appears"), happens(wish)),
    ]
    return lines if wish.mode == Wish.Mode.ALERT else [*lines, *_buying(wish, currency)]


def _buying(wish: Wish, currency: str) -> list[Term]:
    """Return what only matters where something is bought."""
    lines = [Term(_("Budget"), budget(wish, currency)), Term(_("Payment"), payment(wish))]
    if wish.waive_retractation:
        lines.append(Term(_("Withdrawal"), _("The right to withdraw within 14 days is given up.")))
    if not wish.guards_repeats:
        lines.append(
            Term(_("Repeats"), _("Orders by hand may follow each other within two minutes."))
        )
    return lines


def happens(wish: Wish) -> str:
    """Return what is done the moment stock appears."""
    said = str(HAPPENS[Wish.Mode(wish.mode)])
    if wish.dry_run and wish.mode != Wish.Mode.ALERT:
        return said + " " + _("But it is a dry run: the order is only written down.")
    return said


def account(wish: Wish) -> str:
    """Return whose account it is, and where."""
    at = f"{dict(HOSTS).get(wish.host, wish.host)}, {wish.subsidiary}"
    if wish.account is None:
        return _("none, alerts only (%(where)s)") % {"where": at}
    return f"{wish.account.name} ({at})"


def hardware(wish: Wish) -> str:
    """Return the parts that a wish names, in OVH's own words, and what it adds to them."""
    if wish.track == Wish.Track.VPS:
        return wish.system_storage or _("any system")
    named = [getattr(wish, part) for part in choosing.PARTS if getattr(wish, part)]
    named += wish.extras.values() if isinstance(wish.extras, dict) else []
    return " · ".join(named) or _("any")


def places(wish: Wish) -> str:
    """Return the datacenters in their order."""
    if not wish.datacenters:
        return _("any")
    found = [words.place(code) for code in wish.datacenters]
    return _(", then ").join(found)


def longest_delivery(wish: Wish) -> str:
    """Return how long the delivery may take."""
    if wish.max_delivery_hours is None:
        return _("however long it takes")
    hours = wish.max_delivery_hours
    return ngettext("within %(n)s hour", "within %(n)s hours", hours) % {"n": hours}


def caps(wish: Wish, currency: str) -> str:
    """Return the limits for one server."""
    said = []
    if wish.cap_due_now is not None:
        amount = words.money(wish.cap_due_now, currency)
        said.append(_("at most %(amount)s now") % {"amount": amount})
    if wish.cap_renewal is not None:
        amount = words.money(wish.cap_renewal, currency)
        said.append(_("at most %(amount)s a month") % {"amount": amount})
    return _listed(said) or _("none: any price")


def budget(wish: Wish, currency: str) -> str:
    """Return what all orders of a wish together may cost."""
    said = []
    if wish.budget_day is not None:
        amount = words.money(wish.budget_day, currency)
        said.append(_("%(amount)s a day") % {"amount": amount})
    if wish.budget_month is not None:
        amount = words.money(wish.budget_month, currency)
        said.append(_("%(amount)s a month") % {"amount": amount})
    return _listed(said) or _("none")


def payment(wish: Wish) -> str:
    """Return who pays."""
    if wish.autopay:
        return _("OVH takes the money from the account’s default payment method at once.")
    return _("Orders stay unpaid: somebody must pay within 24 hours, or OVH cancels them.")


def _end(wish: Wish, zone: ZoneInfo) -> str:
    """Return when a wish stops watching."""
    if wish.expires_at is None:
        return pgettext("a wish ends", "never")
    return words.moment(wish.expires_at, zone)


def active(schedule: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return the days and hours in which a wish acts, in the zone's time, which is named."""
    if not schedule or schedules.problem(schedule):
        return _("always")
    days = _days(schedule.get("days") or schedules.EVERY_DAY)
    start, end = schedule.get("from") or "00:00", schedule.get("to") or "00:00"
    hours = _("all day") if start == end else f"{start}–{end}"
    return f"{days}, {hours} ({zone.key})"


def _days(days: Sequence[int]) -> str:
    chosen = sorted(set(days))
    if len(chosen) == len(schedules.EVERY_DAY):
        return _("every day")
    names = [str(WEEKDAYS_ABBR[day]) for day in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{names[0]}–{names[-1]}"
    return _listed(names)


def _listed(parts: Sequence[str]) -> str:
    return _(", ").join(parts)


def reason(wish: Wish) -> str:
    """Return why a wish was stopped: a word of ours in words, or what OVH said."""
    why = wish.state_reason
    is_ours = why in reasons.OURS or why in set(Kind)
    return reasons.words(why) if is_ours else why


def cart_reason(told: str) -> str:
    """Return why a cart is not as wished, from what its row keeps: a word, then facts."""
    why, _space, facts = told.partition(" ")
    return reasons.words(why, facts) if why else ""
