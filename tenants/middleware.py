"""Opens the scope that a page may look into, and speaks the visitor's language."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation

from tenants import access
from tenants.models import Membership, Tenant
from tenants.scoping import scope, unscoped

PORTAL_PATH = re.compile(r"/t/([^/]+)/")
OPERATOR_PREFIX = "/operator/"
# Paths where nobody is logged in by session: looking at the user would only cost.
WITHOUT_USER = ("/api/", "/health/", "/metrics", "/static/")

Scope = Callable[[], AbstractContextManager[None]]


def memberships_of(user_id: int) -> list[Membership]:
    """Return a user's memberships with their tenants, by the tenants' names."""
    with unscoped("the tenants of a log-in"):
        return list(
            Membership.objects.filter(user_id=user_id)
            .select_related("tenant")
            .order_by("tenant__name", "tenant_id")
        )


class TenantMiddleware:
    """Sets `request.tenant` and `request.membership` under `/t/<slug>/` and opens that scope.

    A stranger gets the same 404 as for a tenant that does not exist. Operators (active, is_staff)
    see all tenants under `/operator/` and nowhere else; in production not without second factor.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request inside the scope it may look into."""
        if request.path_info.startswith(WITHOUT_USER):
            return self.get_response(request)
        speak_language_of(request)
        match = PORTAL_PATH.match(request.path_info)
        if match:
            return self.portal(request, match[1])
        if request.path_info.startswith(OPERATOR_PREFIX) and is_operator(request.user):
            if (asked := access.second_factor(request)) is not None:
                return asked
            return self.inside(request, partial(unscoped, "operator admin"))
        return self.get_response(request)

    def portal(self, request: HttpRequest, slug: str) -> HttpResponseBase:
        """Answer a page of one tenant.

        Raises:
            Http404: no such tenant, or the log-in is no member of it.
        """
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        memberships = memberships_of(request.user.pk)
        mine = next((one for one in memberships if one.tenant.slug == slug), None)
        if mine is None:
            raise Http404
        request.tenant = mine.tenant  # type: ignore[attr-defined]
        request.membership = mine  # type: ignore[attr-defined]
        request.memberships = memberships  # type: ignore[attr-defined]
        with timezone.override(time_zone_of(mine.tenant)):
            return self.inside(request, partial(scope, mine.tenant, transaction=False))

    def inside(self, request: HttpRequest, opened: Scope) -> HttpResponseBase:
        """Answer in a scope; what streams after the view returned streams in it too."""
        with opened():
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = each_inside(
                response.streaming_content,  # type: ignore[arg-type]
                opened,
            )
        return response


def each_inside(parts: Iterable[bytes], opened: Scope) -> Iterator[bytes]:
    """Produce each part in the scope, which is closed whenever the server has the word."""
    iterator = iter(parts)
    while True:
        with opened():
            try:
                part = next(iterator)
            except StopIteration:
                return
        yield part


def is_operator(user: Any) -> bool:
    """Tell whether somebody may use the operators' admin."""
    return bool(user.is_authenticated and user.is_active and user.is_staff)


def speak_language_of(request: HttpRequest) -> None:
    """Activate the language that a logged-in user chose; LocaleMiddleware has served the rest."""
    language = request.user.language if request.user.is_authenticated else ""
    if language and translation.check_for_language(language):
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def time_zone_of(tenant: Tenant) -> zoneinfo.ZoneInfo:
    """Return the tenant's time zone, UTC where this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(tenant.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
