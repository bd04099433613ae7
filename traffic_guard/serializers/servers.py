"""Servers as the REST API reads and shows them; sizes are bytes, null where nobody knows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api_input import Query, StrictSerializer
from traffic_guard.serializers.policies import ValueSerializer, effective
from traffic_guard.services.guarding.rows import POWERS, Row
from traffic_guard.services.telling import costs_while_off, reasons, trouble_words

# words of services/guarding/rows.py
STATES = (
    *(*POWERS, "unknown", "low", "runs_out", "planned", "kept_off", "protected", "paused"),
    "missing",
)
POWER = "unknown, running, stopping, stopped, starting, rebooting, gone or other"
LONGEST_ID = 64
MOST_PACKAGES = 20


class NextStopSerializer(serializers.Serializer[Any]):
    """The stop that is planned for a server."""

    id = serializers.CharField(source="public_id")
    state = serializers.CharField(help_text="waiting or held")
    execute_at = serializers.DateTimeField()
    is_dry_run = serializers.BooleanField()


class ServerSerializer(serializers.Serializer[Row]):
    """A server with what is left of its traffic."""

    id = serializers.CharField(source="server.public_id")
    name = serializers.CharField(source="server.name")
    account = serializers.CharField(source="server.account.public_id")
    kind = serializers.CharField(source="server.kind", help_text="flexus or ecs")
    region = serializers.CharField(source="server.region")
    cloud_id = serializers.CharField(source="server.cloud_id")
    addresses = serializers.ListField(child=serializers.CharField(), source="server.addresses")
    charging = serializers.CharField(source="server.charging")
    is_manual = serializers.BooleanField(source="server.is_manual")
    missing_since = serializers.DateTimeField(
        source="server.missing_since", help_text="searches no longer find it", allow_null=True
    )
    power = serializers.CharField(source="server.power", help_text=POWER)
    power_at = serializers.DateTimeField(source="server.power_at", allow_null=True)
    # --- what is left
    remaining_bytes = serializers.IntegerField(
        source="standing.remaining", allow_null=True, help_text="as billed"
    )
    live_remaining_bytes = serializers.IntegerField(
        source="standing.live_remaining",
        allow_null=True,
        help_text="less what the live counter saw since the bill moved",
    )
    total_bytes = serializers.IntegerField(source="standing.total", allow_null=True)
    percent_left = serializers.FloatField(source="standing.percent_left", allow_null=True)
    unknown_because = serializers.CharField(
        source="standing.trouble", help_text="a word; empty: it is known what is left"
    )
    unknown_text = serializers.SerializerMethodField(help_text="the same in words")
    read_at = serializers.DateTimeField(source="standing.read_at", allow_null=True)
    cycle_start = serializers.DateTimeField(source="standing.cycle_start", allow_null=True)
    cycle_end = serializers.DateTimeField(source="facts.cycle_end", allow_null=True)
    bytes_an_hour = serializers.SerializerMethodField()
    runs_out_at = serializers.DateTimeField(
        source="facts.runs_out_at", allow_null=True, help_text="null: not within this cycle"
    )
    # --- the guard
    threshold_bytes = serializers.IntegerField(source="facts.threshold", allow_null=True)
    auto_stop = serializers.BooleanField(source="effective.auto_stop.value")
    is_protected = serializers.BooleanField(source="server.is_protected")
    paused_until = serializers.DateTimeField(source="server.paused_until", allow_null=True)
    is_kept_off = serializers.SerializerMethodField(help_text="a stop of the guard keeps it off")
    planned_stop = NextStopSerializer(source="plan", allow_null=True)
    open_action = serializers.CharField(
        source="action.public_id", default=None, allow_null=True, help_text="an action's id"
    )
    verdict = serializers.CharField(
        source="server.verdict", help_text="of the guard's last look, a word"
    )
    verdict_text = serializers.SerializerMethodField(help_text="the same as a clause")
    verdict_at = serializers.DateTimeField(source="server.verdict_at", allow_null=True)

    def get_unknown_text(self, row: Row) -> str:
        """Return why it is unknown."""
        return trouble_words.why(row.standing.trouble)

    def get_bytes_an_hour(self, row: Row) -> int | None:
        """Return how fast it goes, where it is known what is left."""
        rate = row.server.burn_rate
        return round(rate) if row.standing.is_known and rate is not None else None

    def get_is_kept_off(self, row: Row) -> bool:
        """Tell whether it is off because of us."""
        return row.server.kept_off_by_id is not None

    def get_verdict_text(self, row: Row) -> str:
        """Return why nothing was done, where there is a reason."""
        return reasons.clause(row.server.verdict)


class ForecastSerializer(serializers.Serializer[Any]):
    """What is to come; null where it cannot be told."""

    bytes_an_hour = serializers.FloatField(source="rate", allow_null=True)
    window_hours = serializers.IntegerField(allow_null=True)
    basis = serializers.CharField(allow_null=True, help_text="live or billed")
    runs_out_at = serializers.DateTimeField(
        allow_null=True, help_text="only where that is before the reset"
    )
    projected_left_at_reset = serializers.IntegerField(
        allow_null=True, help_text="bytes; negative: so much will be missing"
    )
    safe_daily_bytes = serializers.IntegerField(allow_null=True)
    is_spike = serializers.BooleanField()


class PackageLineSerializer(serializers.Serializer[Any]):
    """A package that counts for a server."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    kind = serializers.CharField(help_text="bundled or shared")
    remaining_bytes = serializers.IntegerField(allow_null=True)
    total_bytes = serializers.IntegerField(allow_null=True)
    unknown_because = serializers.CharField(source="trouble")
    cycle_end = serializers.DateTimeField(allow_null=True)


class ServerDetailSerializer(ServerSerializer):
    """A server with its packages, its forecast, and what holds for it."""

    project_id = serializers.CharField(source="server.project_id")
    hidden_at = serializers.DateTimeField(source="server.hidden_at", allow_null=True)
    protected_by = serializers.CharField(source="server.protected_by")
    skipped_cycle_end = serializers.DateTimeField(
        source="server.skipped_cycle_end", allow_null=True, help_text="“skip this cycle” is on"
    )
    packages = PackageLineSerializer(source="standing.packages", many=True)
    forecast = serializers.SerializerMethodField()
    policy = serializers.SerializerMethodField(help_text="what holds, each value with its source")
    costs_while_off = serializers.SerializerMethodField(
        help_text="sentences on what a stop ends and what it does not"
    )

    @extend_schema_field(ForecastSerializer)
    def get_forecast(self, row: Row) -> Any:
        """Return the forecast that the context holds."""
        del row
        return ForecastSerializer(self.context["forecast"]).data

    @extend_schema_field(serializers.DictField(child=ValueSerializer()))
    def get_policy(self, row: Row) -> dict[str, Any]:
        """Return what holds for it."""
        return effective(row.effective)

    def get_costs_while_off(self, row: Row) -> list[str]:
        """Return what it goes on costing."""
        return costs_while_off.notes(row.server)


class ServerQuery(Query):
    """Which servers to list."""

    q = serializers.CharField(
        max_length=100, required=False, help_text="part of a name, address, id, region or account"
    )
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    region = serializers.CharField(max_length=40, required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)


class NewServerSerializer(StrictSerializer):
    """A server that no search finds."""

    account = serializers.CharField(max_length=22, help_text="an account's id")
    server_id = serializers.CharField(max_length=LONGEST_ID, help_text="the cloud's id of it")
    region = serializers.CharField(max_length=40)
    project_id = serializers.CharField(
        max_length=LONGEST_ID, default="", allow_blank=True, help_text="empty: the region's"
    )
    name = serializers.CharField(max_length=128, default="", allow_blank=True)
    package_ids = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_ID),
        default=list,
        max_length=MOST_PACKAGES,
        help_text="the cloud's ids of packages that it owns alone",
    )


class NewPackageSerializer(StrictSerializer):
    """A package that a server owns alone."""

    package_id = serializers.CharField(max_length=LONGEST_ID, help_text="the cloud's id of it")


class UntilSerializer(StrictSerializer):
    """How long automatic stops rest."""

    until = serializers.DateTimeField()
