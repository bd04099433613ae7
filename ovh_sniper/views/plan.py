"""One plan: what it costs, what of it is in stock, and when it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ovh_sniper.forms.history import RANGES, HistoryFilter, hardware_of
from ovh_sniper.forms.stock import shop_label, shops_of
from ovh_sniper.gateways.hosts import ZONES, Host
from ovh_sniper.models import Account, Configuration, GhostStock
from ovh_sniper.services.catalogue import catalogues, choosing, offers, plan_configurations
from ovh_sniper.services.catalogue.plan_configurations import Line
from ovh_sniper.services.forecasting import chances, history, timeline_bars
from ovh_sniper.services.forecasting.chances import Chance
from ovh_sniper.services.forecasting.history import PlaceFigures, Span, Timeline
from ovh_sniper.services.orders import listing
from ovh_sniper.services.stock import ghosts
from ovh_sniper.services.wording import words
from ovh_sniper.views import may
from tenants.access import PortalRequest, member

LATEST = 10
# Shades of the heat map, besides none.
SHADES = 5
# a Monday
MONDAY = datetime(2027, 3, 1, tzinfo=UTC)
LONGEST = timedelta(days=RANGES[-1])


@require_GET
@member()
def page(request: PortalRequest, slug: str, host: str, plan_code: str) -> HttpResponse:
    """Show a plan of a host."""
    if host not in set(Host):
        raise Http404
    return render(request, "ovh_sniper/plan.html", Page(request, Host(host), plan_code).context())


@dataclass(frozen=True, slots=True)
class Hour:
    """A row of the heat map: the restocks of one hour on each weekday, with their shades."""

    name: str
    cells: Sequence[tuple[int, int]]


class Page:
    """One look of a person at a plan."""

    def __init__(self, request: PortalRequest, host: Host, plan_code: str) -> None:
        self.request, self.host, self.plan_code = request, host, plan_code
        self.now = timezone.now()
        accounts = Account.objects.defer(*listing.ACCOUNT_SECRETS).order_by("pk")
        self.listed = plan_configurations.listed(host.value, plan_code)
        self.form = HistoryFilter(request.GET, host, shops_of(accounts), self.listed)

    def context(self) -> dict[str, Any]:
        """Return what the template needs.

        Raises:
            Http404: neither the price list nor the stock list has such a plan.
        """
        subsidiary = self.form.subsidiary
        shop = offers.shop(self.host.value, subsidiary) or catalogues.ensure(self.host, subsidiary)
        offer = offers.one(self.plan_code, shop)
        if offer.due_now is None and not self.listed:
            raise Http404
        may_wish = may(self.request, "operator")
        lines, currency = plan_configurations.lines(
            self.host.value, subsidiary, self.listed, self.now
        )
        return {
            "host": self.host.value,
            "offer": offer,
            "price": _price(offer, shop.currency),
            "form": self.form,
            "shop": shop_label((self.host, subsidiary)),
            "tax_rate": _rate(Decimal(shop.tax_rate)),
            "has_prices": shop.fetched_at is not None,
            "lines": [self._line(one, currency, may_wish=may_wish) for one in lines],
            "places_now": _places_now(lines),
            "may_wish": may_wish,
            "wish_query": self._wish_query(None),
            "ghosts": [self._ghost(one) for one in ghosts.of_plan(self.host, self.plan_code)],
            **self._history(),
        }

    # --- Hardware

    def _line(self, line: Line, currency: str, *, may_wish: bool) -> dict[str, Any]:
        one = line.configuration
        return {
            "configuration": one,
            "hardware": hardware_of(one),
            "now": words.money(line.due_now, currency) if line.due_now is not None else "",
            "later": words.money(line.renewal, currency) if line.renewal is not None else "",
            "places": self._places(line),
            "wish_query": self._wish_query(one) if may_wish else "",
        }

    def _places(self, line: Line) -> list[dict[str, Any]]:
        return [
            {
                "place": words.short_place(one.datacenter),
                "full": words.place(one.datacenter),
                "delivery": words.delivery(one.availability),
                "is_sold": one.is_sold,
                "since": words.duration((self.now - one.since).total_seconds())
                if one.since
                else "",
            }
            for one in line.places
        ]

    def _wish_query(self, one: Configuration | None) -> str:
        query = {"host": self.host.value, "plan": self.plan_code, "shop": self.form.shop_value}
        if one is not None:
            query |= {name: part for name in choosing.PARTS if (part := getattr(one, name))}
        return urlencode(query)

    def _ghost(self, one: GhostStock) -> dict[str, Any]:
        known = {each.fqn: each for each in self.listed}
        return {
            "ghost": one,
            "hardware": hardware_of(known[one.fqn]) if one.fqn in known else one.fqn,
            "place": words.place(one.datacenter),
            "ago": words.duration((self.now - one.last_refused_at).total_seconds()),
            "held": words.duration((one.hold_until - self.now).total_seconds())
            if one.hold_until > self.now
            else "",
        }

    # --- History

    def _history(self) -> dict[str, Any]:
        reach = min(LONGEST, timedelta(days=settings.OVH_HISTORY_DAYS))
        whole = history.timeline(
            self.host.value, self.plan_code, self.now - reach, self.now, fqn=self.form.configuration
        )
        since = self.now - timedelta(days=self.form.reach)
        shown = history.cut(whole, since)
        restocks = shown.restocks()
        cells = history.heat_map(restocks, timezone.get_current_timezone())
        return {
            "since": since,
            "rows": [self._row(shown, figures, since) for figures in history.figures(shown)],
            "blanks": timeline_bars.blanks(shown, since),
            "length": timeline_bars.LENGTH,
            "ticks": [timeline_bars.date(since), timeline_bars.date(self.now)],
            "restock_count": len(restocks),
            "restocks": [self._restock(span) for span in restocks[:LATEST]],
            "weekdays": [date_format(MONDAY + timedelta(days=day), "D") for day in range(7)],
            "hours": _hours(cells),
            "chances": [_chance(one) for one in chances.of(whole, ZONES[self.host])],
            "reach": reach.days,
        }

    def _row(self, shown: Timeline, figures: PlaceFigures, since: datetime) -> dict[str, Any]:
        spans = shown.places[figures.datacenter]
        return {
            "place": words.place(figures.datacenter),
            "bars": timeline_bars.bars(shown, spans, since),
            "described": timeline_bars.described(figures, self.now),
            "standing": timeline_bars.standing(figures, self.now),
            "restocks": figures.restocks,
            "median_in": timeline_bars.length(figures.median_in),
            "median_out": timeline_bars.length(figures.median_out),
            "share": timeline_bars.percent(figures.share),
            "is_in_stock": figures.is_in_stock,
        }

    def _restock(self, span: Span) -> dict[str, Any]:
        lasted = words.duration(span.lasted(self.now).total_seconds())
        return {
            "at": span.opened_at,
            "place": words.place(span.datacenter),
            "delivery": words.delivery(f"{span.hours}H"),
            "configurations": span.configurations,
            "lasted": _("%(time)s so far") % {"time": lasted} if span.closed_at is None else lasted,
            "is_there": span.closed_at is None,
        }


def _places_now(lines: Iterable[Line]) -> list[str]:
    """Return in which datacenters it can be ordered."""
    return sorted({place.datacenter for line in lines for place in line.places if place.is_sold})


def _price(offer: offers.Offer, currency: str) -> dict[str, str]:
    if offer.due_now is None:
        return {}
    return {
        "now": words.money(offer.due_now, currency),
        "setup": words.money(offer.setup, currency) if offer.setup else "",
        "later": words.money(offer.renewal, currency),
    }


def _rate(percent: Decimal) -> str:
    """Return a tax rate in percent without needless zeros, empty for none."""
    if not percent:
        return ""
    exact = percent.normalize()
    places = max(-int(exact.as_tuple().exponent), 0)
    return number_format(exact, places)


def _hours(cells: Sequence[Sequence[int]]) -> list[Hour]:
    most = max(map(max, cells)) or 1
    return [
        Hour(f"{hour:02}", [(count, ceil(SHADES * count / most)) for count in row])
        for hour, row in enumerate(cells)
    ]


def _chance(one: Chance) -> dict[str, Any]:
    return {
        "place": words.place(one.datacenter),
        "chance": one,
        "hour": "" if one.within_hour is None else timeline_bars.percent(one.within_hour),
        "day": "" if one.within_day is None else timeline_bars.percent(one.within_day),
        # what a <meter> takes, whatever the language
        "share": "" if one.within_day is None else f"{one.within_day:.3f}",
    }
