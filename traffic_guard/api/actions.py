"""Stops, starts and reboots over the REST API. To ask for one needs the scope `traffic:power`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_input import IDEMPOTENCY_PARAMETER, asked, checked, idempotency_key
from tenants.api_lists import Conflict
from tenants.api_views import TenantAPIView
from traffic_guard.api import answers, lookups
from traffic_guard.api.answers import POWERED, NothingDone
from traffic_guard.models import PowerAction, Server
from traffic_guard.serializers.power import (
    ActionQuery,
    ActionSerializer,
    BatchProgressSerializer,
    NewActionSerializer,
    NotDoneSerializer,
    RequestedSerializer,
)
from traffic_guard.services.guarding import actions
from traffic_guard.services.telling.action_words import FAILED


class ActionViewSet(mixins.RetrieveModelMixin, answers.ProductViewSet):
    """The tenant's stops, starts and reboots, whoever wanted them."""

    required_scopes: ClassVar[dict[str, str]] = POWERED
    serializer_class = ActionSerializer

    def get_queryset(self) -> QuerySet[PowerAction]:
        """Return the tenant's actions."""
        if getattr(self, "swagger_fake_view", False):
            return PowerAction.objects.none()
        return PowerAction.objects.select_related("server")

    @extend_schema(parameters=[ActionQuery], responses=ActionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List actions, the newest first."""
        wanted = asked(ActionQuery, request)
        found = self.get_queryset()
        is_open = wanted.pop("open", None)
        if is_open is not None:
            rows = Q(state__in=PowerAction.OPEN)
            found = found.filter(rows if is_open else ~rows)
        return self.page(
            found, wanted, server="server__public_id", account="server__account__public_id"
        )

    @extend_schema(
        request=NewActionSerializer,
        parameters=[IDEMPOTENCY_PARAMETER],
        responses={200: RequestedSerializer, 201: RequestedSerializer},
    )
    def create(self, request: Request) -> Response:
        """Stop, start or reboot one or many servers.

        Answers 201 when the intents are written; a worker sends them within a moment, and the
        server's own state says when they are done. The same key again answers 200 with the same
        actions, and nothing is sent twice: repeat a request whose answer was lost. 409 where the
        key was used for another request; 422 where no server of it can do that now.
        """
        given, key = checked(NewActionSerializer, request.data), f"api:{idempotency_key(request)}"
        servers = lookups.servers_of(given["servers"])
        with transaction.atomic():
            known = list(actions.of_request(key))
            _refuse_other(known, given, servers)
            made = actions.request(
                servers,
                given["kind"],
                origin=PowerAction.Origin.API,
                requested_by=str(request.auth),
                request_key=key,
                now=timezone.now(),
                is_hard=given["is_hard"],
            )
        if not made.actions:
            raise NothingDone(NotDoneSerializer(made.refused, many=True).data)
        shown = {
            "batch": made.batch,
            "actions": self.get_queryset().filter(batch=made.batch).order_by("pk"),
            "refused": made.refused,
        }
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        context = self.get_serializer_context()
        return Response(RequestedSerializer(shown, context=context).data, code)


def _refuse_other(
    known: Sequence[PowerAction], given: dict[str, Any], servers: Sequence[Server]
) -> None:
    """Refuse a key that was used for something else.

    Raises:
        Conflict: it was.
    """
    ids = {server.pk for server in servers}
    is_hard = given["is_hard"] and given["kind"] != PowerAction.Kind.START
    if any(
        (one.kind, one.is_hard) != (given["kind"], is_hard) or one.server_id not in ids
        for one in known
    ):
        said = _("This key was used for another request.")
        raise Conflict(said, "idempotency_key_reused")


class BatchView(TenantAPIView):
    """What was asked for together."""

    required_scopes: ClassVar[dict[str, str]] = POWERED

    @extend_schema(responses=BatchProgressSerializer)
    def get(self, request: Request, batch: str) -> Response:
        """Show how far the actions of one request are."""
        del request
        found = list(
            PowerAction.objects.filter(batch=batch).select_related("server").order_by("pk")
        )
        if not found:
            raise exceptions.NotFound(_("There is nothing here."))
        settled = sum(not action.is_open for action in found)
        shown = {
            "batch": batch,
            "count": len(found),
            "settled": settled,
            "failed": sum(action.state in FAILED for action in found),
            "is_over": settled == len(found),
            "actions": found,
        }
        context = {"zone": ZoneInfo(self.tenant.time_zone)}
        return Response(BatchProgressSerializer(shown, context=context).data)
