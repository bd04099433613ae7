"""Bots as the REST API reads and shows them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from bots import products
from bots.models import Bot
from bots.services import reasons


class HealthSerializer(serializers.Serializer[Any]):
    """How deliveries go, as Telegram told at `checked_at`."""

    registered = serializers.BooleanField(default=False)
    mode = serializers.CharField(default="webhook", help_text="webhook or polling")
    ours = serializers.BooleanField(default=True, help_text="the webhook's address is this server")
    pending = serializers.IntegerField(default=0, help_text="updates that wait at Telegram")
    last_error = serializers.CharField(default="")
    last_error_at = serializers.DateTimeField(default=None, allow_null=True)
    lag_seconds = serializers.IntegerField(
        default=0, help_text="for how long the oldest outgoing message that is due has waited"
    )


class BotSerializer(serializers.ModelSerializer[Bot]):
    """A bot; its token is never shown."""

    id = serializers.CharField(source="public_id", read_only=True)
    link = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True, help_text="disabled, enabled or broken")
    state_reason = serializers.SerializerMethodField()
    products = serializers.ListField(child=serializers.CharField(), read_only=True)
    language = serializers.CharField(read_only=True)
    delivery = serializers.CharField(read_only=True)
    health = HealthSerializer(read_only=True)

    class Meta:
        model = Bot
        fields = [
            *("id", "telegram_id", "username", "name", "link", "products", "language", "delivery"),
            *("state", "state_reason", "health", "checked_at", "created_at"),
        ]
        read_only_fields = fields

    def get_state_reason(self, bot: Bot) -> str:
        """Return why the bot needs attention, in the caller's language."""
        return reasons.shown(bot.state_reason)


class BotSettingsSerializer(serializers.Serializer[Any]):
    """What can be changed; everything is optional."""

    token = serializers.CharField(
        required=False, write_only=True, max_length=100, help_text="a newer token of the same bot"
    )
    products = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    delivery = serializers.ChoiceField(choices=Bot.Delivery.choices, required=False)


class NewBotSerializer(BotSettingsSerializer):
    """A bot to connect; without `products` it gets all of them."""

    token = serializers.CharField(
        write_only=True, max_length=100, help_text="as @BotFather shows it; never shown again"
    )
    products = serializers.ListField(
        child=serializers.CharField(max_length=40), default=lambda: list(products.installed())
    )


class WhichBotSerializer(serializers.Serializer[Any]):
    """Names a bot by its id or by its token."""

    bot_id = serializers.CharField(required=False, max_length=22)
    token = serializers.CharField(required=False, write_only=True, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either bot_id or token.")
        return attrs


class TestMessageSerializer(serializers.Serializer[Any]):
    """Where to say it: somebody who started the bot, or a chat that it is in."""

    chat_id = serializers.IntegerField()


class SentSerializer(serializers.Serializer[Any]):
    """A message that was sent."""

    message_id = serializers.IntegerField(read_only=True)
