"""The queue as the REST API shows it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ovh_sniper.serializers.orders import OrderSerializer


class UnderWaySerializer(serializers.Serializer[Any]):
    """An order that is not decided."""

    order = OrderSerializer()
    next = serializers.CharField(help_text="what happens next, in words")


class WatchingSerializer(serializers.Serializer[Any]):
    """An armed wish that orders or asks."""

    wish = serializers.CharField(source="wish.public_id")
    plan_code = serializers.CharField(source="wish.plan_code")
    pieces_left = serializers.IntegerField(source="left")
    carts_ready = serializers.IntegerField(source="ready")
    carts_building = serializers.IntegerField(source="building")
    reason = serializers.CharField(help_text="why there is no cart, in words")
    next = serializers.CharField(help_text="when it looks at the stock again, in words")


class QueueSerializer(serializers.Serializer[Any]):
    """What waits to be ordered, answered or paid, and what orders next."""

    under_way = UnderWaySerializer(many=True)
    under_way_count = serializers.IntegerField()
    unpaid = OrderSerializer(many=True)
    unpaid_count = serializers.IntegerField()
    watching = WatchingSerializer(many=True)
    watching_count = serializers.IntegerField()
