"""The list of a tenant's wishes, and the table that can be taken away."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ovh_sniper.forms.wish_filters import WishFilter
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.telling import wish_words
from ovh_sniper.services.wishes import csv_file, listing
from ovh_sniper.services.wording import hardware, words
from ovh_sniper.views import may
from tenants.access import PortalRequest, member

ON_PAGE = 25


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the tenant's wishes."""
    form = WishFilter(request.GET)
    found = listing.listed().filter(form.condition())
    page = Paginator(found, ON_PAGE).get_page(request.GET.get("page"))
    shown = listing.rows(list(page.object_list))
    names = listing.plan_names([row.wish for row in shown])
    context = {
        "page": page,
        "rows": [_line(row, names) for row in shown],
        "form": form,
        "has_account": bool(shown) or Account.objects.filter(left_at=None).exists(),
        "may_change": may(request, "operator"),
    }
    return render(request, "ovh_sniper/wishes.html", context)


@require_GET
@member()
def live(request: PortalRequest, slug: str) -> HttpResponse:
    """Return what changes by itself of the wishes that a page shows."""
    ids = request.GET.getlist("id")[:ON_PAGE]
    found = list(listing.listed().filter(public_id__in=[one for one in ids if one.isalnum()]))
    context = {"rows": [_line(row, {}) for row in listing.rows(found)], "is_oob": True}
    return render(request, "ovh_sniper/_wishes_live.html", context)


def _line(row: listing.Row, names: dict[str, str]) -> dict[str, Any]:
    wish = row.wish
    return {
        "row": row,
        "wish": wish,
        "plan_name": names.get(wish.plan_code, ""),
        "parts": _parts(wish),
        "places": [words.short_place(code) for code in wish.datacenters],
        "caps": wish_words.caps(wish, row.currency) if _has_caps(wish) else "",
        "reason": wish_words.reason(wish),
        "there": [words.short_place(code) for code in row.places_in_stock],
    }


def _has_caps(wish: Wish) -> bool:
    return wish.cap_due_now is not None or wish.cap_renewal is not None


def _parts(wish: Wish) -> str:
    """Return the hardware that a wish insists on, shortly; nothing where any will do."""
    named = {
        name: [value]
        for name in ("memory", "storage", "gpu")
        if (value := getattr(wish, name)) and wish.track == Wish.Track.DEDICATED
    }
    return hardware.summary(named)


@require_GET
@member()
def export(request: PortalRequest, slug: str) -> HttpResponse:
    """Return the wishes that the list shows as a table that can be imported again."""
    found = listing.listed().filter(WishFilter(request.GET).condition())
    zone = timezone.get_current_timezone()
    response = HttpResponse(
        csv_file.table(found.order_by("pk"), zone), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="wishes.csv"'
    response["Cache-Control"] = "no-store"
    return response
