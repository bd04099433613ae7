"""What operators see of OVH's price lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - pages of the admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import CatalogueChange, StoredCatalogue, StoredPlan
from tenants import admin_display as show
from tenants.admin_filters import within

OF_CATALOGUE = ("catalogue", AutocompleteSelectFilter)


class PricesAdmin(LookOnlyAdmin):
    """Rows beside which a packed price list is not fetched: it takes some megabytes."""

    packed = "catalogue__body"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows."""
        return super().get_queryset(request).defer(self.packed)


@admin.register(StoredCatalogue)
class StoredCatalogueAdmin(PricesAdmin):
    """The price list of each subsidiary; the packed list itself is of use to programs only."""

    packed = "body"
    list_display = (
        *("__str__", "host", "subsidiary", "currency", "tax_rate", "fetched_at", "changed_at"),
        *("failures", "short_error"),
    )
    list_filter = (columns.BY_HOST,)
    search_fields = ("subsidiary",)
    ordering = ("host", "subsidiary")
    fields = (
        *("host", "subsidiary", "currency", "tax_rate", "catalogue_id", "digest", "fetched_at"),
        *("changed_at", "retry_at", "failures", "whole_error", "lists"),
    )
    short_error = show.text_column("last_error", _("last error"))
    whole_error = show.text_column("last_error", _("last error"), length=300)
    lists = columns.links(
        ("storedplan", _("Plans"), "catalogue__id__exact"),
        ("cataloguechange", _("Changes"), "catalogue__id__exact"),
    )


@admin.register(StoredPlan)
class StoredPlanAdmin(PricesAdmin):
    """The plans of the price lists, without tax."""

    related = ("catalogue",)
    list_display = (
        *("plan_code", "name", "catalogue", "range", "setup", "first_period", "renewal"),
        "promotion",
    )
    list_filter = (OF_CATALOGUE,)
    search_fields = ("plan_code", "name")
    ordering = ("plan_code", "pk")
    fields = (
        *("plan_code", "name", "product", "catalogue", "range", "setup", "first_period"),
        *("renewal", "promotion", "promotion_ends_at", "places"),
    )
    places = show.list_column("datacenters", _("datacenters"))


@admin.register(CatalogueChange)
class CatalogueChangeAdmin(PricesAdmin):
    """What changed in the price lists, and when we saw it."""

    related = ("catalogue",)
    list_display = ("plan_code", "name", "catalogue", "kind", "moved", "noticed_at")
    list_filter = (
        OF_CATALOGUE,
        ("kind", ChoicesDropdownFilter),
        within("noticed_at", _("noticed at")),
    )
    search_fields = ("plan_code", "name")
    ordering = ("-pk",)
    fields = ("plan_code", "name", "catalogue", "kind", "was", "became", "noticed_at")
    was = show.json_column("before", _("before"))
    became = show.json_column("after", _("after"))

    @display(description=_("a month"))
    def moved(self, change: CatalogueChange) -> str:
        """The price of a month before and after, without tax."""
        prices = [one.get("renewal", "–") for one in (change.before, change.after)]
        return " → ".join(str(price) for price in prices)
