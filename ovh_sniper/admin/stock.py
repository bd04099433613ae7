"""What operators see of the hosts' stock: the same for all tenants."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import (
    Announced,
    Configuration,
    GhostStock,
    Poller,
    StockInterval,
    Unwatched,
    VpsPlan,
)
from tenants import admin_display as show
from tenants.admin_filters import within


@admin.register(Poller)
class PollerAdmin(LookOnlyAdmin):
    """How the looks at each host go; the page "OVH" shows it live."""

    list_display = (
        *("host", "succeeded_at", "interval", "cadence", "rows", "failures", "not_before"),
        *("calls", "throttled"),
    )
    ordering = ("host",)
    fields = (
        *("host", "polled_at", "succeeded_at", "changed_at", "interval", "cadence", "rows"),
        *("failures", "short_error", "not_before", "calls", "throttled", "epoch"),
    )
    short_error = show.text_column("last_error", _("last error"), length=300)


@admin.register(Configuration)
class ConfigurationAdmin(LookOnlyAdmin):
    """Hardware configurations of the hosts' stock lists."""

    list_display = ("fqn", "host", "plan_code", "memory", "storage", "gpu", "is_gone", "last_seen")
    list_filter = (columns.BY_HOST, ("is_gone", BooleanRadioFilter))
    search_fields = ("plan_code", "fqn")
    ordering = ("-pk",)
    fields = (
        *("fqn", "host", "plan_code", "server", "memory", "storage", "system_storage", "gpu"),
        *("first_seen", "last_seen", "is_gone", "lists"),
    )
    lists = columns.links(
        ("stockinterval", _("When it was in stock"), "configuration__id__exact"),
        ("announced", _("Announcements"), "configuration__id__exact"),
    )


@admin.register(StockInterval)
class StockIntervalAdmin(LookOnlyAdmin):
    """When what could be ordered where."""

    related = ("configuration",)
    list_display = (
        *("plan", "configuration", "host", "datacenter", "availability", "best_hours"),
        *("opened_at", "closed_at", "is_baseline"),
    )
    list_filter = (
        ("closed_at", admin.EmptyFieldListFilter),
        within("opened_at", _("in stock since")),
    )
    # the box; by what is searched says the next line
    search_fields = ("configuration__plan_code",)
    searched_through = {"configuration": ("plan_code", "fqn")}
    sortable_by = ()
    ordering = ("-pk",)
    fields = (
        *("configuration", "datacenter", "availability", "delivery_hours", "best_hours"),
        *("opened_at", "closed_at", "is_baseline"),
    )

    @display(description=_("plan"))
    def plan(self, interval: StockInterval) -> str:
        """The plan's code."""
        return interval.configuration.plan_code

    @display(description=_("host"))
    def host(self, interval: StockInterval) -> str:
        """Whose stock it is."""
        return interval.configuration.host


@admin.register(Announced)
class AnnouncedAdmin(LookOnlyAdmin):
    """What OVH announces."""

    related = ("configuration",)
    list_display = ("configuration", "datacenter", "since")
    search_fields = ("configuration__plan_code", "configuration__fqn", "datacenter")
    ordering = ("-pk",)
    fields = ("configuration", "datacenter", "since")


@admin.register(GhostStock)
class GhostStockAdmin(LookOnlyAdmin):
    """What OVH showed and refused at checkout."""

    list_display = (
        *("fqn", "host", "datacenter", "refusals", "last_refused_at", "hold_until"),
        "last_ordered_at",
    )
    list_filter = (columns.BY_HOST, within("last_refused_at", _("last refused at")))
    search_fields = ("fqn", "datacenter")
    ordering = ("-last_refused_at", "-pk")
    fields = (
        *("fqn", "host", "datacenter", "refusals", "last_refused_at", "hold_until"),
        "last_ordered_at",
    )


@admin.register(Unwatched)
class UnwatchedAdmin(LookOnlyAdmin):
    """Times in which nobody looked at a host; statistics leave them out."""

    list_display = ("host", "since", "until")
    list_filter = (columns.BY_HOST,)
    ordering = ("-pk",)
    fields = ("host", "since", "until")


@admin.register(VpsPlan)
class VpsPlanAdmin(LookOnlyAdmin):
    """VPS plans that somebody watches."""

    list_display = ("plan_code", "host", "subsidiary", "looked_at", "changed_at", "failures")
    list_filter = (columns.BY_HOST,)
    search_fields = ("plan_code", "subsidiary")
    ordering = ("-pk",)
    fields = (
        *("plan_code", "host", "subsidiary", "where", "looked_at", "changed_at", "retry_at"),
        *("failures", "short_error"),
    )
    where = show.json_column("places", _("datacenters"))
    short_error = show.text_column("last_error", _("last error"), length=300)
