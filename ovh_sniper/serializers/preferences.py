"""A tenant's settings of this product as the REST API reads and shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ovh_sniper.models import Preferences
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.telling.preferences import SLOWEST
from tenants.api_input import StrictSerializer


class ChatSerializer(StrictSerializer):
    """A chat that a bot is in."""

    bot = serializers.CharField(max_length=22, help_text="a bot's id")
    chat_id = serializers.IntegerField(
        min_value=-(2**63), max_value=2**63 - 1, help_text="Telegram's id"
    )


class SettingsSerializer(serializers.ModelSerializer[Preferences]):
    """The workspace's settings of this product."""

    chat = serializers.SerializerMethodField(help_text="where alerts are posted")

    class Meta:
        model = Preferences
        fields = [
            *("interval", "chat", "tells_staff", "muted_until", "digest_hour"),
            *("tells_catalogue", "confirm_above", "confirm_amount"),
        ]
        read_only_fields = fields

    @extend_schema_field(ChatSerializer(allow_null=True))
    def get_chat(self, found: Preferences) -> dict[str, Any] | None:
        """Return the chat, if there is one."""
        if found.chat is None:
            return None
        return {"bot": found.chat.bot.public_id, "chat_id": found.chat.telegram_id}


class SettingsChangesSerializer(StrictSerializer):
    """Settings to change; what is left out stays."""

    interval = serializers.IntegerField(
        min_value=1, max_value=SLOWEST, required=False, help_text="seconds, while a wish is armed"
    )
    chat = ChatSerializer(required=False, allow_null=True)
    tells_staff = serializers.BooleanField(required=False)
    muted_until = serializers.DateTimeField(required=False, allow_null=True)
    digest_hour = serializers.IntegerField(
        min_value=0, max_value=23, required=False, allow_null=True
    )
    tells_catalogue = serializers.BooleanField(required=False)
    confirm_above = serializers.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, required=False, help_text="orders"
    )
    confirm_amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False, allow_null=True
    )
