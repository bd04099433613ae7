"""What was read of servers and packages over the REST API, and what would have come of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import asked
from traffic_guard.api import answers, lookups
from traffic_guard.models import OutboundHour, Server
from traffic_guard.serializers.readings import (
    BacktestSerializer,
    OutboundSerializer,
    PointSerializer,
    SpanQuery,
    WhatIfQuery,
    WhatIfSerializer,
)
from traffic_guard.services.forecasting import backtest
from traffic_guard.services.guarding import whatif
from traffic_guard.services.readings import history


class ServerHistoryViewSet(answers.ProductViewSet):
    """The past of a server."""

    queryset = Server.objects.none()
    pagination_class = None

    @extend_schema(parameters=[SpanQuery], responses=PointSerializer(many=True))
    @action(detail=True)
    def readings(self, request: Request, **kwargs: Any) -> Response:
        """List what was read of its packages together, the oldest first; 31 days at most."""
        del kwargs
        span = asked(SpanQuery, request)
        points = history.readings(self._server(), span["since"], span["until"])
        return Response(PointSerializer(points, many=True).data)

    @extend_schema(parameters=[SpanQuery], responses=OutboundSerializer(many=True))
    @action(detail=True)
    def outbound(self, request: Request, **kwargs: Any) -> Response:
        """List what the live counter saw leave it hour by hour, the oldest first."""
        del kwargs
        span = asked(SpanQuery, request)
        hours = OutboundHour.objects.filter(
            server=self._server(), hour__gte=span["since"], hour__lt=span["until"]
        )
        return Response(OutboundSerializer(hours.order_by("hour"), many=True).data)

    @extend_schema(parameters=[WhatIfQuery], responses=WhatIfSerializer)
    @action(detail=True, url_path="what-if")
    def what_if(self, request: Request, **kwargs: Any) -> Response:
        """Replay stored readings with another threshold or grace period; nothing is changed."""
        del kwargs
        given = asked(WhatIfQuery, request)
        minutes = given.pop("grace_minutes", None)
        grace = None if minutes is None else timedelta(minutes=minutes)
        return Response(WhatIfSerializer(whatif.replay(self._server(), grace=grace, **given)).data)

    @extend_schema(responses=BacktestSerializer)
    @action(detail=True)
    def backtest(self, request: Request, **kwargs: Any) -> Response:
        """Show how good its forecasts were in the cycles that are over."""
        del request, kwargs
        found = backtest.of_server(self._server(), timezone.now())
        return Response(BacktestSerializer(found).data)

    def _server(self) -> Server:
        return lookups.server_of(self.kwargs["id"])
