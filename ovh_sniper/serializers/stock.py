"""Stock, plans and their history as the REST API shows them. All amounts are with tax."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ovh_sniper.gateways.hosts import SUBSIDIARIES, Host
from ovh_sniper.models import CatalogueChange, Configuration, StockInterval, StoredPlan, Wish
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.catalogue import offers
from tenants.api_input import Query, StrictSerializer

SUBSIDIARY_CHOICES = sorted((name, name) for names in SUBSIDIARIES.values() for name in names)


def host_of(subsidiary: str) -> Host:
    """Return where a subsidiary sells."""
    return next(host for host, names in SUBSIDIARIES.items() if subsidiary in names)


class CostSerializer(serializers.Serializer[Any]):
    """What one server costs in its configuration, with everything else as OVH has it."""

    due_now = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="set-up and first month"
    )
    renewal = serializers.DecimalField(
        max_digits=14, decimal_places=2, allow_null=True, help_text="a month"
    )
    currency = serializers.CharField()


class AvailabilitySerializer(serializers.ModelSerializer[StockInterval]):
    """Where a configuration can be ordered now."""

    availability = serializers.CharField(read_only=True, help_text="OVH's word: 1H-low, 72H")
    since = serializers.DateTimeField(source="opened_at", read_only=True)
    refused_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="when OVH last refused it at checkout"
    )

    class Meta:
        model = StockInterval
        fields = ["datacenter", "availability", "delivery_hours", "since", "refused_at"]
        read_only_fields = fields


class StockSerializer(serializers.ModelSerializer[Configuration]):
    """A hardware configuration, and where it can be ordered."""

    host = serializers.CharField(read_only=True, help_text="eu, ca or us")
    in_stock = AvailabilitySerializer(source="open_intervals", many=True, read_only=True)
    announced = serializers.SerializerMethodField(help_text="datacenters: OVH says “coming soon”")
    price = serializers.SerializerMethodField(
        help_text="where `subsidiary` is asked for and its price list names one"
    )

    class Meta:
        model = Configuration
        fields = [
            *("host", "fqn", "plan_code", "server", "memory", "storage", "system_storage", "gpu"),
            *("in_stock", "announced", "price", "first_seen", "last_seen"),
        ]
        read_only_fields = fields

    def get_announced(self, one: Any) -> list[str]:
        """Return the datacenters."""
        return sorted(announced.datacenter for announced in one.coming)

    @extend_schema_field(CostSerializer(allow_null=True))
    def get_price(self, one: Configuration) -> dict[str, Any] | None:
        """Return the price; the view hands over what computes it."""
        price = self.context["price"](one)
        return None if price is None else dict(CostSerializer(price).data)


class StockQuery(Query):
    """Which stock to list."""

    host = serializers.ChoiceField(choices=HOSTS, required=False)
    plan = serializers.CharField(max_length=80, required=False, help_text="a plan's code")
    track = serializers.ChoiceField(
        choices=Wish.Track.choices, required=False, help_text="default: dedicated"
    )
    datacenter = serializers.CharField(max_length=24, required=False)
    in_stock = serializers.BooleanField(
        required=False,
        help_text="whether it can be ordered, in `datacenter` where one is named; default: all",
    )
    subsidiary = serializers.ChoiceField(
        choices=SUBSIDIARY_CHOICES, required=False, help_text="whose prices to name"
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the query if host and subsidiary belong together."""
        if "subsidiary" in data:
            host = host_of(data["subsidiary"])
            if data.setdefault("host", host.value) != host.value:
                raise serializers.ValidationError(
                    {"subsidiary": [_("This host has no such subsidiary.")]}
                )
        return data


class PlanSerializer(serializers.ModelSerializer[StoredPlan]):
    """A plan in its cheapest form; `due_now` is set-up and first month, promotions applied."""

    setup = serializers.SerializerMethodField()
    due_now = serializers.SerializerMethodField()
    renewal = serializers.SerializerMethodField()
    currency = serializers.CharField(source="catalogue.currency", read_only=True)
    tax_rate = serializers.DecimalField(
        source="catalogue.tax_rate",
        max_digits=6,
        decimal_places=3,
        read_only=True,
        help_text="percent, part of all amounts",
    )
    datacenters = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = StoredPlan
        fields = [
            *("plan_code", "name", "range", "setup", "due_now", "renewal", "currency"),
            *("tax_rate", "promotion", "promotion_ends_at", "datacenters"),
        ]
        read_only_fields = fields

    def get_setup(self, plan: StoredPlan) -> str:
        """Return what is paid once."""
        return str(offers.with_tax(plan.setup, plan.catalogue.tax_rate))

    def get_due_now(self, plan: StoredPlan) -> str:
        """Return what is paid with the order."""
        return str(offers.with_tax(plan.setup + plan.first_period, plan.catalogue.tax_rate))

    def get_renewal(self, plan: StoredPlan) -> str:
        """Return what a further month costs."""
        return str(offers.with_tax(plan.renewal, plan.catalogue.tax_rate))


class AddonSerializer(serializers.Serializer[Any]):
    """One choice of a family: `code` is what a wish or an order takes."""

    code = serializers.CharField()
    product = serializers.CharField(help_text="what the stock list calls it")
    name = serializers.CharField()


class FamilySerializer(serializers.Serializer[Any]):
    """What can be chosen of a plan: memory, storage, bandwidth."""

    name = serializers.CharField()
    default = serializers.CharField()
    is_mandatory = serializers.BooleanField()
    addons = AddonSerializer(many=True)


class PlanWithOptionsSerializer(PlanSerializer):
    """A plan with all that can be chosen of it."""

    families = serializers.SerializerMethodField()

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "families"]
        read_only_fields = fields

    @extend_schema_field(FamilySerializer(many=True))
    def get_families(self, plan: StoredPlan) -> list[Any]:
        """Return the choices; the view hands over the price list."""
        catalogue = self.context["catalogue"]
        sold = catalogue.plans.get(plan.plan_code)
        families = [
            {
                "name": family.name,
                "default": family.default,
                "is_mandatory": family.is_mandatory,
                "addons": [
                    catalogue.addons[code] for code in family.addons if code in catalogue.addons
                ],
            }
            for family in (sold.families if sold else ())
        ]
        return list(FamilySerializer(families, many=True).data)


class PlanQuery(Query):
    """Whose plans to list, and which."""

    subsidiary = serializers.ChoiceField(choices=SUBSIDIARY_CHOICES, help_text="whose plans")
    q = serializers.CharField(
        max_length=80, required=False, help_text="part of a plan's code or name"
    )
    range = serializers.CharField(max_length=40, required=False, help_text="kimsufi, rise, …")


class OnePlanQuery(StrictSerializer):
    """Whose price list to read."""

    subsidiary = serializers.ChoiceField(choices=SUBSIDIARY_CHOICES)


class IntervalSerializer(serializers.ModelSerializer[StockInterval]):
    """A time in which a configuration could be ordered in a datacenter."""

    fqn = serializers.CharField(source="configuration.fqn", read_only=True)
    delivery_hours = serializers.IntegerField(read_only=True, help_text="at the latest look")
    best_hours = serializers.IntegerField(read_only=True, help_text="the quickest of the time")
    closed_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="none: it still can"
    )
    is_baseline = serializers.BooleanField(
        read_only=True, help_text="it was there at our first look: nobody knows since when"
    )

    class Meta:
        model = StockInterval
        fields = [
            *("fqn", "datacenter", "availability", "delivery_hours", "best_hours"),
            *("opened_at", "closed_at", "is_baseline"),
        ]
        read_only_fields = fields


class ChanceSerializer(serializers.Serializer[Any]):
    """How likely a plan comes back in a datacenter; what is not known is null."""

    datacenter = serializers.CharField()
    is_in_stock = serializers.BooleanField()
    sample = serializers.IntegerField(help_text="restocks that it is drawn from")
    within_hour = serializers.FloatField(allow_null=True, help_text="0 to 1")
    within_day = serializers.FloatField(allow_null=True, help_text="0 to 1")


class ChancesQuery(StrictSerializer):
    """Whose stock to look at."""

    host = serializers.ChoiceField(choices=HOSTS)


class HistoryQuery(Query):
    """Which part of a plan's history to list."""

    host = serializers.ChoiceField(choices=HOSTS)
    datacenter = serializers.CharField(max_length=24, required=False)
    fqn = serializers.CharField(max_length=200, required=False, help_text="one configuration")
    since = serializers.DateTimeField(required=False, help_text="what was in stock after that")


class ChangeSerializer(serializers.ModelSerializer[CatalogueChange]):
    """What changed in a price list. The amounts of `before` and `after` are without tax."""

    subsidiary = serializers.CharField(source="catalogue.subsidiary", read_only=True)
    host = serializers.CharField(source="catalogue.host", read_only=True)
    kind = serializers.CharField(read_only=True, help_text="new, gone, price or promotion")
    before = serializers.DictField(child=serializers.CharField(), read_only=True)
    after = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = CatalogueChange
        fields = [
            *("host", "subsidiary", "plan_code", "name", "kind", "before", "after", "noticed_at"),
        ]
        read_only_fields = fields


class ChangeQuery(Query):
    """Which changes to list."""

    subsidiary = serializers.ChoiceField(choices=SUBSIDIARY_CHOICES, required=False)
    kind = serializers.ChoiceField(choices=CatalogueChange.Kind.choices, required=False)
    plan = serializers.CharField(max_length=80, required=False, help_text="a plan's code")
