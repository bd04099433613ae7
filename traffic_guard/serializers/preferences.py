"""A tenant's settings of this product as the REST API reads and shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api_input import StrictSerializer
from traffic_guard.models import Preferences


class TrafficChatSerializer(StrictSerializer):
    """A chat that a bot is in."""

    bot = serializers.CharField(max_length=22, help_text="a bot's id")
    chat_id = serializers.IntegerField(
        min_value=-(2**63), max_value=2**63 - 1, help_text="Telegram's id"
    )


class TrafficSettingsSerializer(serializers.ModelSerializer[Preferences]):
    """The workspace's settings of this product."""

    chat = serializers.SerializerMethodField(help_text="where alerts are posted")
    paused_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="all automatic stops rest: see pause/"
    )

    class Meta:
        model = Preferences
        fields = [
            *("chat", "tells_staff", "muted_until", "paused_until", "daily_hour", "weekly_day"),
            *("weekly_hour", "stops_per_run", "stops_per_hour", "excess_price"),
            "excess_currency",
        ]
        read_only_fields = fields

    @extend_schema_field(TrafficChatSerializer(allow_null=True))
    def get_chat(self, found: Preferences) -> dict[str, Any] | None:
        """Return the chat, if there is one."""
        if found.chat is None:
            return None
        return {"bot": found.chat.bot.public_id, "chat_id": found.chat.telegram_id}


def _hour() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=23, required=False, allow_null=True)


class TrafficSettingsChangesSerializer(StrictSerializer):
    """Settings to change; what is left out stays."""

    chat = TrafficChatSerializer(required=False, allow_null=True)
    tells_staff = serializers.BooleanField(required=False)
    muted_until = serializers.DateTimeField(required=False, allow_null=True)
    daily_hour = _hour()
    weekly_day = serializers.IntegerField(
        min_value=0, max_value=6, required=False, allow_null=True, help_text="0 is Monday"
    )
    weekly_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    stops_per_run = serializers.IntegerField(min_value=1, required=False)
    stops_per_hour = serializers.IntegerField(min_value=1, required=False)
    excess_price = serializers.DecimalField(
        max_digits=8,
        decimal_places=4,
        min_value=0,
        required=False,
        allow_null=True,
        help_text="of a GB above the package",
    )
    excess_currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
