"""How programs log in to the REST API, what they may do there, and how it says no.

REST framework's settings name this module, and its views read them when they are imported: so
nothing here may import `rest_framework.views`. The base classes of views are in api_views.py.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api_rates import Caller, Rate
from tenants.models import ApiKey, Tenant
from tenants.services import api_keys


class InvalidKey(exceptions.AuthenticationFailed):
    """The same answer for a mistyped, unknown, expired or revoked key."""

    default_code = "invalid_key"


class TenantSuspended(exceptions.PermissionDenied):
    """The key is good, its tenant is not."""

    default_code = "tenant_suspended"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <api key>`; the key becomes `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """Return the key behind a request, None if it shows none.

        Raises:
            InvalidKey: the header holds no working key.
            TenantSuspended: the key's tenant is suspended.
            Throttled: the key, or the address of one that does not work, calls too often.
        """
        kind, _space, rest = get_authorization_header(request).partition(b" ")
        text = rest.strip().decode("latin-1") if kind.lower() == b"bearer" else ""
        caller = Caller(request._request, text)
        known = _counted(request, caller.enter())
        key = api_keys.verify(text, now=timezone.now())
        if key is None:
            _counted(request, caller.failed())
            if not kind:
                return None
            raise InvalidKey(_("This API key is not valid."))
        if known is None or not known.is_keys:
            _counted(request, caller.worked())
        if key.tenant.state != Tenant.State.ACTIVE:
            raise TenantSuspended(_("This workspace is suspended."))
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 answer asks for."""
        del request
        return 'Bearer realm="Botharbor"'


def _counted(request: Request, rate: Rate | None) -> Rate | None:
    """Keep for the answer's headers how a call was counted; refuse one too many."""
    request.rate = rate  # type: ignore[attr-defined]
    if rate is not None and not rate.may_go_on:
        raise exceptions.Throttled(wait=rate.wait)
    return rate


class HasScope(BasePermission):
    """Asks for the scope that the view names: `required_scopes = {"read": …, "write": …}`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the key has the scope for this method.

        Raises:
            ImproperlyConfigured: the view names no scope; better no answer than an open door.
        """
        kind = "read" if request.method in SAFE_METHODS else "write"
        try:
            needed = view.required_scopes[kind]
        except (AttributeError, KeyError):
            raise ImproperlyConfigured(
                f"{type(view).__name__}.required_scopes names no scope to {kind}."
            ) from None
        if not isinstance(request.auth, ApiKey):
            return False
        self.message = lacking(needed)
        self.code = "scope_missing"
        return has_scope(request.auth, needed)


def has_scope(key: ApiKey, needed: str) -> bool:
    """Tell whether a key may do what needs this scope."""
    return bool({needed, ApiKey.Scope.FULL.value} & set(key.scopes))


def require_scope(request: Request, needed: str) -> None:
    """Refuse what needs one scope more than the view itself does.

    Raises:
        PermissionDenied: the key lacks it.
    """
    if not isinstance(request.auth, ApiKey) or not has_scope(request.auth, needed):
        raise exceptions.PermissionDenied(lacking(needed), "scope_missing")


def lacking(needed: str) -> str:
    """Return what somebody is told whose key lacks a scope."""
    return _("This API key lacks the scope “%(scope)s”.") % {"scope": needed}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give every refusal the same shape: `{"error": {"code", "message", "fields"?}}`.

    What an error of ours has in `facts` stands beside its code and message.
    """
    from rest_framework.views import exception_handler as default_handler

    response = default_handler(error, context)
    if response is None:
        return None
    response.data = error_body(error, response.data)
    return response


def error_body(error: Exception, data: Any) -> dict[str, Any]:
    """Return the body for an error that REST framework has made `data` of."""
    if isinstance(error, exceptions.ValidationError):
        fields = data if isinstance(data, dict) else {"non_field_errors": data}
        return {
            "error": {
                "code": "invalid",
                "message": _("Some fields are not right."),
                "fields": fields,
            }
        }
    if isinstance(error, Http404):  # its words are for us: "No Bot matches the given query."
        return {"error": {"code": "not_found", "message": _("There is nothing here.")}}
    code = error.get_codes() if isinstance(error, exceptions.APIException) else None
    return {
        "error": {
            "code": code if isinstance(code, str) else "permission_denied",
            "message": str(data.get("detail", "")),
            **getattr(error, "facts", {}),
        }
    }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI document about the header."""

    target_class = "tenants.api_auth.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme as OpenAPI wants it."""
        del auto_schema
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "bh_live_<prefix>_<secret>_<check>",
        }
