"""Traffic packages: the list, one of them, and who may be stopped because of a shared one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.forms.manual import PackageForm, ServersForm
from traffic_guard.models import Package
from traffic_guard.services.accounts import manual
from traffic_guard.services.accounts.access import OF_ACCOUNT
from traffic_guard.services.readings import words
from traffic_guard.views import account_parts, may

ON_PAGE = 50


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    """List the packages that are in effect, shared ones first."""
    found = _packages().filter(ended_at=None, account__left_at=None)
    ordered = found.order_by("-kind", "account__name", "region", "name", "pk")
    page = Paginator(ordered, ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(one) for one in page.object_list],
        "may_change": may(request, "admin"),
    }
    return render(request, "traffic_guard/packages.html", context)


def _packages() -> QuerySet[Package]:
    found = Package.objects.select_related("account").defer(*OF_ACCOUNT)
    return found.prefetch_related(account_parts.with_servers())


def _row(package: Any) -> dict[str, Any]:
    """Return what is said of a package that came with its servers."""
    return {
        "package": package,
        "left": words.volume(package.remaining_bytes),
        "total": words.volume(package.total_bytes),
        "servers": package.listed,
        "is_shared": package.kind == Package.Kind.SHARED,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def page(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show a package; an admin chooses which servers a shared one may stop."""
    package = get_object_or_404(_packages(), public_id=public_id)
    may_change = may(request, "admin") and package.kind == Package.Kind.SHARED
    if request.method == "POST" and not may_change:
        return redirect("traffic_guard:package", slug, public_id)
    form = ServersForm(package, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            manual.choose_servers(
                package, form.cleaned_data["servers"], actor=Actor.from_request(request)
            )
        messages.success(request, _("Saved."))
        return redirect("traffic_guard:package", slug, public_id)
    context = {**_row(package), "form": form, "may_change": may_change}
    return render(request, "traffic_guard/package.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member("admin")
def add(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Take the id of a package that a server owns alone."""
    server = get_object_or_404(account_parts.servers(), public_id=public_id)
    form = PackageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                manual.add_package(
                    server,
                    form.cleaned_data["package_id"],
                    actor=Actor.from_request(request),
                    now=timezone.now(),
                )
        except ValidationError as error:
            form.add_problems(error)
        else:
            messages.success(request, _("Saved. It is read in a moment."))
            return redirect("traffic_guard:account", slug, server.account.public_id)
    context = {"form": form, "server": server}
    return render(request, "traffic_guard/package_new.html", context)
