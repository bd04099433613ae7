"""What operators see of policies and of the tenants' settings."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from tenants import admin_display as show
from tenants.admin_filters import OF_TENANT
from traffic_guard.admin import columns
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import Policy, Preferences


@admin.register(Policy)
class PolicyAdmin(LookOnlyAdmin):
    """What tenants, their accounts and their servers say; a dash: as the level above says."""

    related = ("tenant", "account", "server")
    list_display = (
        *("tenant", "level", "threshold", "threshold_percent", "auto_stop", "grace_minutes"),
        *("dry_run", "changed_at"),
    )
    list_filter = (("auto_stop", BooleanRadioFilter), OF_TENANT)
    search_fields = ("tenant__name", "account__name", "server__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "account", "server", "threshold", "threshold_percent", "interval_minutes"),
        *("levels", "margin_percent", "auto_stop", "grace_minutes", "stop_mode"),
        *("hard_after_minutes", "hours", "days", "dry_run", "resume_at_reset", "restop"),
        *("max_age_minutes", "changed_at"),
    )
    threshold = columns.size("threshold_bytes", _("stop when less is left"))
    # the sign is no placeholder, xgettext:no-python-format
    levels = show.json_column("alert_levels", _("alert at (% used)"))
    hours = show.json_column("schedule", _("stops allowed"))
    days = show.json_column("skip_dates", _("days without stops"))

    @display(description=_("level"))
    def level(self, policy: Policy) -> str:
        """Whose policy it is."""
        return str(policy.server or policy.account or _("workspace"))


@admin.register(Preferences)
class PreferencesAdmin(LookOnlyAdmin):
    """Whom each tenant has told, and how many servers may be stopped at once."""

    related = ("tenant", "chat")
    list_display = (
        *("tenant", "chat", "tells_staff", "paused_until", "muted_until", "daily_hour"),
        *("stops_per_run", "stops_per_hour"),
    )
    list_filter = (OF_TENANT,)
    search_fields = ("tenant__name",)
    ordering = ("-pk",)
    fields = (
        *("tenant", "chat", "tells_staff", "muted_until", "paused_until", "daily_hour"),
        *("daily_sent_on", "weekly_day", "weekly_hour", "weekly_sent_on", "stops_per_run"),
        *("stops_per_hour", "excess_price", "excess_currency"),
    )
