"""What operators see of planned stops, power actions, decisions and levels that were told of."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from tenants import admin_display as show
from tenants.admin_filters import BY_STATE, OF_TENANT, within
from tenants.redaction import struck
from traffic_guard.admin import columns
from traffic_guard.admin.labels import LookOnlyAdmin
from traffic_guard.models import AlertMark, Decision, PlannedStop, PowerAction
from traffic_guard.services.guarding import decision_words
from traffic_guard.services.telling import action_words, reasons


@admin.register(PlannedStop)
class PlannedStopAdmin(LookOnlyAdmin):
    """Stops that wait for their grace period, and what became of others."""

    related = ("tenant", "server", "package", "action")
    list_display = (
        *("server", "tenant", "state_label", "why", "is_dry_run", "execute_at", "postponed"),
        *("settled_by", "created_at"),
    )
    list_filter = (
        BY_STATE,
        ("is_dry_run", BooleanRadioFilter),
        OF_TENANT,
        columns.OF_SERVER,
        within("created_at", _("created at")),
    )
    search_fields = ("server__name", "public_id", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "server", "package", "public_id", "state", "why", "is_dry_run"),
        *("execute_at", "due_at", "cycle_end", "postponed", "is_hastened", "approved_by"),
        *("settled_by", "settled_at", "action", "known", "created_at"),
    )
    state_label = columns.state()
    known = show.json_column("facts", _("what it rests on"))

    @display(description=_("reason"), ordering="settled_reason")
    def why(self, plan: PlannedStop) -> str:
        """Why it is settled, in words."""
        return reasons.clause(plan.settled_reason) or plan.settled_reason


@admin.register(PowerAction)
class PowerActionAdmin(LookOnlyAdmin):
    """Stops, starts and reboots, from the intent to the proof."""

    related = ("tenant", "server", "server__account")
    list_display = (
        *("server", "tenant", "kind", "origin", "state_label", "what_to_do", "requested_by"),
        *("created_at", "settled_at"),
    )
    list_filter = (
        BY_STATE,
        ("kind", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
        OF_TENANT,
        columns.OF_SERVER,
        within("created_at", _("created at")),
    )
    search_fields = ("server__name", "public_id", "requested_by", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "server", "public_id", "kind", "is_hard", "hard_at", "origin"),
        *("requested_by", "batch", "cycle_end", "state", "attempts", "job_id", "job_state"),
        *("seen_power", "error_code", "said", "what_to_do", "due_at", "verify_until"),
        *("created_at", "sent_at", "settled_at"),
    )
    state_label = columns.state()
    said = show.text_column("error", _("error"), length=300)

    @display(description=_("what to do"))
    def what_to_do(self, action: PowerAction) -> str:
        """Why it failed and what to do now, in words."""
        return struck(action_words.advice(action))


@admin.register(Decision)
class DecisionAdmin(LookOnlyAdmin):
    """Why servers were, or were not, stopped."""

    related = ("tenant", "server", "planned_stop", "action")
    list_display = ("server", "tenant", "code", "sentence", "times", "at", "last_at", "actor")
    list_filter = (OF_TENANT, columns.OF_SERVER, within("last_at", _("last time")))
    search_fields = ("code", "server__name", "public_id", "tenant__name")
    ordering = ("-pk",)
    fields = (
        *("tenant", "server", "public_id", "code", "sentence", "times", "at", "last_at"),
        *("cycle_end", "actor", "known"),
    )
    known = show.json_column("facts", _("what it rests on"))

    @display(description=_("in words"))
    def sentence(self, decision: Decision) -> str:
        """Why, in a sentence; times on the tenant's clocks."""
        return struck(decision_words.sentence(decision, ZoneInfo(decision.tenant.time_zone)))


@admin.register(AlertMark)
class AlertMarkAdmin(LookOnlyAdmin):
    """Levels that were told of, each once in a cycle."""

    related = ("tenant",)
    list_display = ("subject", "level", "tenant", "cycle_end", "raised_at", "released_at")
    list_filter = (OF_TENANT, within("raised_at", _("told of at")))
    search_fields = ("subject", "tenant__name")
    ordering = ("-pk",)
    fields = ("tenant", "subject", "level", "cycle_end", "raised_at", "released_at")
