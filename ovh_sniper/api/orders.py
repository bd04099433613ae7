"""Orders over the REST API. To order needs the scope `ovh:order`, to pay or withdraw `ovh:pay`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api import answers
from ovh_sniper.api.answers import ORDER, PAY, READ, refusals_in_http
from ovh_sniper.api.lookups import account_of
from ovh_sniper.models import Account, Order
from ovh_sniper.serializers.orders import (
    NewOrderSerializer,
    OrderQuery,
    OrderSerializer,
    OrdersSerializer,
    PaymentSerializer,
    PreviewQuery,
    PreviewSerializer,
    RetractSerializer,
    SpendQuery,
    TotalSerializer,
)
from ovh_sniper.services.ordering import by_hand, paying, request_keys
from ovh_sniper.services.orders import listing, spend, too_late
from tenants.api_auth import require_scope
from tenants.api_input import IDEMPOTENCY_PARAMETER, asked, checked, idempotency_key
from tenants.api_lists import Conflict
from tenants.services import audit
from tenants.services.audit import Actor

# what names several things: of a query it may stand there more than once
LISTS = ("datacenters", "options")
PAYING = {"read": PAY, "write": PAY}


class OrderViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """The tenant's orders."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": ORDER}
    serializer_class = OrderSerializer

    def get_queryset(self) -> QuerySet[Order]:
        """Return the tenant's orders without their carts' ids, addresses and passwords."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        return listing.listed()

    @extend_schema(parameters=[OrderQuery], responses=OrderSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List orders, the newest first."""
        wanted = asked(OrderQuery, request)
        is_open = wanted.pop("open", None)
        found = self.get_queryset()
        if is_open is not None:
            rows = Q(state__in=Order.OPEN)
            found = found.filter(rows if is_open else ~rows)
        return self.page(
            found,
            wanted,
            plan="plan_code",
            account="account__public_id",
            wish="wish__public_id",
        )

    @extend_schema(
        request=NewOrderSerializer,
        parameters=[IDEMPOTENCY_PARAMETER],
        responses={200: OrdersSerializer, 201: OrdersSerializer},
    )
    def create(self, request: Request) -> Response:
        """Order servers of a plan at once.

        Answers 201 when the orders are written; a worker sends them within a moment. The same key
        again answers 200 with the same orders, and orders nothing: repeat a request whose answer
        was lost. 409 where the key was used for another order, or the same plan and datacenter was
        ordered by hand within two minutes; 422 where it cannot be ordered.
        """
        given, key = checked(NewOrderSerializer, request.data), idempotency_key(request)
        if given["autopay"]:
            require_scope(request, PAY)
        account, now = account_of(given.pop("account")), timezone.now()
        with refusals_in_http(), transaction.atomic():
            orders = by_hand.order_plan(
                account,
                source=Order.Source.API,
                request_key=request_keys.of_header(key),
                requested_by=str(request.auth),
                now=now,
                **given,
            )
            is_new = bool(orders) and all(order.created_at == now for order in orders)
            # inside: an answer that refuses leaves nothing ordered
            if not is_new and not request_keys.is_same(orders, **_terms(account, given)):
                said = _("This key was used for another order.")
                raise Conflict(said, "idempotency_key_reused")
        return self._all_shown(orders, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(parameters=[PreviewQuery], responses=PreviewSerializer)
    @action(detail=False, methods=["get"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """Show what an order would be and cost; 422 where it cannot be ordered now."""
        query = request.query_params
        given = checked(
            PreviewQuery,
            {name: query.getlist(name) if name in LISTS else query.get(name) for name in query},
        )
        account = account_of(given.pop("account"))
        with refusals_in_http():
            found = by_hand.preview(account, now=timezone.now(), **given)
        return Response(PreviewSerializer(found).data)

    @extend_schema(parameters=[SpendQuery], responses=TotalSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def spend(self, request: Request) -> Response:
        """Add up what was ordered and paid, by month and account, the latest first."""
        since = asked(SpendQuery, request).get("since")
        totals = spend.by_month(ZoneInfo(self.tenant.time_zone), since=since)
        return Response(TotalSerializer(totals, many=True).data)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Take an order back that was not sent to OVH; 409 where it is too late."""
        del kwargs
        with refusals_in_http(too_late.CANCEL), transaction.atomic():
            by_hand.cancel(
                self.get_object().pk,
                requested_by=str(request.auth),
                actor=Actor.from_request(request),
            )
        return self._shown()

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"], required_scopes=PAYING)
    def pay(self, request: Request, **kwargs: Any) -> Response:
        """Have an unpaid order paid with the account's default method, by a worker."""
        del kwargs
        with refusals_in_http(too_late.PAY), transaction.atomic():
            paying.pay(self.get_object().pk, actor=Actor.from_request(request))
        return self._shown()

    @extend_schema(request=RetractSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"], required_scopes=PAYING)
    def retract(self, request: Request, **kwargs: Any) -> Response:
        """Withdraw from a paid order (private customers, 14 days), by a worker."""
        del kwargs
        with refusals_in_http(too_late.RETRACT), transaction.atomic():
            order = self.get_object()
            reason = checked(RetractSerializer, request.data)["reason"]
            paying.retract(order.pk, reason, actor=Actor.from_request(request))
        return self._shown()

    @extend_schema(responses=PaymentSerializer)
    @action(detail=True, methods=["get"], required_scopes=PAYING, url_path="payment")
    def payment(self, request: Request, **kwargs: Any) -> Response:
        """Show where an unpaid order is paid; 409 where there is nothing to pay. It is audited."""
        del kwargs
        order = self.get_object()
        # deferred until here: it holds the order's password
        if order.state != Order.State.PLACED or not order.url:
            raise Conflict(_("There is nothing to pay."), state=order.state)
        with transaction.atomic():
            audit.record("ovh_order.link_shown", actor=Actor.from_request(request), target=order)
        return Response(PaymentSerializer(order).data, headers={"Cache-Control": "no-store"})

    def _shown(self) -> Response:
        return Response(OrderSerializer(self.get_object()).data)

    def _all_shown(self, orders: Sequence[Order], code: int) -> Response:
        found = self.get_queryset().filter(pk__in=[order.pk for order in orders]).order_by("pk")
        return Response({"orders": OrderSerializer(found, many=True).data}, code)


def _terms(account: Account, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what orders of a repeated key must be; a limit that is not named has the price's."""
    named = {
        name: value for name, value in given.items() if name not in LISTS and value is not None
    }
    return {"account_id": account.pk, **named}
