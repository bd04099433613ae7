"""The form of a wish: what it offers follows account and plan, with or without JavaScript.

A press on a button named `look` (htmx presses it too, whenever something changes) shows the form
again with what was chosen so far, checks nothing and saves nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ovh_sniper.forms import vps_wishes
from ovh_sniper.forms import wishes as wish_forms
from ovh_sniper.forms.vps_wishes import VpsForm
from ovh_sniper.forms.wish_sources import SourceField
from ovh_sniper.forms.wishes import WishForm
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Wish
from ovh_sniper.services.catalogue import catalogues, choosing
from ovh_sniper.services.wishes import lifecycle, previews, resuming
from ovh_sniper.services.wishes.previews import Preview
from ovh_sniper.views import may
from ovh_sniper.views.wish import find
from tenants.access import PortalRequest, member
from tenants.ids import public_id as new_id
from tenants.services.audit import Actor

LONGEST_QUERY = 100
LONGEST_KEY = 40
# what belongs to the page and not to the wish
OF_THE_PAGE = frozenset({"csrfmiddlewaretoken", "q", "request_key"})


# --- A new one


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def create(request: PortalRequest, slug: str) -> HttpResponse:
    """Show an empty form, or make the wishes that it says."""
    form = _new_form(request)
    made = _make(request, form) if _is_sent(request) else None
    if made is None:
        return _show(request, form)
    said = ngettext(
        "The wish is made: it is watched for from now on.",
        "%(n)s wishes are made: they are watched for from now on.",
        len(made),
    )
    messages.success(request, said % {"n": len(made)})
    if len(made) == 1:
        return redirect("ovh_sniper:wish", slug, made[0].public_id)
    return redirect("ovh_sniper:wishes", slug)


def _new_form(request: PortalRequest) -> WishForm | VpsForm:
    given = request.POST if request.method == "POST" else None
    if request.GET.get("track") == Wish.Track.VPS:
        return VpsForm(given)
    form = WishForm(
        given, initial=_asked(request), may_pay=may(request, "admin"), query=_query(request)
    )
    # an account that orders is there to order; who asks first does nothing by surprise
    if form.source.account is not None:
        form.initial.setdefault("mode", Wish.Mode.ASK)
    return form


def _asked(request: PortalRequest) -> dict[str, Any]:
    """Return what a link to the form says of the wish: `?host=eu&plan=…&datacenter=…`."""
    initial: dict[str, Any] = {"quantity": 1, "guards_repeats": True}
    if plans := request.GET.getlist("plan"):
        initial["plans"] = plans
    if places := request.GET.getlist("datacenter"):
        initial["datacenters"] = places
    initial |= {name: said for name in choosing.PARTS if (said := request.GET.get(name))}
    source = SourceField()
    shop = request.GET.get("shop", "").replace("/", "-")
    chosen = source.by_key.get(request.GET.get("account", "")) or source.of_shop(shop)
    initial["source"] = (chosen or source.first(request.GET.get("host", ""))).key
    return initial


def _make(request: PortalRequest, form: WishForm | VpsForm) -> list[Wish] | None:
    """Write the wishes. None: something is wrong, and the form says what."""
    if not form.is_valid():
        return None
    terms = form.terms()
    codes = [terms.pop("plan_code")] if isinstance(form, VpsForm) else form.codes
    try:
        with transaction.atomic():
            return lifecycle.create_many(codes, request_key=_key(request), **_by(request), **terms)
    except ValidationError as error:
        form.add_problems(error)
    return None


def _key(request: PortalRequest) -> str:
    """Return what names this press: sent twice it makes one wish, sent with other terms two."""
    parts = [str(request.user.pk), request.POST.get("request_key", "")[:LONGEST_KEY]]
    for name, values in sorted(request.POST.lists()):
        if name not in OF_THE_PAGE:
            parts += [name, *map(str, values)]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


# --- One that is there


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def change(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show a wish in the form, or change it."""
    wish = find(public_id)
    form = _form_of(request, wish)
    if not _is_sent(request) or not _save(request, form, wish):
        return _show(request, form, find(public_id))
    messages.success(request, _("The wish is changed."))
    return redirect("ovh_sniper:wish", slug, public_id)


def _form_of(request: PortalRequest, wish: Wish) -> WishForm | VpsForm:
    given = request.POST if request.method == "POST" else None
    if wish.track == Wish.Track.VPS:
        return VpsForm(given, initial=vps_wishes.initial_of(wish))
    return WishForm(
        given,
        initial=wish_forms.initial_of(wish),
        may_pay=may(request, "admin"),
        wish=wish,
        query=_query(request),
    )


def _save(request: PortalRequest, form: WishForm | VpsForm, wish: Wish) -> bool:
    """Change the wish, and arm it where that was asked for. False: something is wrong."""
    if not form.is_valid():
        return False
    terms = form.terms()
    if isinstance(form, WishForm):
        terms["plan_code"] = form.codes[0]
    by = _by(request)
    try:
        with transaction.atomic():
            lifecycle.edit(wish, **by, **terms)
            if "arm" in request.POST:
                # its page says what that orders anew
                resuming.resume([wish], **by, anew=True)
    except ValidationError as error:
        form.add_problems(error)
        return False
    except Wish.DoesNotExist:
        raise Http404 from None
    return True


# --- Shown


def _by(request: PortalRequest) -> dict[str, Any]:
    return {
        "actor": Actor.from_request(request),
        "now": timezone.now(),
        "may_pay": may(request, "admin"),
    }


def _is_sent(request: PortalRequest) -> bool:
    return request.method == "POST" and "look" not in request.POST


def _query(request: PortalRequest) -> str:
    return request.POST.get("q", "").replace("\x00", "")[:LONGEST_QUERY]


def _show(
    request: PortalRequest, form: WishForm | VpsForm, wish: Wish | None = None
) -> HttpResponse:
    if form.is_bound and not _is_sent(request):
        form.is_valid()
        form.errors.clear()
    context: dict[str, Any] = {
        "form": form,
        "wish": wish,
        "request_key": request.POST.get("request_key", "")[:LONGEST_KEY] or new_id(),
        "may_pay": may(request, "admin"),
        "anew": resuming.ordered_anew(wish) if wish is not None else 0,
        "is_vps": isinstance(form, VpsForm),
    }
    if isinstance(form, VpsForm):
        return render(request, "ovh_sniper/wish_form_vps.html", context)
    # a worker reads a price list that nobody has asked for yet
    catalogues.ensure(Host(form.source.host), form.source.subsidiary)
    now = timezone.now()
    context |= {"query": _query(request), "preview": _preview(form, now)}
    return render(request, "ovh_sniper/wish_form.html", context)


def _preview(form: WishForm, now: datetime) -> Preview | None:
    if not form.codes:
        return None
    if len(form.codes) > 1:
        return previews.preview_many(form.draft(), form.chosen, form.found.currency)
    return previews.preview(form.draft(), now)
