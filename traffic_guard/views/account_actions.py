"""What the buttons of an account's page do, and its form; only admins press them."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.forms.accounts import EditForm
from traffic_guard.models import Account
from traffic_guard.services.accounts import linking
from traffic_guard.services.accounts.halting import release as allow_stops
from traffic_guard.services.guarding import leaving
from traffic_guard.views import account_parts


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def edit(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Give an account another name, site or keys."""
    account = account_parts.find_whole(public_id)
    form = EditForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                said = _save(request, account, form)
        except ValidationError as error:
            form.add_problems(error)
        else:
            messages.success(request, said)
            return redirect("traffic_guard:account", slug, public_id)
    context = {
        "form": form,
        "account": account_parts.find(public_id),
        "account_url": reverse("traffic_guard:account", args=[slug, public_id]),
        "is_left": account.left_at is not None,
    }
    return render(request, "traffic_guard/account_edit.html", context)


def _save(request: PortalRequest, account: Account, form: EditForm) -> str:
    """Write what was changed and return what to say. Raises ValidationError."""
    changed = linking.change(
        account, **form.cleaned_data, actor=Actor.from_request(request), now=timezone.now()
    )
    if changed in ([], ["name"]):
        return _("Saved.")
    return _("Saved. The keys are being tried now.")


@require_POST
@member("admin")
def check(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have the keys looked at now; the page shows when they were."""
    account = account_parts.find(public_id)
    with transaction.atomic():
        linking.check_now(account, Actor.from_request(request), timezone.now())
    return redirect("traffic_guard:account", slug, public_id)


@require_POST
@member("admin")
def rescan(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have servers looked for now."""
    account = account_parts.find(public_id)
    with transaction.atomic():
        is_begun = linking.rescan(account, Actor.from_request(request), timezone.now())
    if not is_begun:
        messages.error(request, _("Servers can be searched once the keys work."))
    return redirect("traffic_guard:account", slug, public_id)


@require_POST
@member("admin")
def release(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Allow automatic stops again after the cloud refused one."""
    account = account_parts.find(public_id)
    with transaction.atomic():
        allow_stops(account, Actor.from_request(request))
    return redirect("traffic_guard:account", slug, public_id)


@require_POST
@member("admin")
def disconnect(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Stop using an account and delete its keys; its history stays."""
    account = account_parts.find(public_id)
    try:
        with transaction.atomic():
            leaving.disconnect(account, Actor.from_request(request), timezone.now())
    except linking.InUse:
        messages.error(
            request,
            _("A stop or start of one of its servers is under way. Try again in some minutes."),
        )
    else:
        messages.success(request, _("“%(name)s” is disconnected.") % {"name": account.name})
    return redirect("traffic_guard:account", slug, public_id)
