"""What operators see of wishes."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import Wish
from tenants import admin_display as show
from tenants.admin_filters import BY_STATE, OF_TENANT, within


@admin.register(Wish)
class WishAdmin(LookOnlyAdmin):
    """What the tenants wait for, and on which terms."""

    related = ("tenant", "account", "bot", "person")
    list_display = (
        "__str__",
        "tenant",
        "host",
        "subsidiary",
        "plan_code",
        "mode",
        "quantity",
        "state_label",
        "dry_run",
        "created_at",
    )
    list_filter = (
        BY_STATE,
        ("mode", ChoicesDropdownFilter),
        columns.BY_HOST,
        ("track", ChoicesDropdownFilter),
        OF_TENANT,
        columns.OF_ACCOUNT,
        within("created_at", _("created at")),
    )
    search_fields = ("name", "plan_code", "public_id", "tenant__name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("name", "tenant", "account", "public_id", "lists")}),
        (
            _("What"),
            {
                "fields": (
                    *("host", "subsidiary", "track", "plan_code", "memory", "storage"),
                    *("system_storage", "gpu", "chosen", "places", "quantity"),
                )
            },
        ),
        (
            _("Terms"),
            {
                "fields": (
                    *("mode", "autopay", "waive_retractation", "dry_run", "guards_repeats"),
                    *("max_delivery_hours", "cap_due_now", "cap_renewal", "budget_day"),
                    *("budget_month", "hours", "expires_at"),
                )
            },
        ),
        (
            _("State"),
            {
                "fields": (
                    *("state", "state_reason", "retry_at", "bot", "person", "created_at"),
                    "changed_at",
                )
            },
        ),
    )
    state_label = columns.state()
    chosen = show.json_column("extras", _("extras"))
    hours = show.json_column("schedule", _("schedule"))
    places = show.list_column("datacenters", _("datacenters"))
    lists = columns.links(
        ("order", _("Orders"), "wish__id__exact"),
        ("warmcart", _("Carts"), "wish__id__exact"),
        ("alert", _("Alerts"), "wish__id__exact"),
    )
