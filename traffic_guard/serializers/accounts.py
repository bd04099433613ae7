"""Cloud accounts as the REST API reads and shows them. Keys go in and never out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api_input import Query, StrictSerializer
from traffic_guard.models import Account
from traffic_guard.services.accounts import findings, standing
from traffic_guard.services.accounts.validation import LONGEST_KEY, LONGEST_NAME
from traffic_guard.services.readings import pacing

STATES = "pending, ready, limited (something is missing) or broken (refused by the cloud)"


class CloudFindingSerializer(serializers.Serializer[Any]):
    """Something that is wrong with an account, in words."""

    code = serializers.CharField()
    tone = serializers.CharField(help_text="bad, warn or info")
    title = serializers.CharField()
    advice = serializers.CharField()
    lines = serializers.CharField(help_text="what to copy: the action that a policy lacks")


class CloudGrantSerializer(serializers.Serializer[Any]):
    """Whether the cloud lets an account do something."""

    api = serializers.CharField()
    action = serializers.CharField(help_text="as policies of the cloud name it")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="what it is needed for"
    )
    tone = serializers.CharField()
    text = serializers.CharField(help_text="allowed, missing, …")


class CloudAccountSerializer(serializers.ModelSerializer[Account]):
    """An account at a cloud; its secret key is never shown."""

    id = serializers.CharField(source="public_id", read_only=True)
    access_key = serializers.SerializerMethodField(help_text="shortened: AK****WXYZ")
    rights = serializers.CharField(read_only=True, help_text="monitor or guard")
    state = serializers.CharField(read_only=True, help_text=STATES)
    state_text = serializers.SerializerMethodField(help_text="the same in words")
    is_disconnected = serializers.SerializerMethodField()
    halted_for = serializers.CharField(
        read_only=True, help_text="automatic stops rest because of this: frozen, denied; or empty"
    )
    search_text = serializers.SerializerMethodField(
        help_text="what there is to say of the last search for servers, in words"
    )
    read_every = serializers.SerializerMethodField(help_text="seconds between two readings now")
    next_reading_at = serializers.DateTimeField(source="poll_at", read_only=True, allow_null=True)
    checked_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="none: its keys are being looked at"
    )

    class Meta:
        model = Account
        fields = [
            *("id", "name", "provider", "site", "access_key", "domain_id", "rights", "state"),
            *("state_text", "is_disconnected", "halted_for", "search_text", "read_every"),
            *("checked_at", "discovered_at", "polled_at", "next_reading_at", "created_at"),
        ]
        read_only_fields = fields

    def get_access_key(self, account: Account) -> str:
        """Return the key as people may see it; `keys` by account is in the context."""
        return str(self.context["keys"].get(account.pk, ""))

    def get_state_text(self, account: Account) -> str:
        """Return how it stands."""
        return standing.standing(account).text

    def get_is_disconnected(self, account: Account) -> bool:
        """Tell whether its keys are gone."""
        return account.left_at is not None

    def get_search_text(self, account: Account) -> str:
        """Return what there is to say of its last search."""
        said = standing.search(account)
        return "" if said is None else said.text

    def get_read_every(self, account: Account) -> int:
        """Return its interval, as the cloud's limit allows it."""
        return round(pacing.read_every(account).total_seconds())


class CloudAccountDetailSerializer(CloudAccountSerializer):
    """An account with what the last check found."""

    findings = serializers.SerializerMethodField(help_text="what is wrong, the worst first")
    grants = serializers.SerializerMethodField(help_text="what it may do, right by right")

    class Meta(CloudAccountSerializer.Meta):
        fields = [*CloudAccountSerializer.Meta.fields, "findings", "grants"]
        read_only_fields = fields

    @extend_schema_field(CloudFindingSerializer(many=True))
    def get_findings(self, account: Account) -> list[Any]:
        """Return what is wrong in the caller's language."""
        found = findings.of_account(account)
        return list(CloudFindingSerializer(found, many=True).data)

    @extend_schema_field(CloudGrantSerializer(many=True))
    def get_grants(self, account: Account) -> list[Any]:
        """Return its rights as the cloud said."""
        return list(CloudGrantSerializer(standing.grants(account), many=True).data)


def _key() -> serializers.CharField:
    # what is blank or has spaces is refused by the service, in its words
    return serializers.CharField(
        max_length=LONGEST_KEY, write_only=True, allow_blank=True, trim_whitespace=False
    )


class NewCloudAccountSerializer(StrictSerializer):
    """An account to link."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    provider = serializers.CharField(max_length=20, default="huawei")
    site = serializers.CharField(
        max_length=10, help_text="where it was opened: cn, intl or eu at Huawei Cloud"
    )
    access_key = _key()
    secret_key = _key()
    rights = serializers.ChoiceField(choices=Account.Rights.choices, default=Account.Rights.MONITOR)


class CloudAccountChangesSerializer(StrictSerializer):
    """Another name, site, rights or keys; what is left out stays."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    site = serializers.CharField(max_length=10, required=False)
    access_key = serializers.CharField(max_length=LONGEST_KEY, required=False, write_only=True)
    secret_key = serializers.CharField(max_length=LONGEST_KEY, required=False, write_only=True)
    rights = serializers.ChoiceField(choices=Account.Rights.choices, required=False)


class AccountQuery(Query):
    """Which accounts to list."""

    state = serializers.ChoiceField(choices=Account.State.choices, required=False)
    disconnected = serializers.BooleanField(required=False, help_text="left out: all of them")
