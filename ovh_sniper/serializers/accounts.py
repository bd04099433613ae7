"""OVH accounts as the REST API reads and shows them. Keys go in and never out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ovh_sniper.models import Account
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.accounts import findings, functions, state_words
from ovh_sniper.services.accounts.checks import LONGEST_KEY, PARTS
from tenants.api_input import StrictSerializer

RIGHTS = [(right, functions.LABELS[right]) for right in functions.OPTIONAL]
KEYS = tuple(part for parts in PARTS.values() for part in parts)


class FindingSerializer(serializers.Serializer[Any]):
    """Something that is right or wrong with an account, in words."""

    code = serializers.CharField()
    tone = serializers.CharField(help_text="bad, warn or info")
    title = serializers.CharField()
    advice = serializers.CharField()
    items = serializers.ListField(
        child=serializers.CharField(), help_text="rules or actions that it is about"
    )


class AccountSerializer(serializers.ModelSerializer[Account]):
    """An OVH account; its keys are never shown."""

    id = serializers.CharField(source="public_id", read_only=True)
    host = serializers.CharField(read_only=True, help_text="eu, ca or us")
    kind = serializers.CharField(read_only=True, help_text="keys or service")
    state = serializers.CharField(read_only=True, help_text="pending, ready, limited or broken")
    state_text = serializers.SerializerMethodField(help_text="the same in words")
    can_order = serializers.BooleanField(read_only=True)
    is_disconnected = serializers.BooleanField(read_only=True)
    waits_for_consent = serializers.SerializerMethodField(
        help_text="its owner is to agree at OVH: see consent/"
    )
    rights = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="beyond ordering: pay, withdraw"
    )
    findings = serializers.SerializerMethodField()
    checked_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="none: it is being looked at"
    )

    class Meta:
        model = Account
        fields = [
            *("id", "name", "host", "kind", "state", "state_text", "can_order"),
            *("is_disconnected", "waits_for_consent", "rights", "findings", "nichandle"),
            *("subsidiary", "currency", "payment_method", "expires_at", "checked_at"),
            "created_at",
        ]
        read_only_fields = fields

    def get_state_text(self, account: Account) -> str:
        """Return how it stands."""
        return state_words.standing(account).text

    def get_waits_for_consent(self, account: Account) -> bool:
        """Tell whether a consent is under way."""
        return bool(account.consent_back)

    @extend_schema_field(FindingSerializer(many=True))
    def get_findings(self, account: Account) -> list[Any]:
        """Return what the doctor found, the worst first."""
        return list(FindingSerializer(findings.in_order(account.findings), many=True).data)


def _key(text: str = "") -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST_KEY, required=False, write_only=True, help_text=text
    )


class KeysSerializer(StrictSerializer):
    """What an account proves itself with."""

    application_key = _key()
    application_secret = _key()
    consumer_key = _key("none: OVH is asked for one, and its owner agrees at OVH")
    client_id = _key("of a service account")
    client_secret = _key("of a service account")


def refuse_foreign_keys(kind: str, data: dict[str, Any]) -> None:
    """Refuse keys that an account of this kind does not have.

    Raises:
        ValidationError: by field.
    """
    foreign = set(KEYS) & set(data) - set(PARTS[Account.Kind(kind)])
    if foreign:
        said = _("This kind of account has no such key.")
        raise serializers.ValidationError({name: [said] for name in sorted(foreign)})


class NewAccountSerializer(KeysSerializer):
    """An account to link."""

    name = serializers.CharField(max_length=80)
    host = serializers.ChoiceField(choices=HOSTS)
    kind = serializers.ChoiceField(choices=Account.Kind.choices, default=Account.Kind.KEYS)
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHTS), default=list, max_length=len(RIGHTS)
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the data if no key is of the other kind."""
        refuse_foreign_keys(data["kind"], data)
        return data


class AccountChangesSerializer(KeysSerializer):
    """Another name, region or keys; what is left out stays."""

    name = serializers.CharField(max_length=80, required=False)
    host = serializers.ChoiceField(
        choices=HOSTS, required=False, help_text="only until it worked once"
    )


class RightsSerializer(StrictSerializer):
    """What OVH is asked for beyond ordering."""

    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHTS), default=list, max_length=len(RIGHTS)
    )


class ConsentSerializer(serializers.Serializer[Any]):
    """Where the account's owner agrees."""

    url = serializers.CharField(help_text="OVH's page; empty: OVH is being asked for it")
