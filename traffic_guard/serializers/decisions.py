"""The log of decisions as the REST API shows it."""

from __future__ import annotations

from rest_framework import serializers

from tenants.api_input import Query
from traffic_guard.models import Decision
from traffic_guard.services.guarding import decision_words
from traffic_guard.services.guarding.verdicts import Event, Verdict

CODES = sorted({*(str(one) for one in Verdict), *(str(one) for one in Event)})


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """Why a server was, or was not, stopped."""

    id = serializers.CharField(source="public_id", read_only=True)
    server = serializers.CharField(source="server.public_id", read_only=True)
    server_name = serializers.CharField(source="server.name", read_only=True)
    code = serializers.CharField(read_only=True, help_text="a word for programs")
    sentence = serializers.SerializerMethodField(help_text="the same in the caller's language")
    times = serializers.IntegerField(
        read_only=True, help_text="the same verdict in a row is one row, from `at` to `last_at`"
    )
    actor = serializers.CharField(read_only=True, help_text="empty: the guard")
    planned_stop = serializers.CharField(
        source="planned_stop.public_id", default=None, read_only=True, allow_null=True
    )
    action = serializers.CharField(
        source="action.public_id", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = Decision
        fields = [
            *("id", "server", "server_name", "code", "sentence", "at", "last_at", "times"),
            *("cycle_end", "actor", "planned_stop", "action"),
        ]
        read_only_fields = fields

    def get_sentence(self, decision: Decision) -> str:
        """Return why, in a sentence; times are in the zone of the context."""
        return decision_words.sentence(decision, self.context["zone"])


class DecisionDetailSerializer(DecisionSerializer):
    """A decision with all that it rests on."""

    facts = serializers.DictField(
        child=serializers.JSONField(),
        read_only=True,
        help_text="readings used, threshold, policy values with their source, the cloud's words",
    )

    class Meta(DecisionSerializer.Meta):
        fields = [*DecisionSerializer.Meta.fields, "facts"]
        read_only_fields = fields


class DecisionQuery(Query):
    """Which decisions to list."""

    server = serializers.CharField(max_length=22, required=False, help_text="a server's id")
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    code = serializers.ChoiceField(choices=[(one, one) for one in CODES], required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
