"""Orders and alerts as the REST API reads and shows them.

No cart id, no address and no password of an order stands in any of these.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ovh_sniper.gateways.orders import RetractionReason
from ovh_sniper.models import Alert, Order
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.orders import reasons
from tenants.api_input import Query, StrictSerializer

STATES = (
    "intended, ordering, unknown (the answer was lost and is looked up), placed (not paid), "
    "checking, documents, delivering, delivered, refused, cancelled or dry"
)
REASONS = [(one.value, one.value) for one in RetractionReason]


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order of one server, from intent to delivery."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    wish = serializers.CharField(
        source="wish.public_id", default=None, read_only=True, allow_null=True
    )
    source = serializers.CharField(  # type: ignore[assignment]
        read_only=True, help_text="wish, button, chat, portal or api: who wanted it"
    )
    state = serializers.CharField(read_only=True, help_text=STATES)
    reason = serializers.CharField(read_only=True, help_text="a word, where it was refused")
    reason_text = serializers.SerializerMethodField(help_text="the same in words")
    addons = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="addon code by family"
    )
    fallbacks = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="datacenters that are tried next where OVH has none left",
    )
    pay_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="unpaid, OVH cancels it then"
    )

    class Meta:
        model = Order
        fields = [
            *("id", "account", "wish", "source", "requested_by", "plan_code", "fqn"),
            *("datacenter", "fallbacks", "addons", "cap_due_now", "cap_renewal", "autopay"),
            *("waive_retractation", "dry_run", "state", "reason", "reason_text"),
            *("ovh_order_id", "due_now", "renewal", "currency", "pay_until", "service_name"),
            *("created_at", "placed_at", "ended_at"),
        ]
        read_only_fields = fields

    def get_reason_text(self, order: Order) -> str:
        """Return why, in the caller's language; nothing where all is well."""
        if not order.reason and not order.detail:
            return ""
        return reasons.words(order.reason, order.detail)


class NewOrderSerializer(StrictSerializer):
    """Servers to order at once."""

    account = serializers.CharField(max_length=22, help_text="an account's id")
    plan_code = serializers.CharField(max_length=80)
    datacenters = serializers.ListField(
        child=serializers.CharField(max_length=24),
        default=list,
        max_length=50,
        help_text="in order of preference; empty: wherever it is in stock, soonest first",
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    options = serializers.ListField(
        child=serializers.CharField(max_length=80),
        default=list,
        max_length=20,
        help_text="addon codes or product names; the rest is the cheapest that is in stock",
    )
    cap_due_now = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        default=None,
        allow_null=True,
        help_text="most to pay now for each server, tax included; none: what a preview shows",
    )
    cap_renewal = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        default=None,
        allow_null=True,
        help_text="most for each renewal, tax included; none: what a preview shows",
    )
    autopay = serializers.BooleanField(default=False, help_text="needs the scope ovh:pay")


class PreviewQuery(StrictSerializer):
    """Servers to look at before they are ordered."""

    account = serializers.CharField(max_length=22, help_text="an account's id")
    plan_code = serializers.CharField(max_length=80)
    datacenters = serializers.ListField(
        child=serializers.CharField(max_length=24), default=list, max_length=50
    )
    options = serializers.ListField(
        child=serializers.CharField(max_length=80), default=list, max_length=20
    )


class PreviewSerializer(serializers.Serializer[Any]):
    """One server as it would be ordered; amounts with tax."""

    plan_code = serializers.CharField()
    fqn = serializers.CharField()
    datacenters = serializers.ListField(
        child=serializers.CharField(), help_text="in the order they are tried"
    )
    addons = serializers.DictField(child=serializers.CharField(), help_text="addon code by family")
    due_now = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    renewal = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    currency = serializers.CharField()


class OrdersSerializer(serializers.Serializer[Any]):
    """The orders of one request, one for each server."""

    orders = OrderSerializer(many=True)


class RetractSerializer(StrictSerializer):
    """Why somebody withdraws, in OVH's words."""

    reason = serializers.ChoiceField(choices=REASONS)


class PaymentSerializer(serializers.Serializer[Any]):
    """Where an order is paid. The address holds a password: keep it out of logs and chats."""

    url = serializers.CharField()
    due_now = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    pay_until = serializers.DateTimeField(allow_null=True)


class OrderQuery(Query):
    """Which orders to list."""

    state = serializers.ChoiceField(choices=Order.State.choices, required=False)
    open = serializers.BooleanField(
        required=False, help_text="true: OVH has it, or may have it, and it is not delivered"
    )
    plan = serializers.CharField(max_length=80, required=False, help_text="a plan's code")
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    wish = serializers.CharField(max_length=22, required=False, help_text="a wish's id")


class SpendQuery(StrictSerializer):
    """Since when to add up."""

    since = serializers.DateTimeField(required=False)


class TotalSerializer(serializers.Serializer[Any]):
    """What one account ordered in a month of the workspace's time zone; amounts with tax."""

    month = serializers.DateTimeField(help_text="when the month began")
    account = serializers.CharField(help_text="the account's name")
    currency = serializers.CharField()
    count = serializers.IntegerField()
    ordered = serializers.DecimalField(max_digits=14, decimal_places=2)
    paid = serializers.DecimalField(max_digits=14, decimal_places=2)
    monthly = serializers.DecimalField(
        max_digits=14, decimal_places=2, help_text="what these cost again each month"
    )


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """Stock that a wish waited for."""

    id = serializers.CharField(source="public_id", read_only=True)
    wish = serializers.CharField(source="wish.public_id", read_only=True)
    state = serializers.CharField(read_only=True, help_text="open, ended or ordered")
    out_for = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="seconds that it had been away"
    )
    was_refused_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="OVH showed it then and refused it at checkout"
    )

    class Meta:
        model = Alert
        fields = [
            *("id", "wish", "plan_code", "fqn", "datacenter", "availability", "due_now"),
            *("renewal", "currency", "out_for", "was_refused_at", "state", "stock_seen_at"),
            *("created_at", "ended_at"),
        ]
        read_only_fields = fields


class AlertQuery(Query):
    """Which alerts to list."""

    state = serializers.ChoiceField(choices=Alert.State.choices, required=False)
    plan = serializers.CharField(max_length=80, required=False, help_text="a plan's code")
    wish = serializers.CharField(max_length=22, required=False, help_text="a wish's id")
