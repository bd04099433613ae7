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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ovh_sniper.forms.accounts import EditForm, RightsForm
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import functions, linking
from ovh_sniper.services.leaving import disconnecting
from ovh_sniper.views import account_parts
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def edit(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Give an account another name or other keys."""
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
            return redirect("ovh_sniper:account", slug, public_id)
    context = {
        "form": form,
        "account": account_parts.find(public_id),
        "account_url": reverse("ovh_sniper:account", args=[slug, public_id]),
        "is_left": account.is_disconnected,
    }
    return render(request, "ovh_sniper/account_edit.html", context)


def _save(request: PortalRequest, account: Account, form: EditForm) -> str:
    """Write what was changed and return what to say. Raises ValidationError."""
    actor = Actor.from_request(request)
    if form.cleaned_data["name"] != account.name:
        linking.rename(account, form.cleaned_data["name"], actor=actor)
    host = form.cleaned_data.get("host", "")
    keys = {part: value for part, value in form.keys().items() if value}
    if not keys and host in ("", account.host) and not account.is_disconnected:
        return _("Saved.")
    linking.change(
        account,
        keys=keys,
        host=host,
        way_back=account_parts.way_back(request),
        actor=actor,
        now=timezone.now(),
    )
    return _("Saved. It is being checked at OVH now.")


@require_POST
@member("admin")
def check(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have an account looked at now; the page shows when it was."""
    account = account_parts.find(public_id)
    with transaction.atomic():
        linking.check(account, actor=Actor.from_request(request), now=timezone.now())
    return redirect("ovh_sniper:account", slug, public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def consent(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have OVH asked for a new consumer key, with the rights that are ticked."""
    account = account_parts.find_whole(public_id)
    if account.kind != Account.Kind.KEYS or account.is_disconnected:
        return redirect("ovh_sniper:account", slug, public_id)
    form = RightsForm(request.POST or None, initial={"rights": account.rights})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                linking.ask_consent(
                    account,
                    rights=form.cleaned_data["rights"],
                    way_back=account_parts.way_back(request),
                    actor=Actor.from_request(request),
                    now=timezone.now(),
                )
        except ValidationError as error:
            for problem in error.messages:
                messages.error(request, problem)
        return redirect("ovh_sniper:account", slug, public_id)
    context = {
        "form": form,
        "account": account,
        "rules": "\n".join(functions.as_text(rule) for rule in functions.rules_for(())),
    }
    return render(request, "ovh_sniper/account_consent.html", context)


@require_GET
@never_cache
@member("admin")
def back(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Receive the browser from OVH's consent page: the mark is what lets it in, once."""
    account = account_parts.find(public_id)
    with transaction.atomic():
        linking.came_back(
            account,
            request.GET.get("mark", ""),
            actor=Actor.from_request(request),
            now=timezone.now(),
        )
    return redirect("ovh_sniper:account", slug, public_id)


@require_POST
@member("admin")
def disconnect(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Stop using an account; its orders stay."""
    account = account_parts.find(public_id)
    try:
        with transaction.atomic():
            disconnecting.disconnect(account, actor=Actor.from_request(request), now=timezone.now())
    except disconnecting.InUse:
        messages.error(
            request,
            _("An order of it is being looked up at OVH right now. Try again in a minute."),
        )
    else:
        messages.success(request, _("“%(name)s” is disconnected.") % {"name": account.name})
    return redirect("ovh_sniper:account", slug, public_id)
