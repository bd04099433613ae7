"""What operators see of alerts and of the tenants' settings."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from ovh_sniper.admin import columns
from ovh_sniper.admin.labels import LookOnlyAdmin
from ovh_sniper.models import Alert, Preferences
from ovh_sniper.services.wording import words
from tenants.admin_filters import BY_STATE, OF_TENANT, within


@admin.register(Alert)
class AlertAdmin(LookOnlyAdmin):
    """Stock that wishes waited for."""

    related = ("tenant", "wish")
    list_display = (
        "plan_code",
        "datacenter",
        "availability",
        "tenant",
        "wish",
        "state_label",
        "cost",
        "stock_seen_at",
        "ended_at",
    )
    list_filter = (BY_STATE, OF_TENANT, columns.OF_WISH, within("created_at", _("created at")))
    search_fields = ("plan_code", "fqn", "public_id", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "wish", "public_id", "fqn", "plan_code", "datacenter", "availability"),
        *("cost", "monthly", "away", "was_refused_at", "state", "stock_seen_at", "created_at"),
        "ended_at",
    )
    state_label = columns.state()
    cost = columns.money("due_now", _("due now"))
    monthly = columns.money("renewal", _("renewal"))

    @display(description=_("was out for"))
    def away(self, alert: Alert) -> str:
        """How long it had been out of stock."""
        return "" if alert.out_for is None else words.duration(alert.out_for)


@admin.register(Preferences)
class PreferencesAdmin(LookOnlyAdmin):
    """How often and where each tenant wants to be told."""

    related = ("tenant", "chat")
    list_display = ("tenant", "interval", "chat", "tells_staff", "muted_until", "digest_hour")
    list_filter = (OF_TENANT,)
    search_fields = ("tenant__name",)
    ordering = ("-pk",)
    fields = (
        *("tenant", "interval", "chat", "tells_staff", "muted_until", "digest_hour"),
        *("digest_sent_on", "confirm_above", "confirm_amount", "tells_catalogue"),
    )
