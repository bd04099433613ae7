"""Tells tenants who want it of new plans, prices and promotions: each change once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Min, Q
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.services import posts
from ovh_sniper.models import Account, CatalogueChange, Preferences, Wish
from ovh_sniper.services.catalogue import price_words
from ovh_sniper.services.telling import preferences, recipients
from ovh_sniper.services.telling.recipients import Role
from tenants.models import Tenant
from tenants.scoping import scope, unscoped

EVENT = "ovh.catalogue"
Kind = CatalogueChange.Kind
# Two price lists that are written at the same time take ids in any order: what was noticed within
# this time may still have a smaller one to come.
SETTLED = timedelta(minutes=2)
# Lines of one message; each has a name and a sentence, and Telegram takes 4,096 characters.
MOST_LINES = 15
LONGEST_NAME = 60
NAMED = 5


def latest(now: datetime) -> int:
    """Return the id up to which changes can be told, 0 for none."""
    fresh = CatalogueChange.objects.filter(noticed_at__gt=now - SETTLED)
    first = fresh.aggregate(first=Min("pk"))["first"]
    if first is not None:
        return int(first) - 1
    return int(CatalogueChange.objects.aggregate(last=Max("pk"))["last"] or 0)


def due(now: datetime, limit: int) -> list[int]:
    """Return the ids of active tenants that have something to be told."""
    last = latest(now)
    with unscoped("news of price lists are told to all tenants that want them"):
        waiting = Preferences.objects.filter(
            Q(tells_catalogue=True) & (Q(catalogue_told=None) | Q(catalogue_told__lt=last))
            | Q(tells_catalogue=False, catalogue_told__isnull=False),
            tenant__state=Tenant.State.ACTIVE,
        )
        return list(waiting.order_by("tenant_id").values_list("tenant_id", flat=True)[:limit])


def tell(tenant_id: int, now: datetime) -> int:
    """Tell a tenant what is new in the price lists that it uses; return how many changes.

    Once, whoever calls how often: the note how far it was told moves in the same transaction.
    Opens the tenant's scope itself. Who has just switched it on hears of later changes only, and so
    does who switches it on again.
    """
    last = latest(now)
    with scope(tenant_id):
        mine = Preferences.objects.all()
        if mine.filter(tells_catalogue=False).update(catalogue_told=None):
            return 0
        if mine.filter(catalogue_told=None).update(catalogue_told=last):
            return 0
        settings = mine.filter(catalogue_told__lt=last).select_for_update(no_key=True).first()
        if settings is None or not _move(settings, last):
            return 0
        found = _news(settings.catalogue_told or 0, last)
        if found:
            _say(settings, found, now)
        return len(found)


def _move(settings: Preferences, last: int) -> bool:
    told = Preferences.objects.filter(pk=settings.pk, catalogue_told=settings.catalogue_told)
    return told.update(catalogue_told=last) == 1


def _news(after: int, last: int) -> list[CatalogueChange]:
    pairs = {
        pair
        for rows in (
            Account.objects.filter(left_at=None).exclude(subsidiary=""),
            Wish.objects.all(),
        )
        for pair in rows.order_by().values_list("host", "subsidiary").distinct()
    }
    rows = CatalogueChange.objects.filter(pk__gt=after, pk__lte=last)
    known = rows.select_related("catalogue").defer("catalogue__body")
    found = [one for one in known if (one.catalogue.host, one.catalogue.subsidiary) in pairs]
    order = list(price_words.ICONS)
    return sorted(
        found, key=lambda one: (one.catalogue_id, order.index(Kind(one.kind)), one.plan_code)
    )


# --- Said


def _say(settings: Preferences, found: Sequence[CatalogueChange], now: datetime) -> None:
    zone = ZoneInfo(Tenant.objects.get(pk=settings.tenant_id).time_zone)
    is_muted = settings.muted_until is not None and settings.muted_until > now
    if not is_muted:
        chats = recipients.told(preferences.of(settings.tenant_id), Role.VIEWER)
        posts.post(chats, lambda _one: (text(found, zone), None))
    posts.notice(
        EVENT,
        lambda: (_title(found), strip_tags(text(found, zone))),
        changes=[_data(one) for one in found[:100]],
        count=len(found),
    )


def _title(found: Sequence[CatalogueChange]) -> str:
    # the plans are named: channels take two notices of one title within minutes for the same
    codes = list(dict.fromkeys(one.plan_code for one in found))
    named = ", ".join([*codes[:NAMED], *(["…"] if codes[NAMED:] else [])])
    return f"{heading(found)}: {named}"


def _data(change: CatalogueChange) -> dict[str, object]:
    return {
        "host": change.catalogue.host,
        "subsidiary": change.catalogue.subsidiary,
        "plan_code": change.plan_code,
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
    }


def heading(found: Sequence[CatalogueChange]) -> str:
    """Return the first line of a message of changes."""
    count = len(found)
    return ngettext("OVH’s price list: %(n)s change", "OVH’s price list: %(n)s changes", count) % {
        "n": count
    }


def text(found: Sequence[CatalogueChange], zone: ZoneInfo) -> SafeString:
    """Return a message of changes, which come sorted by price list and kind."""
    shown = found[:MOST_LINES]
    lists = {one.catalogue_id for one in found}
    lines: list[SafeString | str] = [format_html("<b>📋 {}</b>", heading(found))]
    last: tuple[int, str] | None = None
    for change in shown:
        part = (change.catalogue_id, change.kind)
        if part != last:
            lines.append(_part(change, names_list=len(lists) > 1))
            last = part
        lines.append(_line(change, zone))
    if more := len(found) - len(shown):
        lines.append(ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more})
    lines.append(_("Prices with tax."))
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _part(change: CatalogueChange, *, names_list: bool) -> SafeString:
    kind = Kind(change.kind)
    where = f" ({change.catalogue.subsidiary})" if names_list else ""
    return format_html("\n{} <b>{}{}</b>", price_words.ICONS[kind], capfirst(kind.label), where)


def _line(change: CatalogueChange, zone: ZoneInfo) -> SafeString:
    name = change.name[:LONGEST_NAME]
    said = price_words.sentence(change, zone)
    return format_html("• {} <code>{}</code>: {}", name, change.plan_code, said)
