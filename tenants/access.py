"""Who may open a page of the portal, and what operators need besides their password."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tenants.models import Membership, Tenant, User

P = ParamSpec("P")
# who will not set up a second factor now must be able to leave
OPERATORS_LOG_OUT = "/operator/logout/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PortalRequest(HttpRequest):
    """A request under `/t/<slug>/` as tenants/middleware.py leaves it; for annotations only."""

    tenant: Tenant
    membership: Membership
    if TYPE_CHECKING:
        user: User


View = Callable[Concatenate[PortalRequest, P], HttpResponse]


def member(role: str = Membership.Role.VIEWER) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Let members with at least this role open the view: `@member("admin")`.

    A viewer never changes anything: what is not a GET needs an operator at least. Nothing changes
    in a suspended tenant. Refusals are a page that says which role is needed (status 403).
    """
    Membership.Role(role)  # a typing mistake must not wait for the first visitor

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: PortalRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            membership: Membership | None = getattr(request, "membership", None)
            if membership is None:
                raise Http404
            needed = role
            if request.method not in SAFE_METHODS:
                if request.tenant.state == Tenant.State.SUSPENDED:
                    return _refused(request, suspended=True)
                if needed == Membership.Role.VIEWER:
                    needed = Membership.Role.OPERATOR
            if not membership.may(needed):
                return _refused(request, needed=Membership.Role(needed).label)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _refused(request: HttpRequest, **why: Any) -> HttpResponse:
    return render(request, "403.html", why, status=403)


def second_factor(request: HttpRequest) -> HttpResponse | None:
    """Return the page that stands before the operators' admin in production; None: go on.

    An operator without an authenticator app is asked to set one up. A session that began with the
    password alone, maybe before that and not by the operator, is asked for a code.
    """
    if not settings.PRODUCTION or request.path_info == OPERATORS_LOG_OUT:
        return None
    if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
        return render(request, "tenants/second_factor.html", status=403)
    records = get_authentication_records(request, request.user)
    if any(record["method"] == "mfa" for record in records):
        return None
    query = urlencode({"next": request.get_full_path()})
    return redirect(f"{reverse('mfa_reauthenticate')}?{query}")
