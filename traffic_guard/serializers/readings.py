"""What was read, and what follows from it, as the REST API shows it; sizes are bytes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api_input import StrictSerializer
from traffic_guard.services.forecasting import backtest

DAY = timedelta(days=1)
LONGEST = timedelta(days=31)
# a what-if looks at stored readings of several cycles
LONGEST_REPLAY = timedelta(days=400)


class SpanQuery(StrictSerializer):
    """Of which time; without `since` the day before `until`, without `until` now."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    usual, longest = DAY, LONGEST

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return both ends. Raises ValidationError for a span that is none, or too long."""
        until = data.setdefault("until", timezone.now())
        since = data.setdefault("since", until - self.usual)
        if since >= until:
            raise serializers.ValidationError({"since": _("This is not before the end.")})
        if until - since > self.longest:
            said = _("At most %(days)s days at once.") % {"days": self.longest.days}
            raise serializers.ValidationError({"since": said})
        return data


class PointSerializer(serializers.Serializer[Any]):
    """What was left at a moment."""

    at = serializers.DateTimeField()
    remaining_bytes = serializers.IntegerField(source="remaining")
    live_remaining_bytes = serializers.IntegerField(source="live", allow_null=True)
    total_bytes = serializers.IntegerField(source="total")
    cycle_start = serializers.DateTimeField()
    cycle_end = serializers.DateTimeField()


class OutboundSerializer(serializers.Serializer[Any]):
    """Bytes that left a server in one hour, by the live counter; an absent hour is unknown."""

    hour = serializers.DateTimeField(help_text="its start")
    sent_bytes = serializers.IntegerField()


class WhatIfQuery(SpanQuery):
    """Another threshold or grace period; what is not given holds as the policy says."""

    usual, longest = LONGEST, LONGEST_REPLAY
    threshold_bytes = serializers.IntegerField(min_value=0, max_value=2**62, required=False)
    threshold_percent = serializers.FloatField(min_value=0, max_value=100, required=False)
    grace_minutes = serializers.IntegerField(min_value=0, max_value=1440, required=False)


class WouldStopSerializer(serializers.Serializer[Any]):
    """One stop as it would have been."""

    decided_at = serializers.DateTimeField()
    stopped_at = serializers.DateTimeField(help_text="after the grace period")
    cycle_end = serializers.DateTimeField()
    basis = serializers.CharField(help_text="two_readings, live or exhausted")
    threshold_bytes = serializers.IntegerField(source="threshold")
    remaining_bytes = serializers.IntegerField(source="left")
    remaining_bytes_at_stop = serializers.IntegerField(source="left_at_stop")
    excess_bytes_avoided = serializers.IntegerField(source="excess_avoided", allow_null=True)
    seconds_off = serializers.SerializerMethodField(help_text="until the reset")

    def get_seconds_off(self, stop: Any) -> int:
        """Return how long it would have been off."""
        return int(stop.off_for.total_seconds())


class WhatIfSerializer(serializers.Serializer[Any]):
    """What a threshold would have done, as if the server had run all the time."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    readings = serializers.IntegerField(help_text="how many there are of that time")
    least_remaining_bytes = serializers.IntegerField(source="least", allow_null=True)
    stops = WouldStopSerializer(many=True)


class ScoreSerializer(serializers.Serializer[Any]):
    """How forecasts made so many days before a reset fared."""

    days = serializers.IntegerField()
    count = serializers.IntegerField()
    mean_miss = serializers.FloatField(
        allow_null=True, help_text="of the rest at the reset, in percent of the package"
    )
    mean_hours_off = serializers.FloatField(allow_null=True, help_text="of “runs out at”")
    foretold = serializers.IntegerField(help_text="it ran out, and that was said")
    unforeseen = serializers.IntegerField(help_text="it ran out, and that was not said")
    false_alarms = serializers.IntegerField()


class BacktestSerializer(serializers.Serializer[Any]):
    """How good a server's forecasts were in cycles that are over."""

    cycles = serializers.IntegerField()
    scores = serializers.SerializerMethodField()

    @extend_schema_field(ScoreSerializer(many=True))
    def get_scores(self, found: Any) -> list[Any]:
        """Return the scores that say anything, the nearest day first."""
        return list(ScoreSerializer(backtest.table(found.scores), many=True).data)
