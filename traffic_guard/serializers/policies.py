"""Policies as the REST API reads and shows them; sizes are bytes, times minutes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api_input import StrictSerializer
from traffic_guard.models import Policy
from traffic_guard.services.policies.resolving import NAMES, Effective

SOURCES = ("server", "account", "tenant", "default")


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {
            "days": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 6}},
            "from": {"type": "string", "example": "09:00"},
            "to": {"type": "string", "example": "18:00"},
        },
    }
)
class ScheduleField(serializers.JSONField):
    """When automatic stops are allowed, in the workspace's time zone; {}: always."""


class PolicyChangesSerializer(StrictSerializer):
    """What a level says; null: as the level above says. services/policies checks the values."""

    threshold_bytes = serializers.IntegerField(
        required=False, allow_null=True, help_text="stop below this rest"
    )
    threshold_percent = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="stop below this rest; with bytes, whichever comes first",
    )
    interval_minutes = serializers.IntegerField(required=False, allow_null=True)
    alert_levels = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        allow_null=True,
        help_text="percent used, rising",
    )
    auto_stop = serializers.BooleanField(
        required=False, allow_null=True, help_text="true needs the scope traffic:power"
    )
    stop_mode = serializers.ChoiceField(
        choices=Policy.StopMode.choices, required=False, allow_null=True
    )
    hard_after_minutes = serializers.IntegerField(required=False, allow_null=True)
    grace_minutes = serializers.IntegerField(required=False, allow_null=True)
    schedule = ScheduleField(required=False, allow_null=True)
    skip_dates = serializers.ListField(
        child=serializers.CharField(max_length=10),
        required=False,
        allow_null=True,
        help_text="days without stops, such as 2026-12-24",
    )
    dry_run = serializers.ChoiceField(
        choices=Policy.DryRun.choices, required=False, allow_null=True
    )
    resume_at_reset = serializers.BooleanField(required=False, allow_null=True)
    restop = serializers.BooleanField(
        required=False, allow_null=True, help_text="stop again after a manual start"
    )
    margin_percent = serializers.FloatField(required=False, allow_null=True)
    max_age_minutes = serializers.IntegerField(
        required=False, allow_null=True, help_text="an older reading counts as unknown"
    )


class ValueSerializer(serializers.Serializer[Any]):
    """A setting that holds, and the level that says so."""

    value = serializers.JSONField(allow_null=True)
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]


class PolicySerializer(serializers.Serializer[Any]):
    """A level's own settings, and what holds there."""

    own = PolicyChangesSerializer(help_text="null: it says nothing")
    effective = serializers.DictField(
        child=ValueSerializer(), help_text="by the same names, each with its source"
    )
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="sentences; it was saved all the same"
    )


def own(policy: Policy) -> dict[str, Any]:
    """Return what a level says by the names of the API."""
    values = ((name, getattr(policy, name)) for name in NAMES)
    return {name: None if value == "" else value for name, value in values}


def effective(found: Effective) -> dict[str, Any]:
    """Return what holds, each value with its source."""
    return {name: {"value": value, "source": by} for name, (value, by) in found.facts().items()}
