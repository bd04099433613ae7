"""Base classes of REST views: the tenant's scope is open around all of their work."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from tenants import contention
from tenants.api_rates import Rate
from tenants.models import ApiKey, Tenant
from tenants.scoping import scope
from tenants.services import api_keys

if TYPE_CHECKING:
    _ViewSet = GenericViewSet[Any]
else:
    _ViewSet = GenericViewSet


class TenantScoped:
    """Runs the whole view, rendering included, in the scope of the key's tenant."""

    required_scopes: ClassVar[dict[str, str]] = {}
    tenant: Tenant

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer; the scope opens as soon as the key is known (`perform_authentication`)."""
        with ExitStack() as self._opened:
            response: Response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            rate: Rate | None = getattr(self.request, "rate", None)  # type: ignore[attr-defined]
            for name, value in rate.headers.items() if rate else ():
                response[name] = value
            return response.render() if hasattr(response, "render") else response

    def perform_authentication(self, request: Request) -> None:
        """Check the key and open its tenant's scope."""
        super().perform_authentication(request)  # type: ignore[misc]
        if isinstance(request.auth, ApiKey):
            self.tenant = request.auth.tenant
            self._opened.enter_context(scope(self.tenant, transaction=False))
            # a view that loses at the database may be run again all the same
            with contention.unwatched():
                api_keys.note_use(request.auth, now=timezone.now())


class TenantAPIView(TenantScoped, APIView):
    """A REST view of one tenant; `self.tenant` is whose key was shown."""


class TenantViewSet(TenantScoped, _ViewSet):
    """A REST view set of one tenant; `self.tenant` is whose key was shown."""
