"""Traffic packages as the REST API reads and shows them; sizes are bytes."""

from __future__ import annotations

from rest_framework import serializers

from tenants.api_input import Query, StrictSerializer
from traffic_guard.models import Package
from traffic_guard.services.telling import trouble_words

MOST_SERVERS = 500


class PackageSerializer(serializers.ModelSerializer[Package]):
    """A traffic package with its newest reading."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    kind = serializers.CharField(read_only=True, help_text="bundled with a server, or shared")
    cloud_id = serializers.CharField(read_only=True)
    successor = serializers.CharField(
        source="successor.public_id",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="the renewal that is in effect in its place",
    )
    unknown_because = serializers.CharField(
        source="trouble", read_only=True, help_text="a word; empty: it is known what is left"
    )
    unknown_text = serializers.SerializerMethodField(help_text="the same in words")
    raw_amount = serializers.CharField(read_only=True, help_text="as the cloud said it")
    servers = serializers.SerializerMethodField(help_text="ids of those that its end may stop")

    class Meta:
        model = Package
        fields = [
            *("id", "account", "kind", "cloud_id", "name", "region", "successor"),
            *("remaining_bytes", "total_bytes", "raw_amount", "unit_id", "unknown_because"),
            *("unknown_text", "read_at", "moved_at", "cycle_start", "cycle_end"),
            *("is_resetting", "ended_at", "servers"),
        ]
        read_only_fields = fields

    def get_unknown_text(self, package: Package) -> str:
        """Return why it is unknown."""
        return trouble_words.why(package.trouble)

    def get_servers(self, package: Package) -> list[str]:
        """Return the servers that use it; `users` are fetched with the list."""
        return [server.public_id for server in package.users]  # type: ignore[attr-defined]


class PackageQuery(Query):
    """Which packages to list."""

    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    server = serializers.CharField(max_length=22, required=False, help_text="a server's id")
    kind = serializers.ChoiceField(choices=Package.Kind.choices, required=False)
    region = serializers.CharField(max_length=40, required=False)
    ended = serializers.BooleanField(required=False, help_text="expired, or no longer listed")


class ChosenSerializer(StrictSerializer):
    """The servers that may be stopped at the end of a shared package."""

    servers = serializers.ListField(
        child=serializers.CharField(max_length=22),
        max_length=MOST_SERVERS,
        help_text="ids, of its account and region; empty: it only alerts",
    )
