"""What operators see of readings, outbound traffic and units."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from tenants.admin_filters import OF_TENANT, within
from traffic_guard.admin import columns
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import MeasureUnit, OutboundHour, Reading


@admin.register(Reading)
class ReadingAdmin(LookOnlyAdmin):
    """What packages had left when they were read."""

    related = ("tenant", "package")
    list_display = ("at", "package", "tenant", "left", "quota", "raw_amount", "unit_id", "grain")
    list_filter = (
        ("grain", ChoicesDropdownFilter),
        OF_TENANT,
        columns.OF_PACKAGE,
        within("at", _("time")),
    )
    # the box; by what is searched says the next line
    search_fields = ("package__name",)
    searched_through = {"package": ("name", "cloud_id"), "tenant": ("name",)}
    sortable_by = ()
    ordering = ("-pk",)
    fields = (
        *("tenant", "package", "at", "left", "quota", "raw_amount", "unit_id", "sent"),
        *("cycle_start", "cycle_end", "grain"),
    )
    left = columns.size("remaining_bytes", _("left"))
    quota = columns.size("total_bytes", _("of"))
    sent = columns.size("live_bytes", _("sent since the bill moved"))


@admin.register(OutboundHour)
class OutboundHourAdmin(LookOnlyAdmin):
    """What left servers hour by hour, by the live counter."""

    related = ("tenant", "server")
    list_display = ("hour", "server", "tenant", "sent")
    list_filter = (OF_TENANT, columns.OF_SERVER, within("hour", _("hour")))
    # the box; by what is searched says the next line
    search_fields = ("server__name",)
    searched_through = {"server": ("name",), "tenant": ("name",)}
    sortable_by = ()
    ordering = ("-pk",)
    fields = ("tenant", "server", "hour", "sent")
    sent = columns.size("sent_bytes", _("sent"))


@admin.register(MeasureUnit)
class MeasureUnitAdmin(LookOnlyAdmin):
    """Units of the clouds: the same for all tenants."""

    list_display = ("provider", "unit_id", "name", "in_bytes", "fetched_at")
    search_fields = ("name", "unit_id")
    ordering = ("provider", "unit_id")
    fields = list_display
