"""The stock of a shop: a grid of plans and datacenters that keeps itself up to date."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from ovh_sniper.forms.stock import StockFilter, shop_label, shops_of
from ovh_sniper.gateways.hosts import datacenter
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.catalogue import catalogues, offers, stock_grid
from ovh_sniper.services.orders import listing
from ovh_sniper.services.polling import demand
from ovh_sniper.services.stock import looks
from ovh_sniper.services.stock import summary as stock_summary
from ovh_sniper.services.wording import hardware, words
from ovh_sniper.views import may
from tenants.access import PortalRequest, member

ON_PAGE = 25
# Delivery within these hours is soon, and within those it is bearable.
SOON, BEARABLE = 24, 240


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell in words; `tone` is soon, slow, late, coming, none or empty where it is not sold."""

    label: str
    tone: str
    text: str = ""
    amount: str = ""
    hint: str = ""
    is_ghost: bool = False


@require_GET
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the grid with its filters."""
    return render(request, "ovh_sniper/stock.html", Grid(request).context())


@require_GET
@member()
def live(request: PortalRequest, slug: str) -> HttpResponse:
    """Return the grid again; only the age of the look where nothing in it has changed.

    A person who changed a filter gets the page's address along, so that it can be kept.
    """
    # what the grid looked like is no part of what is asked for, so no link must carry it on
    asked = request.GET.copy()
    was = asked.pop("was", [""])[-1]
    request.GET = asked  # type: ignore[assignment]
    grid = Grid(request)
    context = grid.context()
    if was == context["digest"]:
        response = render(request, "ovh_sniper/_stock_age.html", context)
        response["HX-Retarget"] = "#stock-age"
        return response
    response = render(request, "ovh_sniper/_stock_live.html", context)
    if not was:
        response["HX-Replace-Url"] = grid.address
    return response


class Grid:
    """One look of a person at a shop's stock."""

    def __init__(self, request: PortalRequest) -> None:
        self.request = request
        self.now = timezone.now()
        linked = Account.objects.filter(left_at=None).defer(*listing.ACCOUNT_SECRETS)
        self.accounts = list(linked.order_by("pk"))
        self.form = StockFilter(request.GET, shops_of(self.accounts))
        self.host, self.subsidiary = self.form.chosen

    @property
    def address(self) -> str:
        """The page's own address with its filters."""
        path = reverse("ovh_sniper:stock", args=[self.request.tenant.slug])
        return f"{path}?{self._query()}" if self._query() else path

    def context(self) -> dict[str, Any]:
        """Return what the templates need."""
        poller = demand.want(self.host, self.now)
        summary = stock_summary.of(poller)
        shop = offers.shop(self.host.value, self.subsidiary)
        if shop is None:
            shop = catalogues.ensure(self.host, self.subsidiary)
        every = offers.all_of(self.host.value, shop, listed=summary.plans)
        self.form.offer(every)
        wanted = self.form.wanted()
        rows = stock_grid.rows(summary, every, wanted)
        page = Paginator(rows, ON_PAGE).get_page(self.request.GET.get("page"))
        shown = {
            **self._table(page, shop.currency, wanted.place),
            "page": page,
            "in_stock": sum(bool(row.cells) for row in rows),
            "has_prices": shop.fetched_at is not None,
            "form": self.form,
            "shop": shop_label((self.host, self.subsidiary)),
        }
        grid = render_to_string("ovh_sniper/_stock_grid.html", shown, request=self.request)
        digest = sha256(grid.encode()).hexdigest()[:16]
        zone = ZoneInfo(self.request.tenant.time_zone)
        return {
            **shown,
            "grid": grid,
            "digest": digest,
            "look": looks.of(poller, zone, self.now),
            "live_query": f"{self._query()}&was={digest}",
        }

    def _query(self) -> str:
        return urlencode([pair for pair in self.request.GET.items() if pair[1]])

    # --- The rows of one page

    def _table(self, page: Page[stock_grid.Row], currency: str, place: str) -> dict[str, Any]:
        rows = list(page.object_list)
        codes = [row.offer.plan_code for row in rows]
        columns = _columns(rows, place)
        parts = stock_grid.parts(self.host.value, codes)
        ghosts = stock_grid.ghosts(self.host.value, codes, self.now)
        drawn = _Drawn()
        account = self._orders_with()
        wished = self._wished(codes)
        return {
            "columns": [(code, datacenter(code)) for code in columns],
            "rows": [
                {
                    "offer": row.offer,
                    "parts": hardware.summary(parts.get(row.offer.plan_code, {})),
                    "price": _price(row.offer, currency),
                    "cells": [drawn[_cell(row, code, ghosts)] for code in columns],
                    "order_query": self._order_query(row, account),
                    "wish_query": urlencode(
                        {"plan": row.offer.plan_code, "shop": self.form.data["shop"]}
                    ),
                    "is_wished": row.offer.plan_code in wished,
                }
                for row in rows
            ],
            "may_wish": may(self.request, "operator"),
        }

    def _orders_with(self) -> Account | None:
        """Return the account that buys in this shop, for members who may order."""
        if not may(self.request, "operator"):
            return None
        mine = (
            one
            for one in self.accounts
            if (one.host, one.subsidiary) == (self.host.value, self.subsidiary) and one.can_order
        )
        return next(mine, None)

    def _order_query(self, row: stock_grid.Row, account: Account | None) -> str:
        if account is None or not row.cells or row.offer.due_now is None:
            return ""
        query = {"plan": row.offer.plan_code, "account": account.public_id}
        if (place := self.form.data.get("place", "")) in row.cells:
            query["datacenters"] = place
        return urlencode(query)

    def _wished(self, codes: list[str]) -> set[str]:
        armed = Wish.objects.filter(
            state=Wish.State.ARMED, host=self.host.value, plan_code__in=codes
        )
        return set(armed.values_list("plan_code", flat=True))


class _Drawn(dict[Shown, SafeString]):
    """Cells as they are drawn: hundreds on a page, few of them different."""

    def __missing__(self, cell: Shown) -> SafeString:
        self[cell] = render_to_string("ovh_sniper/_stock_cell.html", {"cell": cell})
        return self[cell]


def _columns(rows: list[stock_grid.Row], place: str) -> list[str]:
    """Return the datacenters of some rows, country by country, in a stable order."""
    found = {code for row in rows for code in (*row.offer.datacenters, *row.cells, *row.announced)}
    if place:
        found = {code for code in found if place in (code, datacenter(code).country)}
    return sorted(found, key=lambda code: (not datacenter(code).country, *_where(code)))


def _where(code: str) -> tuple[str, str]:
    return datacenter(code).country, code


def _price(offer: offers.Offer, currency: str) -> dict[str, str]:
    if offer.due_now is None:
        return {}
    found = {
        "now": words.money(offer.due_now, currency),
        "later": words.money(offer.renewal, currency),
    }
    if offer.setup:
        found["setup"] = words.money(offer.setup, currency)
    return found


def _cell(row: stock_grid.Row, code: str, ghosts: set[tuple[str, str]]) -> Shown:
    found, label = row.cells.get(code), words.plain_place(code)
    if found is None:
        if code in row.announced:
            hint = _("announced by OVH, not in stock yet")
            return Shown(label, "coming", _("coming"), hint=hint)
        return Shown(label, "none" if code in row.offer.datacenters else "empty")
    said = words.delivery(found.availability)
    count = ngettext("%(n)s configuration", "%(n)s configurations", found.configurations)
    hint = f"{said}; {count % {'n': found.configurations}}"
    is_ghost = (row.offer.plan_code, code) in ghosts
    if is_ghost:
        hint = hint + "; " + _("shown before and refused at checkout within a day")
    return Shown(label, _tone(found.hours), _short(found), _amount(found), hint, is_ghost)


def _tone(hours: int) -> str:
    if hours <= SOON:
        return "soon"
    return "slow" if hours <= BEARABLE else "late"


def _short(cell: stock_grid.Cell) -> str:
    """Return a delivery as cells have room for it."""
    if cell.hours <= 3 * 24:
        return _("%(n)s h") % {"n": cell.hours}
    return _("%(n)s d") % {"n": cell.hours // 24}


def _amount(cell: stock_grid.Cell) -> str:
    if cell.availability.endswith("-low"):
        return _("few")
    return _("plenty") if cell.availability.endswith("-high") else ""
