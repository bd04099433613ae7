"""The queue over the REST API: what is being ordered, what waits for money, what orders next."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ovh_sniper.api.answers import READ, WRITE
from ovh_sniper.serializers.queue import QueueSerializer
from ovh_sniper.services.ordering import queue as order_queue
from tenants.api_views import TenantAPIView


class QueueView(TenantAPIView):
    """What waits."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    @extend_schema(responses=QueueSerializer)
    def get(self, request: Request) -> Response:
        """Show orders under way, orders to be paid and wishes that order next: 50 of each at most.

        The lists of orders and wishes have all of them.
        """
        del request
        zone, now = ZoneInfo(self.tenant.time_zone), timezone.now()
        under_way, under_way_count = order_queue.under_way(zone)
        unpaid, unpaid_count = order_queue.unpaid()
        watching, watching_count = order_queue.watching(zone, now)
        queue = {
            "under_way": under_way,
            "under_way_count": under_way_count,
            "unpaid": unpaid,
            "unpaid_count": unpaid_count,
            "watching": watching,
            "watching_count": watching_count,
        }
        return Response(QueueSerializer(queue).data)
