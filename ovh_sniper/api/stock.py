"""Stock, plans and history over the REST API: the same for all tenants, so nobody's secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api import answers
from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.hosts import ZONES, Host
from ovh_sniper.models import (
    Announced,
    CatalogueChange,
    Configuration,
    GhostStock,
    StockInterval,
    StoredPlan,
    Wish,
)
from ovh_sniper.serializers.stock import (
    ChanceSerializer,
    ChancesQuery,
    ChangeQuery,
    ChangeSerializer,
    HistoryQuery,
    IntervalSerializer,
    OnePlanQuery,
    PlanQuery,
    PlanSerializer,
    PlanWithOptionsSerializer,
    StockQuery,
    StockSerializer,
    host_of,
)
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.forecasting import chances, history
from ovh_sniper.services.orders import reasons
from ovh_sniper.services.polling import demand
from ovh_sniper.services.stock import list_rows
from tenants.api_input import asked
from tenants.api_lists import Conflict, NewestFirst, OldestFirst

PLAN_CODE = "[A-Za-z0-9._-]{1,80}"
Price = Callable[[Configuration], dict[str, Any] | None]


class StockViewSet(answers.ProductViewSet):
    """What OVH could deliver, as last seen."""

    serializer_class = StockSerializer
    pagination_class = OldestFirst
    queryset = Configuration.objects.filter(is_gone=False)

    @extend_schema(parameters=[StockQuery], responses=StockSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List hardware configurations with where each can be ordered."""
        wanted = asked(StockQuery, request)
        subsidiary = wanted.pop("subsidiary", "")
        self.price = _prices(subsidiary) if subsidiary else _nothing
        found = self.get_queryset()
        is_vps = wanted.pop("track", "") == Wish.Track.VPS
        found = found.filter(~list_rows.LISTED if is_vps else list_rows.LISTED)
        if "host" in wanted:
            # a program that reads along keeps the host polled, as a page does
            demand.want(Host(wanted["host"]), timezone.now())
        place, is_there = wanted.pop("datacenter", ""), wanted.pop("in_stock", None)
        if place or is_there is not None:
            found = found.filter(_in_stock(place, is_there=is_there is not False))
        open_ones = StockInterval.objects.filter(closed_at=None).annotate(refused_at=_refused())
        shown = Prefetch(
            "intervals", open_ones.order_by("delivery_hours", "datacenter"), "open_intervals"
        )
        coming = Prefetch("announcements", Announced.objects.all(), "coming")
        return self.page(found.prefetch_related(shown, coming), wanted, plan="plan_code")

    def get_serializer_context(self) -> dict[str, Any]:
        """Hand over what computes prices."""
        return {**super().get_serializer_context(), "price": getattr(self, "price", _nothing)}


def _in_stock(place: str, *, is_there: bool) -> Any:
    open_ones = StockInterval.objects.filter(configuration=OuterRef("pk"), closed_at=None)
    if place:
        open_ones = open_ones.filter(datacenter=place)
    return Exists(open_ones) if is_there else ~Exists(open_ones)


def _refused() -> Subquery:
    """Return when OVH last refused at checkout what an interval shows."""
    found = GhostStock.objects.filter(
        host=OuterRef("configuration__host"),
        fqn=OuterRef("configuration__fqn"),
        datacenter=OuterRef("datacenter"),
        refusals__gt=0,
    )
    return Subquery(found.values("last_refused_at")[:1])


def _nothing(_one: Configuration) -> None:
    return None


def _prices(subsidiary: str) -> Price:
    """Return what tells a configuration's price; the price list is read once for all of them."""
    host, now = host_of(subsidiary), timezone.now()
    catalogues.ensure(host, subsidiary)
    catalogue = catalogues.current(host, subsidiary)

    def price(one: Configuration) -> dict[str, Any] | None:
        addons = catalogue.addons_of(choosing.row_of(one)) if catalogue else None
        if catalogue is None or addons is None:
            return None
        return {
            "due_now": choosing.due_now(catalogue, one.plan_code, addons, now),
            "renewal": choosing.renewal(catalogue, one.plan_code, addons, now),
            "currency": catalogue.currency,
        }

    return price


class PlanViewSet(answers.ProductViewSet):
    """What OVH sells, with prices, and how its stock came and went."""

    serializer_class = PlanSerializer
    pagination_class = OldestFirst
    queryset = StoredPlan.objects.select_related("catalogue").defer("catalogue__body")
    lookup_field = "plan_code"
    lookup_url_kwarg = "code"
    lookup_value_regex = PLAN_CODE

    @extend_schema(parameters=[PlanQuery], responses=PlanSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List a subsidiary's plans; 409 where its price list is still being read."""
        wanted = asked(PlanQuery, request)
        _read(wanted["subsidiary"])
        found = self.get_queryset()
        if words := wanted.pop("q", ""):
            found = found.filter(Q(plan_code__icontains=words) | Q(name__icontains=words))
        return self.page(found, wanted, subsidiary="catalogue__subsidiary")

    @extend_schema(parameters=[OnePlanQuery], responses=PlanWithOptionsSerializer)
    def retrieve(self, request: Request, code: str) -> Response:
        """Show a plan with the addons that a wish or an order can name."""
        subsidiary = asked(OnePlanQuery, request)["subsidiary"]
        catalogue = _read(subsidiary)
        plan = get_object_or_404(
            self.get_queryset(), plan_code=code, catalogue__subsidiary=subsidiary
        )
        return Response(PlanWithOptionsSerializer(plan, context={"catalogue": catalogue}).data)

    @extend_schema(parameters=[ChancesQuery], responses=ChanceSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def chances(self, request: Request, code: str) -> Response:
        """Estimate whether a plan comes back within an hour and a day, by datacenter."""
        host, now = Host(asked(ChancesQuery, request)["host"]), timezone.now()
        kept = timedelta(days=settings.OVH_HISTORY_DAYS)
        seen = history.timeline(host.value, code, now - kept, now)
        return Response(ChanceSerializer(chances.of(seen, ZONES[host]), many=True).data)

    @extend_schema(parameters=[HistoryQuery], responses=IntervalSerializer(many=True))
    @action(detail=True, pagination_class=NewestFirst, serializer_class=IntervalSerializer)
    def history(self, request: Request, code: str) -> Response:
        """List when a plan's configurations could be ordered, the latest first."""
        wanted = asked(HistoryQuery, request)
        found = StockInterval.objects.filter(configuration__plan_code=code)
        if since := wanted.pop("since", None):
            found = found.filter(Q(closed_at=None) | Q(closed_at__gt=since))
        return self.page(
            found.select_related("configuration"),
            wanted,
            host="configuration__host",
            fqn="configuration__fqn",
        )


def _read(subsidiary: str) -> Catalogue:
    """Return a price list; the first time that anybody asks, have it read.

    Raises:
        Conflict: it was not read yet.
    """
    host = host_of(subsidiary)
    catalogues.ensure(host, subsidiary)
    catalogue = catalogues.current(host, subsidiary)
    if catalogue is None:
        raise Conflict(reasons.words("catalogue"), "catalogue")
    return catalogue


class ChangeViewSet(answers.ProductViewSet):
    """What changed in the price lists: new plans, prices, promotions."""

    serializer_class = ChangeSerializer
    queryset: QuerySet[CatalogueChange] = CatalogueChange.objects.select_related("catalogue").defer(
        "catalogue__body"
    )

    @extend_schema(parameters=[ChangeQuery], responses=ChangeSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List changes, the newest first."""
        wanted = asked(ChangeQuery, request)
        return self.page(
            self.get_queryset(), wanted, plan="plan_code", subsidiary="catalogue__subsidiary"
        )
