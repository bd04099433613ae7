"""Alerts over the REST API."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api import answers
from ovh_sniper.models import Alert
from ovh_sniper.serializers.orders import AlertQuery, AlertSerializer
from tenants.api_input import asked


class AlertViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """What the tenant was told of stock."""

    serializer_class = AlertSerializer

    def get_queryset(self) -> QuerySet[Alert]:
        """Return the tenant's alerts."""
        if getattr(self, "swagger_fake_view", False):
            return Alert.objects.none()
        return Alert.objects.select_related("wish")

    @extend_schema(parameters=[AlertQuery], responses=AlertSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List alerts, the newest first."""
        wanted = asked(AlertQuery, request)
        return self.page(self.get_queryset(), wanted, plan="plan_code", wish="wish__public_id")
