"""Planned stops over the REST API, and what a program may say to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import asked, checked
from tenants.services.audit import Actor
from traffic_guard.api import answers
from traffic_guard.api.answers import POWERED, refusals_in_http
from traffic_guard.models import PlannedStop
from traffic_guard.serializers.power import PlannedStopSerializer, PlanQuery, PostponeSerializer
from traffic_guard.services.guarding import planning


class PlannedStopViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """Stops that wait for their grace period, and what became of others.

    Each act may be repeated and changes nothing then; 409 `too_late` where the stop is settled.
    """

    required_scopes: ClassVar[dict[str, str]] = POWERED
    serializer_class = PlannedStopSerializer

    def get_queryset(self) -> QuerySet[PlannedStop]:
        """Return the tenant's planned stops."""
        if getattr(self, "swagger_fake_view", False):
            return PlannedStop.objects.none()
        return PlannedStop.objects.select_related("server", "action")

    @extend_schema(parameters=[PlanQuery], responses=PlannedStopSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List planned stops, the newest first."""
        wanted = asked(PlanQuery, request)
        found = self.get_queryset()
        is_open = wanted.pop("open", None)
        if is_open is not None:
            rows = Q(state__in=PlannedStop.OPEN)
            found = found.filter(rows if is_open else ~rows)
        return self.page(
            found, wanted, server="server__public_id", account="server__account__public_id"
        )

    @extend_schema(request=PostponeSerializer, responses=PlannedStopSerializer)
    @action(detail=True, methods=["post"])
    def postpone(self, request: Request, **kwargs: Any) -> Response:
        """Put a stop off by some hours from when it would happen."""
        del kwargs
        hours = checked(PostponeSerializer, request.data)["hours"]
        return self._do(
            request, lambda plan, by, now: planning.postpone(plan, by=by, now=now, hours=hours)
        )

    @extend_schema(request=None, responses=PlannedStopSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, **kwargs: Any) -> Response:
        """Leave its server alone until its cycle ends."""
        del kwargs
        return self._do(request, lambda plan, by, now: planning.skip_cycle(plan, by=by, now=now))

    @extend_schema(request=None, responses=PlannedStopSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Call a stop off; no other one of its server is planned for a day."""
        del kwargs
        return self._do(request, lambda plan, by, now: planning.cancel(plan, by=by, now=now))

    @extend_schema(request=None, responses=PlannedStopSerializer)
    @action(detail=True, methods=["post"], url_path="stop-now")
    def stop_now(self, request: Request, **kwargs: Any) -> Response:
        """Bring a stop forward; all but caps and hours is checked again."""
        del kwargs
        return self._do(request, lambda plan, by, now: planning.stop_now(plan, by=by, now=now))

    @extend_schema(request=None, responses=PlannedStopSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> Response:
        """Let a stop happen that is held because it is above the cap."""
        del kwargs
        return self._do(request, lambda plan, by, now: planning.approve(plan, by=by, now=now))

    def _do(self, request: Request, deed: Callable[[PlannedStop, Actor, Any], object]) -> Response:
        with refusals_in_http(), transaction.atomic():
            deed(self.get_object(), Actor.from_request(request), timezone.now())
        return Response(PlannedStopSerializer(self.get_object()).data)
