"""What changed in OVH's price lists: new plans, those that went, prices, promotions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ovh_sniper.forms.changes import ChangeFilter
from ovh_sniper.forms.stock import NOBODYS, Shop, shop_label
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import CatalogueChange, StoredCatalogue
from ovh_sniper.services.catalogue import price_words
from ovh_sniper.services.telling import plan_stock
from ovh_sniper.services.wording import words
from tenants.access import PortalRequest, member

ON_PAGE = 25
Kind = CatalogueChange.Kind
TONES = {Kind.NEW: "good", Kind.GONE: "bad", Kind.PRICE: "warn", Kind.PROMOTION: "info"}


@require_GET
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the changes of the shops that the tenant uses, the latest first."""
    lists = list(StoredCatalogue.objects.defer("body").order_by("host", "subsidiary"))
    read = [(Host(one.host), one.subsidiary) for one in lists if one.fetched_at]
    form = ChangeFilter(request.GET, _mine(), read)
    rows = CatalogueChange.objects.filter(form.condition()).select_related("catalogue")
    found = rows.defer("catalogue__body").order_by("-pk")
    shown = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    several = len(form.shops) > 1
    context = {
        "form": form,
        "page": shown,
        "rows": [_row(one) for one in shown.object_list],
        "names_shops": several,
        "lists": [_list(one) for one in lists if (Host(one.host), one.subsidiary) in form.shops],
    }
    return render(request, "ovh_sniper/changes.html", context)


def _mine() -> Sequence[Shop]:
    """Return the shops that the tenant buys or watches in."""
    mine = [(Host(host), code) for host, code in plan_stock.shops() if code]
    return mine or [NOBODYS]


def _row(one: CatalogueChange) -> dict[str, Any]:
    name, _bar, cpu = one.name.partition(" | ")
    kind = Kind(one.kind)
    return {
        "change": one,
        "name": name,
        "cpu": cpu,
        "tone": TONES[kind],
        "shop": f"{one.catalogue.host}/{one.catalogue.subsidiary}",
        "shop_name": shop_label((Host(one.catalogue.host), one.catalogue.subsidiary)),
        "said": price_words.sentence(one, timezone.get_current_timezone()),
        "has_page": kind != Kind.GONE,
    }


def _list(one: StoredCatalogue) -> dict[str, Any]:
    """Return how fresh a price list is."""
    now = timezone.now()
    return {
        "shop": shop_label((Host(one.host), one.subsidiary)),
        "ago": words.duration((now - one.fetched_at).total_seconds()) if one.fetched_at else "",
        "is_failing": bool(one.failures),
    }
