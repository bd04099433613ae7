"""How money, places and times are said, in the active language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ovh_sniper.gateways.hosts import datacenter, delivery_hours
from tenants.durations import duration as duration


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount with its currency ("1,234.50 EUR"), a dash for none."""
    if amount is None:
        return "–"
    return f"{formats.number_format(amount, 2, force_grouping=True)} {currency}".strip()


def prices(due_now: Decimal | None, renewal: Decimal | None, currency: str) -> str:
    """Return what is paid now and later, with tax; that it is unknown where OVH names no price."""
    if due_now is None:
        return _("Price unknown: OVH sells it on quotation or under another plan.")
    if renewal is None:
        return _("Now %(now)s, tax included") % {"now": money(due_now, currency)}
    return _("Now %(now)s, then %(later)s a month, tax included") % {
        "now": money(due_now, currency),
        "later": money(renewal, currency),
    }


def place(code: str) -> str:
    """Return a datacenter with flag, place, country and code: "🇫🇷 Gravelines, FR (gra)"."""
    found = datacenter(code)
    if not found.country:
        return code
    return f"{found.flag} {found.place}, {found.country} ({code})"


def plain_place(code: str) -> str:
    """Return a datacenter where the country says nothing new: "Gravelines (gra)"."""
    found = datacenter(code)
    return f"{found.place} ({code})" if found.country else code


def short_place(code: str) -> str:
    """Return a datacenter as buttons name it: "🇫🇷 gra"."""
    return f"{datacenter(code).flag} {code}".strip()


def delivery(availability: str) -> str:
    """Return how soon and how much: "1 hour, few left"; OVH's word where it is none of these."""
    hours = delivery_hours(availability)
    if hours is None:
        return availability
    said = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if availability.endswith("-low"):
        return _("%(delivery)s, few left") % {"delivery": said}
    if availability.endswith("-high"):
        return _("%(delivery)s, plenty") % {"delivery": said}
    return said


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a date and time in a zone, which is named."""
    local = at.astimezone(zone)
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} ({zone.key})"
