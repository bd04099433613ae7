"""Planned stops, actions and their batches as the REST API reads and shows them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from tenants.api_input import Query, StrictSerializer
from traffic_guard.models import PlannedStop, PowerAction
from traffic_guard.services.telling import action_words, reasons

MOST_SERVERS = 500
PLAN_STATES = "waiting, held (waits for approve/), executed, dry, cancelled or dropped"
STATES = (
    "intended, sending, unclear (the answer was lost and is looked up), sent (waiting for the "
    "server), done, refused, unverified (not confirmed) or withdrawn"
)


class PlannedStopSerializer(serializers.ModelSerializer[PlannedStop]):
    """A stop that waits for its grace period, or what became of one."""

    id = serializers.CharField(source="public_id", read_only=True)
    server = serializers.CharField(source="server.public_id", read_only=True)
    server_name = serializers.CharField(source="server.name", read_only=True)
    state = serializers.CharField(read_only=True, help_text=PLAN_STATES)
    postponed = serializers.IntegerField(read_only=True, help_text="how often")
    reason = serializers.CharField(
        source="settled_reason", read_only=True, help_text="why it is settled, a word"
    )
    reason_text = serializers.SerializerMethodField(help_text="the same as a clause")
    action = serializers.CharField(
        source="action.public_id", default=None, read_only=True, allow_null=True
    )
    facts = serializers.DictField(
        child=serializers.JSONField(),
        read_only=True,
        help_text="readings, threshold and the policy with its sources at the time",
    )

    class Meta:
        model = PlannedStop
        fields = [
            *("id", "server", "server_name", "state", "is_dry_run", "execute_at", "cycle_end"),
            *("postponed", "is_hastened", "approved_by", "reason", "reason_text", "settled_by"),
            *("settled_at", "action", "facts", "created_at"),
        ]
        read_only_fields = fields

    def get_reason_text(self, plan: PlannedStop) -> str:
        """Return why it is settled."""
        return reasons.clause(plan.settled_reason)


class PlanQuery(Query):
    """Which planned stops to list."""

    state = serializers.ChoiceField(choices=PlannedStop.State.choices, required=False)
    open = serializers.BooleanField(required=False, help_text="true: it may still happen")
    server = serializers.CharField(max_length=22, required=False, help_text="a server's id")
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")


class PostponeSerializer(StrictSerializer):
    """For how long a stop is put off."""

    hours = serializers.IntegerField(min_value=1, max_value=72, default=1)


class ActionSerializer(serializers.ModelSerializer[PowerAction]):
    """A stop, start or reboot of one server."""

    id = serializers.CharField(source="public_id", read_only=True)
    server = serializers.CharField(source="server.public_id", read_only=True)
    server_name = serializers.CharField(source="server.name", read_only=True)
    kind = serializers.CharField(read_only=True, help_text="stop, start or reboot")
    origin = serializers.CharField(
        read_only=True, help_text="guard, resume, portal, chat, link or api: who wanted it"
    )
    batch = serializers.CharField(read_only=True, help_text="see batches/")
    state = serializers.CharField(read_only=True, help_text=STATES)
    state_text = serializers.SerializerMethodField(help_text="the same in words")
    advice = serializers.SerializerMethodField(help_text="why it failed and what to do now")
    reason = serializers.CharField(
        source="error_code", read_only=True, help_text="a word, where it failed"
    )
    seen_power = serializers.CharField(read_only=True, help_text="of the server, as last seen")

    class Meta:
        model = PowerAction
        fields = [
            *("id", "server", "server_name", "kind", "is_hard", "origin", "requested_by"),
            *("batch", "state", "state_text", "advice", "reason", "seen_power", "job_state"),
            *("cycle_end", "created_at", "sent_at", "settled_at"),
        ]
        read_only_fields = fields

    def get_state_text(self, action: PowerAction) -> str:
        """Return how far it is; times are in the zone of the context."""
        return action_words.state(action, self.context["zone"], timezone.now())

    def get_advice(self, action: PowerAction) -> str:
        """Return what to do about it."""
        return action_words.advice(action)


class ActionQuery(Query):
    """Which actions to list."""

    state = serializers.ChoiceField(choices=PowerAction.State.choices, required=False)
    open = serializers.BooleanField(required=False, help_text="true: it may change the server yet")
    kind = serializers.ChoiceField(choices=PowerAction.Kind.choices, required=False)
    origin = serializers.ChoiceField(choices=PowerAction.Origin.choices, required=False)
    server = serializers.CharField(max_length=22, required=False, help_text="a server's id")
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    batch = serializers.CharField(max_length=22, required=False)


class NewActionSerializer(StrictSerializer):
    """What is to be done with which servers."""

    kind = serializers.ChoiceField(choices=PowerAction.Kind.choices)
    servers = serializers.ListField(
        child=serializers.CharField(max_length=22), min_length=1, max_length=MOST_SERVERS
    )
    is_hard = serializers.BooleanField(
        default=False, help_text="cut the power instead of asking the system"
    )


class NotDoneSerializer(serializers.Serializer[Any]):
    """A server that got no action, and why."""

    server = serializers.CharField(source="server.public_id")
    reason = serializers.CharField(source="why", help_text="a word")
    reason_text = serializers.SerializerMethodField(help_text="the same as a clause")

    def get_reason_text(self, one: Any) -> str:
        """Return why."""
        return reasons.clause(one.why)


class RequestedSerializer(serializers.Serializer[Any]):
    """What came of one request."""

    batch = serializers.CharField(help_text="see batches/ for its progress")
    actions = ActionSerializer(many=True)
    refused = NotDoneSerializer(many=True)


class BatchProgressSerializer(serializers.Serializer[Any]):
    """How far the actions of one request are."""

    batch = serializers.CharField()
    count = serializers.IntegerField()
    settled = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="refused, or not confirmed")
    is_over = serializers.BooleanField()
    actions = ActionSerializer(many=True)
