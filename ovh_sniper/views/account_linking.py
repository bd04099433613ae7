"""The page that links an OVH account, in one of three ways."""

from __future__ import annotations

import json
from typing import Any

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

from ovh_sniper.forms.accounts import CONSENT, SERVICE, Choice, ChooseForm, LinkForm
from ovh_sniper.gateways import hosts
from ovh_sniper.models import Account
from ovh_sniper.models.accounts import HOSTS
from ovh_sniper.services.accounts import functions, linking
from ovh_sniper.views import account_parts
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor

# OVH's call that makes a service account (POST /me/api/oauth2/client)
CLIENT = {
    "name": "Botharbor",
    "description": "Botharbor",
    "flow": "CLIENT_CREDENTIALS",
    "callbackUrls": [],
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def create(request: PortalRequest, slug: str) -> HttpResponse:
    """Explain the chosen way, take the keys, and have a worker look at the account."""
    if request.method != "POST":
        choice = ChooseForm(request.GET)
        name = _name(request, choice.chosen.host)
        return _show(request, choice, LinkForm(choice.chosen.way, initial={"name": name}))
    choice = ChooseForm(request.POST)
    form = LinkForm(choice.chosen.way, request.POST)
    if form.is_valid():
        try:
            account = _link(request, choice.chosen, form)
        except ValidationError as error:
            form.add_problems(error)
        else:
            messages.info(request, _("Stored. It is being checked at OVH now."))
            return redirect("ovh_sniper:account", slug, account.public_id)
    return _show(request, choice, form)


def _link(request: PortalRequest, choice: Choice, form: LinkForm) -> Account:
    """Write the account. Raises ValidationError."""
    with transaction.atomic():
        return linking.link(
            name=form.cleaned_data["name"],
            host=choice.host.value,
            kind=Account.Kind.SERVICE if choice.way == SERVICE else Account.Kind.KEYS,
            keys=form.keys(),
            rights=choice.rights,
            way_back=account_parts.way_back(request) if choice.way == CONSENT else None,
            actor=Actor.from_request(request),
            now=timezone.now(),
        )


def _show(request: PortalRequest, choice: ChooseForm, form: LinkForm) -> HttpResponse:
    host, rights = choice.chosen.host, choice.chosen.rights
    rules = functions.rules_for(rights)
    pairs = [(rule.method, rule.path) for rule in rules]
    context: dict[str, Any] = {
        "choice": choice,
        # by these names a form finds its fields
        "host": host.value,
        "way": choice.chosen.way,
        "rights": rights,
        "form": form,
        "accounts_url": reverse("ovh_sniper:accounts", args=[request.tenant.slug]),
        "accounts_title": _("OVH accounts"),
        "region": dict(HOSTS)[host.value],
        "create_app_url": hosts.create_app_page(host),
        "create_token_url": hosts.create_token_page(host, pairs),
        "rules": "\n".join(functions.as_text(rule) for rule in rules),
        "actions": "\n".join(functions.actions_for(rights, host)),
        "client": json.dumps(CLIENT, indent=2),
    }
    return render(request, "ovh_sniper/account_new.html", context)


def _name(request: PortalRequest, host: hosts.Host) -> str:
    """Return the name that was typed before another region was chosen, else a free one."""
    typed = request.GET.get("name", "").strip()
    taken = set(Account.objects.values_list("name", flat=True))
    suggested = {_free_name(one, taken) for one in hosts.Host}
    return typed if typed and typed not in suggested else _free_name(host, taken)


def _free_name(host: hosts.Host, taken: set[str]) -> str:
    """Return a name that no account has: the region's, with a number where it is taken."""
    name = dict(HOSTS)[host.value]
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)
