"""Wishes as the REST API reads and shows them."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ovh_sniper.models import Wish
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.models.wishes import MAX_QUANTITY
from ovh_sniper.services.orders import reasons
from tenants.api_input import Query, StrictSerializer

FAMILY = re.compile(r"[a-z0-9_-]{1,40}")
MOST_PLANS = 200
MOST_WISHES = 500
LONGEST_WAIT = 32_767


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "days": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 6}},
            "from": {"type": "string", "example": "09:00"},
            "to": {"type": "string", "example": "18:00"},
        },
    }
)
class ScheduleField(serializers.JSONField):
    """When a wish may act; its parts are checked by tenants/schedules.py."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the schedule.

        Raises:
            ValidationError: it is no object.
        """
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Days are 0 (Monday) to 6, hours like 09:00."))
        return super().to_internal_value(data)


class WishSerializer(serializers.ModelSerializer[Wish]):
    """A wish."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(
        source="account.public_id", default=None, read_only=True, allow_null=True
    )
    bot = serializers.CharField(
        source="bot.public_id", default=None, read_only=True, allow_null=True
    )
    host = serializers.CharField(read_only=True, help_text="eu, ca or us")
    track = serializers.CharField(read_only=True, help_text="dedicated or vps")
    mode = serializers.CharField(read_only=True, help_text="alert, ask or order")
    state = serializers.CharField(
        read_only=True, help_text="armed, paused, done, expired or stopped"
    )
    reason = serializers.SerializerMethodField(help_text="why it was stopped, in words")
    pieces_left = serializers.SerializerMethodField(
        help_text="servers that may still be ordered; alert only: none are"
    )
    schedule = ScheduleField(read_only=True)
    extras = serializers.DictField(child=serializers.CharField(), read_only=True)
    datacenters = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Wish
        fields = [
            *("id", "name", "account", "host", "subsidiary", "track", "plan_code"),
            *("memory", "storage", "system_storage", "gpu", "extras", "datacenters"),
            *("quantity", "pieces_left", "max_delivery_hours", "cap_due_now", "cap_renewal"),
            *("budget_day", "budget_month", "schedule", "expires_at", "mode", "autopay"),
            *("waive_retractation", "dry_run", "guards_repeats", "bot", "state", "reason"),
            *("created_at", "changed_at"),
        ]
        read_only_fields = fields

    def get_reason(self, wish: Wish) -> str:
        """Return a word of ours in the caller's language, or OVH's own words."""
        reason = wish.state_reason
        return reasons.words(reason) if reason in reasons.OURS else reason

    def get_pieces_left(self, wish: Wish) -> int:
        """Return what is left; `held` is counted by the list's query."""
        if wish.mode == Wish.Mode.ALERT:
            return 0
        held: int = wish.held  # type: ignore[attr-defined]
        return max(wish.quantity - held, 0)


def _amount(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=12, decimal_places=2, required=False, allow_null=True, help_text=text
    )


class TermsSerializer(StrictSerializer):
    """All terms of a wish but the plan; what is left out has its default, or stays."""

    account = serializers.CharField(
        max_length=22, required=False, allow_null=True, help_text="an account's id; none: alerts"
    )
    host = serializers.ChoiceField(
        choices=HOSTS, required=False, help_text="of a wish without account; else the account's"
    )
    subsidiary = serializers.CharField(
        max_length=4, required=False, help_text="of a wish without account; else the account's"
    )
    track = serializers.ChoiceField(choices=Wish.Track.choices, required=False)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    memory = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="as the stock list has it"
    )
    storage = serializers.CharField(max_length=120, required=False, allow_blank=True)
    system_storage = serializers.CharField(max_length=120, required=False, allow_blank=True)
    gpu = serializers.CharField(max_length=80, required=False, allow_blank=True)
    extras = serializers.DictField(
        child=serializers.CharField(max_length=80),
        required=False,
        help_text="addon code by family, for what the stock list does not tell apart: bandwidth",
    )
    datacenters = serializers.ListField(
        child=serializers.CharField(max_length=24),
        required=False,
        max_length=50,
        help_text="in order of preference; empty: any",
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    max_delivery_hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_WAIT, required=False, allow_null=True
    )
    cap_due_now = _amount("most to pay now for one server, tax included")
    cap_renewal = _amount("most for a renewal, tax included")
    budget_day = _amount("of all its orders, tax included")
    budget_month = _amount("of all its orders, tax included")
    schedule = ScheduleField(required=False, help_text="{}: always")
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    mode = serializers.ChoiceField(
        choices=Wish.Mode.choices, required=False, help_text="order needs the scope ovh:order"
    )
    autopay = serializers.BooleanField(required=False, help_text="needs the scope ovh:pay")
    waive_retractation = serializers.BooleanField(required=False)
    dry_run = serializers.BooleanField(
        required=False, help_text="everything but the order itself, which is only written down"
    )
    guards_repeats = serializers.BooleanField(required=False)
    bot = serializers.CharField(
        max_length=22, required=False, allow_null=True, help_text="the bot that tells of it"
    )

    def validate_extras(self, extras: dict[str, str]) -> dict[str, str]:
        """Return the extras if their families have names that OVH could give."""
        if not all(FAMILY.fullmatch(family) for family in extras):
            raise serializers.ValidationError(_("Extras are an addon code for each family."))
        return extras


class NewWishSerializer(TermsSerializer):
    """A wish to make."""

    plan_code = serializers.CharField(max_length=80)


class WishChangesSerializer(TermsSerializer):
    """What to change of a wish, or of its copy."""

    plan_code = serializers.CharField(max_length=80, required=False)


class BatchSerializer(TermsSerializer):
    """The same wish for many plans: all are made, or none."""

    plan_codes = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=MOST_PLANS
    )


class ActSerializer(StrictSerializer):
    """What to do with which wishes."""

    act = serializers.ChoiceField(choices=["pause", "resume", "remove"])
    ids = serializers.ListField(
        child=serializers.CharField(max_length=22), min_length=1, max_length=MOST_WISHES
    )


class ActedSerializer(serializers.Serializer[Any]):
    """How many wishes it changed."""

    changed = serializers.IntegerField()


class WishQuery(Query):
    """Which wishes to list."""

    state = serializers.ChoiceField(choices=Wish.State.choices, required=False)
    mode = serializers.ChoiceField(choices=Wish.Mode.choices, required=False)
    host = serializers.ChoiceField(choices=HOSTS, required=False)
    plan = serializers.CharField(max_length=80, required=False, help_text="a plan's code")
    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")


class ImportQuery(StrictSerializer):
    """What the lines of a file do not say: whose account, or whose prices."""

    account = serializers.CharField(max_length=22, required=False, help_text="an account's id")
    host = serializers.ChoiceField(choices=HOSTS, required=False)
    subsidiary = serializers.CharField(max_length=4, required=False)


class WishesSerializer(serializers.Serializer[Any]):
    """Wishes that were made together."""

    wishes = WishSerializer(many=True)
