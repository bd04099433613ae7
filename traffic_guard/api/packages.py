"""Traffic packages over the REST API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import asked, checked
from tenants.services.audit import Actor
from traffic_guard.api import answers, lookups
from traffic_guard.api.answers import refusals_in_http
from traffic_guard.models import Package, Server
from traffic_guard.serializers.packages import ChosenSerializer, PackageQuery, PackageSerializer
from traffic_guard.serializers.readings import PointSerializer, SpanQuery
from traffic_guard.services.accounts import access, manual
from traffic_guard.services.readings import history


class PackageViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """The tenant's traffic packages."""

    serializer_class = PackageSerializer

    def get_queryset(self) -> QuerySet[Package]:
        """Return the tenant's packages with the servers that use them."""
        if getattr(self, "swagger_fake_view", False):
            return Package.objects.none()
        # by a name of their own: managers of tenants' rows pass by what was fetched ahead
        rows = Server.objects.only("public_id", "tenant").order_by("pk")
        users = Prefetch("servers", rows, to_attr="users")
        found = Package.objects.select_related("account", "successor").prefetch_related(users)
        return found.defer(*access.OF_ACCOUNT)

    @extend_schema(parameters=[PackageQuery], responses=PackageSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List packages, the newest first."""
        wanted = asked(PackageQuery, request)
        found = self.get_queryset()
        is_over = wanted.pop("ended", None)
        if is_over is not None:
            found = found.filter(ended_at__isnull=not is_over)
        return self.page(
            found, wanted, account="account__public_id", server="links__server__public_id"
        )

    @extend_schema(request=ChosenSerializer, responses=PackageSerializer)
    @action(detail=True, methods=["put"])
    def servers(self, request: Request, **kwargs: Any) -> Response:
        """Say which servers may be stopped at the end of a shared package; none: it only alerts."""
        del kwargs
        package = self.get_object()
        chosen = lookups.servers_of(checked(ChosenSerializer, request.data)["servers"])
        with refusals_in_http(), transaction.atomic():
            manual.choose_servers(package, chosen, actor=Actor.from_request(request))
        return Response(PackageSerializer(self.get_object()).data)

    @extend_schema(parameters=[SpanQuery], responses=PointSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def readings(self, request: Request, **kwargs: Any) -> Response:
        """List what was read of a package, the oldest first; 31 days at most."""
        del kwargs
        span = asked(SpanQuery, request)
        points = history.readings(self.get_object(), span["since"], span["until"])
        return Response(PointSerializer(points, many=True).data)
