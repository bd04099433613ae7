"""Policies over the REST API, at their three levels: workspace, account, server.

What lets the guard stop servers needs `traffic:power` besides `traffic:write`: any change at a
level where automatic stops are on, before or after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_auth import require_scope
from tenants.api_input import checked
from tenants.api_views import TenantAPIView
from tenants.services.audit import Actor
from traffic_guard.api import lookups
from traffic_guard.api.answers import POWER, READ, WRITE, refusals_in_http
from traffic_guard.models import Account, Server
from traffic_guard.serializers import policies as shown
from traffic_guard.serializers.policies import PolicyChangesSerializer, PolicySerializer
from traffic_guard.services.accounts import access
from traffic_guard.services.policies import editing, resolving
from traffic_guard.services.policies.editing import Level
from traffic_guard.services.policies.resolving import NAMES, Effective


class PolicyView(TenantAPIView):
    """What holds for the servers of the workspace that no other level says."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    @extend_schema(responses=PolicySerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Show what a level says, and what holds there."""
        del request, kwargs
        return self._shown(self._level())

    @extend_schema(request=PolicyChangesSerializer, responses=PolicySerializer)
    def put(self, request: Request, **kwargs: Any) -> Response:
        """Replace what a level says; what is left out is as the level above says."""
        del kwargs
        return self._save(request, dict.fromkeys(NAMES))

    @extend_schema(request=PolicyChangesSerializer, responses=PolicySerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change some of what a level says; what is left out stays."""
        del kwargs
        return self._save(request, {})

    def _save(self, request: Request, blank: dict[str, Any]) -> Response:
        given = blank | checked(PolicyChangesSerializer, request.data)
        with refusals_in_http(), transaction.atomic():
            level = self._level()
            may_stop = self._may_stop(level)
            saved = editing.save(level, Actor.from_request(request), **given)
            if may_stop or self._may_stop(level):
                # inside: an answer that refuses leaves nothing changed
                require_scope(request, POWER)
        return self._shown(level, saved.warnings)

    def _shown(self, level: Level, warnings: Sequence[str] = ()) -> Response:
        found = {
            "own": shown.own(editing.of_level(level)),
            "effective": shown.effective(self._effective(level)),
            "warnings": warnings,
        }
        return Response(PolicySerializer(found).data)

    def _may_stop(self, level: Level) -> bool:
        """Tell whether automatic stops are on at a level or for any server that it speaks for."""
        found = resolving.effective_many(self._servers(level)).values()
        return any(one.auto_stop.value for one in (self._effective(level), *found))

    # --- The level

    def _level(self) -> Level:
        return self.tenant

    def _effective(self, level: Any) -> Effective:
        del level
        return resolving.of_tenant()

    def _servers(self, level: Any) -> list[Server]:
        del level
        return list(Server.objects.filter(hidden_at=None))


class AccountPolicyView(PolicyView):
    """What holds for the servers of one account that say nothing themselves."""

    def _level(self) -> Level:
        found: Account = get_object_or_404(
            Account.objects.defer(*access.SECRETS), public_id=self.kwargs["id"]
        )
        return found

    def _effective(self, level: Any) -> Effective:
        return resolving.of_account(level)

    def _servers(self, level: Any) -> list[Server]:
        return list(Server.objects.filter(hidden_at=None, account=level))


class ServerPolicyView(PolicyView):
    """What holds for one server."""

    def _level(self) -> Level:
        return lookups.server_of(self.kwargs["id"])

    def _effective(self, level: Any) -> Effective:
        return resolving.effective(level)

    def _servers(self, level: Any) -> list[Server]:
        return [level]
