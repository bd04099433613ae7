"""Servers entered by hand, and servers that the tenant takes off the list."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.forms.manual import ServerForm
from traffic_guard.models import Account
from traffic_guard.services.accounts import manual
from traffic_guard.services.accounts.access import SECRETS
from traffic_guard.services.guarding import leaving
from traffic_guard.views import account_parts


@require_http_methods(["GET", "HEAD", "POST"])
@member("admin")
def create(request: PortalRequest, slug: str) -> HttpResponse:
    """Take a server's ids where the cloud's own list is off."""
    form = ServerForm(request.POST or None, initial={"account": request.GET.get("account", "")})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                server = manual.add_server(
                    **form.cleaned_data, actor=Actor.from_request(request), now=timezone.now()
                )
        except ValidationError as error:
            form.add_problems(error)
        else:
            said = _("“%(name)s” is on the list. It is read in a moment.")
            messages.success(request, said % {"name": server.name})
            return redirect("traffic_guard:account", slug, server.account.public_id)
    context = {"form": form, "regions": _regions(), "account": _account(request)}
    return render(request, "traffic_guard/server_new.html", context)


def _regions() -> list[str]:
    """Return the regions that the tenant's accounts can use, to choose from."""
    listed = Account.objects.filter(left_at=None).values_list("projects", flat=True)
    return sorted({one["region"] for projects in listed for one in projects})


def _account(request: PortalRequest) -> Account | None:
    asked = Account.objects.defer(*SECRETS).filter(public_id=request.GET.get("account", ""))
    return asked.first()


@require_POST
@member("admin")
def hide(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Take a server off the list: it is no longer watched, and never stopped."""
    server = get_object_or_404(account_parts.servers(), public_id=public_id)
    with transaction.atomic():
        leaving.hide(server, actor=Actor.from_request(request), now=timezone.now())
    messages.success(request, _("“%(name)s” is off the list.") % {"name": server.name})
    return redirect("traffic_guard:account", slug, server.account.public_id)


@require_POST
@member("admin")
def show(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Put a server on the list again."""
    server = get_object_or_404(account_parts.servers(), public_id=public_id)
    with transaction.atomic():
        manual.show(server, actor=Actor.from_request(request))
    messages.success(request, _("“%(name)s” is on the list again.") % {"name": server.name})
    return redirect("traffic_guard:account", slug, server.account.public_id)
