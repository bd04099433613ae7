"""The page that links a cloud account."""

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
from django.views.decorators.http import require_http_methods

from tenants.access import PortalRequest, member
from tenants.services.audit import Actor
from traffic_guard.forms.accounts import ChooseForm, Chosen, LinkForm, chosen
from traffic_guard.gateways.registry import provider_choices
from traffic_guard.models import Account
from traffic_guard.services.accounts import consoles, linking


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def create(request: PortalRequest, slug: str) -> HttpResponse:
    """Explain how to make keys, take them, and have a worker look at the account."""
    if request.method != "POST":
        choice = chosen(request.GET)
        return _show(request, choice, LinkForm(initial={"name": _name(request, choice)}))
    choice = chosen(request.POST)
    form = LinkForm(request.POST)
    if form.is_valid():
        try:
            account = _link(request, choice, form)
        except ValidationError as error:
            form.add_problems(error)
        else:
            messages.info(request, _("Stored. The keys are being tried now."))
            return redirect("traffic_guard:account", slug, account.public_id)
    return _show(request, choice, form)


def _link(request: PortalRequest, choice: Chosen, form: LinkForm) -> Account:
    """Write the account. Raises ValidationError."""
    with transaction.atomic():
        return linking.link(
            name=form.cleaned_data["name"],
            provider=choice.cloud.slug,
            site=choice.site,
            access_key=form.cleaned_data["access_key"],
            secret_key=form.cleaned_data["secret_key"],
            rights=choice.rights,
            actor=Actor.from_request(request),
            now=timezone.now(),
        )


def _show(request: PortalRequest, choice: Chosen, form: LinkForm) -> HttpResponse:
    guide = consoles.guide(choice.cloud.slug, choice.site)
    is_guard = choice.rights == Account.Rights.GUARD
    context = {
        "choice": ChooseForm(choice),
        # by these names the form finds its fields
        "provider": choice.cloud.slug,
        "site": choice.site,
        "rights": choice.rights,
        "form": form,
        "accounts_url": reverse("traffic_guard:accounts", args=[request.tenant.slug]),
        "accounts_title": _("Cloud accounts"),
        "cloud": choice.cloud.title,
        "guide": guide,
        "policy": (guide.guard if is_guard else guide.watch) if guide else "",
    }
    return render(request, "traffic_guard/account_new.html", context)


def _name(request: PortalRequest, choice: Chosen) -> str:
    """Return the name that was typed before another cloud or site was chosen, else a free one."""
    typed = request.GET.get("name", "").strip()
    suggested = {_free_name(cloud.title) for cloud in provider_choices()}
    return typed if typed and typed not in suggested else _free_name(choice.cloud.title)


def _free_name(name: str) -> str:
    """Return a name that no account has: the cloud's, with a number where it is taken."""
    taken = set(Account.objects.filter(left_at=None).values_list("name", flat=True))
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)
