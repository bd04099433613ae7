"""Servers over the REST API: what is left, what holds for them, and what people decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_auth import require_scope
from tenants.api_input import asked, checked
from tenants.api_lists import OldestFirst
from tenants.services.audit import Actor
from traffic_guard.api import answers, lookups
from traffic_guard.api.answers import POWER, refusals_in_http
from traffic_guard.models import Server
from traffic_guard.serializers.servers import (
    NewPackageSerializer,
    NewServerSerializer,
    ServerDetailSerializer,
    ServerQuery,
    ServerSerializer,
    UntilSerializer,
)
from traffic_guard.services.accounts import manual
from traffic_guard.services.forecasting import forecast
from traffic_guard.services.guarding import leaving, pausing, protecting, rows
from traffic_guard.services.guarding.rows import Wanted


class ServerViewSet(answers.ProductViewSet):
    """The tenant's servers, with what is left of their traffic."""

    serializer_class = ServerSerializer
    pagination_class = OldestFirst
    queryset = Server.objects.none()

    @extend_schema(parameters=[ServerQuery], responses=ServerSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the servers that are watched, in the order in which they were found."""
        given = asked(ServerQuery, request)
        frame = lookups.frame_of(self.tenant)
        wanted = Wanted(
            text=given.get("q", ""),
            account=given.get("account", ""),
            region=given.get("region", ""),
            state=given.get("state", ""),
        )
        found = self.paginate_queryset(rows.find(wanted, frame.now)) or ()
        lines: Any = rows.rows(list(found), frame)
        return self.get_paginated_response(ServerSerializer(lines, many=True).data)

    @extend_schema(responses=ServerDetailSerializer)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a server with its packages, forecast and policy; hidden ones too."""
        del request, kwargs
        return self._shown(self._server())

    @extend_schema(request=NewServerSerializer, responses={201: ServerDetailSerializer})
    def create(self, request: Request) -> Response:
        """Enter a server by hand that no search finds, with the packages that it owns alone."""
        given = checked(NewServerSerializer, request.data)
        account = lookups.account_of(given.pop("account"))
        with refusals_in_http(), transaction.atomic():
            server = manual.add_server(
                account, actor=Actor.from_request(request), now=timezone.now(), **given
            )
        return self._shown(server, status.HTTP_201_CREATED)

    @extend_schema(request=NewPackageSerializer, responses={201: ServerDetailSerializer})
    @action(detail=True, methods=["post"])
    def packages(self, request: Request, **kwargs: Any) -> Response:
        """Enter a package by hand that this server owns alone; its end may stop the server."""
        del kwargs
        given = checked(NewPackageSerializer, request.data)
        server = self._server()
        with refusals_in_http(), transaction.atomic():
            manual.add_package(
                server, given["package_id"], actor=Actor.from_request(request), now=timezone.now()
            )
        return self._shown(server, status.HTTP_201_CREATED)

    # --- What people decide

    @extend_schema(request=None, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def protect(self, request: Request, **kwargs: Any) -> Response:
        """Never stop it automatically; a planned stop is called off."""
        del kwargs
        return self._do(
            request, lambda one, by, now: protecting.protect(one, on=True, by=by, now=now)
        )

    @extend_schema(request=None, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def unprotect(self, request: Request, **kwargs: Any) -> Response:
        """Let its policy stop it again; needs the scope traffic:power too."""
        del kwargs
        require_scope(request, POWER)
        return self._do(
            request, lambda one, by, now: protecting.protect(one, on=False, by=by, now=now)
        )

    @extend_schema(request=UntilSerializer, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Stop it automatically no sooner than `until`; a planned stop is called off."""
        del kwargs
        until = checked(UntilSerializer, request.data)["until"]
        return self._do(
            request, lambda one, by, now: pausing.pause_server(one, until, by=by, now=now)
        )

    @extend_schema(request=None, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Let its policy stop it again, also in this cycle; needs the scope traffic:power too."""
        del kwargs
        require_scope(request, POWER)
        return self._do(
            request, lambda one, by, now: pausing.pause_server(one, None, by=by, now=now)
        )

    @extend_schema(request=None, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def hide(self, request: Request, **kwargs: Any) -> Response:
        """Take it off the list: it is no longer watched, and never stopped."""
        del kwargs
        return self._do(request, lambda one, by, now: leaving.hide(one, actor=by, now=now))

    @extend_schema(request=None, responses=ServerDetailSerializer)
    @action(detail=True, methods=["post"])
    def show(self, request: Request, **kwargs: Any) -> Response:
        """Put it on the list again."""
        del kwargs
        return self._do(request, lambda one, by, _now: manual.show(one, actor=by))

    # --- What stands behind

    def _server(self) -> Server:
        return lookups.server_of(self.kwargs["id"])

    def _do(self, request: Request, deed: Callable[[Server, Actor, Any], object]) -> Response:
        with transaction.atomic():
            server = self._server()
            deed(server, Actor.from_request(request), timezone.now())
        return self._shown(server)

    def _shown(self, server: Server, code: int = status.HTTP_200_OK) -> Response:
        fresh = lookups.servers().get(pk=server.pk)
        frame = lookups.frame_of(self.tenant)
        [row] = rows.rows([fresh], frame)
        context = {"forecast": forecast.of_server(fresh, frame.now, row.standing)}
        return Response(ServerDetailSerializer(row, context=context).data, code)
