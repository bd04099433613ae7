"""The form of a policy: of the workspace, of an account, of a server."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.access import PortalRequest, member
from tenants.models import Membership
from tenants.services.audit import Actor
from traffic_guard.forms.policies import PolicyForm, initial_of
from traffic_guard.models import Account, Server
from traffic_guard.services.guarding import rows
from traffic_guard.services.policies import checking, editing, resolving
from traffic_guard.services.policies.editing import Level
from traffic_guard.services.policies.resolving import Effective
from traffic_guard.services.telling import costs_while_off
from traffic_guard.views import may

METHODS = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Place:
    """A level: what holds where it says nothing, who says that, and where its page leads back."""

    level: Level
    name: str
    above: Effective
    above_name: str
    back: str
    server: Server | None = None


@METHODS
@member()
def of_tenant(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the workspace's policy; admins change it."""
    place = Place(
        level=request.tenant,
        name=_("the workspace"),
        above=resolving.combined(None, None, None),
        above_name=_("as set at first"),
        back=reverse("traffic_guard:policies", args=[slug]),
    )
    return _page(request, place)


@METHODS
@member()
def of_account(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show an account's policy; admins change it."""
    used = Account.objects.filter(left_at=None).defer("access_key", "secret_key")
    account: Account = get_object_or_404(used, public_id=public_id)
    place = Place(
        level=account,
        name=account.name,
        above=resolving.of_tenant(),
        above_name=_("as the workspace"),
        back=reverse("traffic_guard:policies", args=[slug]),
    )
    return _page(request, place)


@METHODS
@member()
def of_server(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show a server's policy; admins change it."""
    server = get_object_or_404(rows.listed(), public_id=public_id)
    place = Place(
        level=server,
        name=server.name,
        above=resolving.of_account(server.account),
        above_name=_("as its account"),
        back=reverse("traffic_guard:server", args=[slug, public_id]),
        server=server,
    )
    return _page(request, place)


def _page(request: PortalRequest, place: Place) -> HttpResponse:
    initial = initial_of(editing.of_level(place.level))
    data = request.POST if request.method == "POST" else None
    form = PolicyForm(data, initial=initial, above=place.above, above_name=place.above_name)
    if request.method == "POST":
        if not may(request, "admin"):
            # the decorator lets operators post; policies are the admins'
            needed = {"needed": Membership.Role.ADMIN.label}
            return render(request, "403.html", needed, status=403)
        if form.is_valid() and _save(request, place, form):
            return redirect(request.path)
    context = {
        "form": form,
        "place": place,
        "is_tenant": place.level == request.tenant,
        "warnings": _warnings(place),
        "costs": costs_while_off.text(place.server) if place.server else "",
        "may_change": may(request, "admin"),
    }
    return render(request, "traffic_guard/policy_form.html", context)


def _warnings(place: Place) -> list[str]:
    """Return warnings on one server; those on a level are said once it is saved."""
    if place.server is None:
        return []
    servers = [place.server]
    return checking.warnings(servers, resolving.effective_many(servers), timezone.now())


def _save(request: PortalRequest, place: Place, form: PolicyForm) -> bool:
    """Save the policy; tell whether it could be, problems standing in the form."""
    try:
        with transaction.atomic():
            saved = editing.save(place.level, Actor.from_request(request), **form.values())
    except editing.Invalid as error:
        form.add_problems(error.errors)
        return False
    if place.server is None:
        for warning in saved.warnings:
            messages.warning(request, warning)
    if saved.changed:
        messages.success(request, _("Saved. It holds from the next reading on."))
    else:
        messages.info(request, _("Nothing was changed."))
    return True
