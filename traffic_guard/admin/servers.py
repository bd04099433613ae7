"""What operators see of servers and their traffic packages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)
from unfold.decorators import display

from tenants import admin_display as show
from tenants.admin_filters import OF_TENANT
from traffic_guard.admin import columns
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import Package, Server
from traffic_guard.services.telling import trouble_words


@admin.register(Server)
class ServerAdmin(LookOnlyAdmin):
    """Servers of all tenants with what is left of their traffic."""

    related = ("tenant", "account")
    list_display = (
        *("name", "tenant", "account", "region", "power_label", "left", "quota", "read_at"),
        *("verdict", "is_protected"),
    )
    list_filter = (
        ("power", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("is_protected", BooleanRadioFilter),
        OF_TENANT,
        columns.OF_ACCOUNT,
    )
    search_fields = ("name", "cloud_id", "public_id", "tenant__name")
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("name", "tenant", "account", "public_id", "kind", "region", "project_id"),
                    *("cloud_id", "plan_id", "where", "charging", "tagged", "is_manual", "lists"),
                )
            },
        ),
        (
            _("Live state"),
            {
                "fields": (
                    *("power", "raw_status", "task_state", "is_locked", "is_frozen", "power_at"),
                    *("seen_at", "missing_since", "hidden_at"),
                )
            },
        ),
        (
            _("Traffic"),
            {
                "fields": (
                    *("left", "live_left", "quota", "cycle_start", "cycle_end", "read_at"),
                    *("speed", "runs_out_at"),
                )
            },
        ),
        (
            _("The guard"),
            {
                "fields": (
                    *("verdict", "verdict_at", "is_protected", "protected_by", "paused_until"),
                    *("skipped_cycle_end", "created_at"),
                )
            },
        ),
    )
    power_label = columns.state("power")
    left = columns.size("remaining_bytes", _("left, as billed"))
    live_left = columns.size("live_remaining_bytes", _("left, live"))
    quota = columns.size("total_bytes", _("of"))
    speed = columns.size("burn_rate", _("an hour"))
    where = show.list_column("addresses", _("addresses"))
    tagged = show.json_column("tags", _("tags"))
    lists = columns.links(
        ("package", _("Traffic packages"), "servers__id__exact"),
        ("plannedstop", _("Planned stops"), "server__id__exact"),
        ("poweraction", _("Stops and starts"), "server__id__exact"),
        ("decision", _("Decisions"), "server__id__exact"),
        ("outboundhour", _("Outbound traffic"), "server__id__exact"),
    )


@admin.register(Package)
class PackageAdmin(LookOnlyAdmin):
    """Traffic packages with their newest reading."""

    related = ("tenant", "account")
    list_display = (
        *("__str__", "tenant", "account", "kind", "region", "left", "quota", "unknown"),
        *("read_at", "cycle_end"),
    )
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        OF_TENANT,
        columns.OF_ACCOUNT,
        ("servers", AutocompleteSelectFilter),
    )
    search_fields = ("name", "cloud_id", "public_id", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "account", "public_id", "kind", "cloud_id", "name", "region", "lists"),
        *("left", "quota", "raw_amount", "unit_id", "unknown", "trouble_since", "misses"),
        *("cycle_start", "cycle_end", "is_resetting", "first_cycle_end", "read_at", "moved_at"),
        *("ended_at", "backfill_at", "created_at"),
    )
    left = columns.size("remaining_bytes", _("left"))
    quota = columns.size("total_bytes", _("of"))
    lists = columns.links(
        ("reading", _("Readings"), "package__id__exact"),
        ("server", _("Servers"), "packages__id__exact"),
    )

    @display(description=_("why it is unknown"), ordering="trouble")
    def unknown(self, package: Package) -> str:
        """Why it is unknown what is left, in words."""
        return trouble_words.why(package.trouble)
