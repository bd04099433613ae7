"""The log of decisions over the REST API: why a server was, or was not, stopped."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import asked
from traffic_guard.api import answers
from traffic_guard.models import Decision
from traffic_guard.serializers.decisions import (
    DecisionDetailSerializer,
    DecisionQuery,
    DecisionSerializer,
)
from traffic_guard.services.guarding import decisions


class DecisionViewSet(answers.ProductViewSet):
    """What the guard found and did, and what people did."""

    serializer_class = DecisionSerializer

    def get_queryset(self) -> QuerySet[Decision]:
        """Return the tenant's decisions."""
        if getattr(self, "swagger_fake_view", False):
            return Decision.objects.none()
        return decisions.of_tenant()

    @extend_schema(parameters=[DecisionQuery], responses=DecisionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List decisions, the newest first; each with its sentence."""
        return self.page(
            self.get_queryset(),
            asked(DecisionQuery, request),
            server="server__public_id",
            account="server__account__public_id",
            since="last_at__gte",
            until="at__lt",
        )

    @extend_schema(responses=DecisionDetailSerializer)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a decision with the readings, threshold and policy that it rests on."""
        del request, kwargs
        context = self.get_serializer_context()
        return Response(DecisionDetailSerializer(self.get_object(), context=context).data)
