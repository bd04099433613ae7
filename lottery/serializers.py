"""Giveaways as the REST API reads and shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from lottery.models import MAX_PRIZES, MAX_RESERVES, MAX_TEXT, MAX_TITLE, Entry, Lottery, Place
from lottery.services import plans


class PrizeSerializer(serializers.Serializer[Any]):
    """A kind of prize; the best comes first."""

    name = serializers.CharField(max_length=plans.MAX_NAME)
    count = serializers.IntegerField(min_value=1, max_value=MAX_PRIZES, default=1)


class GiveawaySerializer(serializers.ModelSerializer[Lottery]):
    """A giveaway."""

    id = serializers.CharField(source="public_id", read_only=True)
    bot = serializers.CharField(source="bot.public_id", read_only=True)
    chat_id = serializers.SerializerMethodField()
    link = serializers.CharField(source="deep_link", read_only=True)
    state = serializers.CharField(
        read_only=True,
        help_text="draft, scheduled, open, frozen, drawn, announced, closed or cancelled",
    )
    prizes = PrizeSerializer(many=True, read_only=True)
    entry_count = serializers.IntegerField(read_only=True, help_text="may lag by some seconds")

    class Meta:
        model = Lottery
        fields = [
            *("id", "number", "bot", "chat_id", "link", "title", "text", "prizes", "reserves"),
            *("state", "cancel_reason", "starts_at", "ends_at", "time_zone", "entry_count"),
            *("secret_sha256", "opened_at", "frozen_at", "announced_at", "created_at"),
        ]
        read_only_fields = fields

    def get_chat_id(self, lottery: Lottery) -> int | None:
        """Return Telegram's id of the chat it is posted in."""
        return None if lottery.chat is None else lottery.chat.telegram_id


class NewGiveawaySerializer(serializers.Serializer[Any]):
    """A giveaway to create."""

    bot = serializers.CharField(max_length=22, help_text="a bot's id")
    title = serializers.CharField(max_length=MAX_TITLE)
    text = serializers.CharField(max_length=MAX_TEXT, default="", allow_blank=True)
    prizes = PrizeSerializer(many=True)
    starts_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="none: when it is published"
    )
    ends_at = serializers.DateTimeField()
    time_zone = serializers.CharField(
        max_length=64, required=False, help_text="times are told in it; none: the workspace's"
    )
    chat_id = serializers.IntegerField(
        default=None, allow_null=True, help_text="Telegram's id of a chat the bot is in"
    )
    reserves = serializers.IntegerField(min_value=0, max_value=MAX_RESERVES, default=0)
    publish = serializers.BooleanField(default=True, help_text="false keeps it a draft")


class CancelSerializer(serializers.Serializer[Any]):
    """Why it is called off; people will read it."""

    reason = serializers.CharField(max_length=plans.MAX_REASON)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """Somebody who takes part."""

    telegram_id = serializers.IntegerField(source="person.telegram_id", read_only=True)
    name = serializers.CharField(source="person.full_name", read_only=True)
    username = serializers.CharField(source="person.username", read_only=True)
    state = serializers.CharField(read_only=True, help_text="ok, left or excluded")

    class Meta:
        model = Entry
        fields = ["telegram_id", "name", "username", "state", "entry_no", "weight", "joined_at"]
        read_only_fields = fields


class PlaceSerializer(serializers.ModelSerializer[Place]):
    """A drawn place; without a prize it is a reserve."""

    prize = serializers.CharField(source="prize.name", default=None, allow_null=True)
    telegram_id = serializers.IntegerField(source="entry.person.telegram_id")
    name = serializers.CharField(source="entry.person.full_name")
    entry_no = serializers.IntegerField(source="entry.entry_no")

    class Meta:
        model = Place
        fields = ["position", "prize", "telegram_id", "name", "entry_no"]
        read_only_fields = fields


class ResultSerializer(serializers.Serializer[Any]):
    """What was drawn, and what it was drawn from (fairdraw/1)."""

    record = serializers.CharField(help_text="canonical JSON; its SHA-256 is record_hash")
    record_hash = serializers.CharField()
    beacon = serializers.CharField()
    secret = serializers.CharField()
    drawn_at = serializers.DateTimeField()
    places = PlaceSerializer(many=True)
