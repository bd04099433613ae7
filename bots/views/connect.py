"""Connects a bot: paste its token, see whose it is, choose what it does, done."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bots import products
from bots.forms import ConnectForm, TokenForm
from bots.services import connecting
from bots.services.obstacles import AlreadyConnected, CannotConnect
from bots.views import draw
from tenants.access import PortalRequest, member
from tenants.encryption import DecryptionError, ring
from tenants.services.audit import Actor

SEAL_LASTS = 1800.0  # seconds between the check and the choice of products


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def check(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask for the token and show whose it is; nothing is stored yet."""
    form = TokenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form=form)
    token = form.cleaned_data["token"]
    try:
        found = connecting.inspect(request.tenant, token)
    except CannotConnect as error:
        form.add_error("token", error.message)
        return _page(request, form=form, is_ours=isinstance(error, AlreadyConnected))
    initial = {
        "sealed": seal(request, token.strip()),
        "products": list(products.installed()),
        "language": request.tenant.language,
    }
    return _page(request, found=found, choice=ConnectForm(initial=initial))


@require_POST
@never_cache
@member("admin")
def finish(request: PortalRequest, slug: str) -> HttpResponse:
    """Store the bot and bring it online."""
    form = ConnectForm(request.POST)
    if not form.is_valid():
        return redirect("bots:connect", slug)
    actor = Actor.from_request(request)
    try:
        bot = connecting.connect_bot(
            request.tenant,
            unseal(request, form.cleaned_data["sealed"]),
            form.cleaned_data["products"],
            actor=actor,
            language=form.cleaned_data["language"],
        )
    except CannotConnect as error:
        messages.error(request, error.message)
        return redirect("bots:connect", slug)
    try:
        connecting.enable(bot, actor=actor)
    except CannotConnect as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("@%(bot)s is online.") % {"bot": bot.username})
    return redirect("bots:bot", slug, bot.public_id)


def _page(request: PortalRequest, **context: object) -> HttpResponse:
    context = {"form": TokenForm(), **context}
    is_part = getattr(request, "htmx", False)
    return draw(request, "bots/_connect.html" if is_part else "bots/connect.html", context)


def seal(request: PortalRequest, token: str) -> str:
    """Return the token so that only this member gets it back, soon, in this workspace."""
    return ring().encrypt(f"{_owner(request)} {time.time():.0f} {token}")


def unseal(request: PortalRequest, sealed: str) -> str:
    """Return a sealed token; empty (which no service takes) where it is not good any more."""
    try:
        owner, made_at, token = ring().decrypt(sealed, where="connect").split(" ")
    except (DecryptionError, ValueError):
        return ""
    is_fresh = time.time() - float(made_at) < SEAL_LASTS
    return token if owner == _owner(request) and is_fresh else ""


def _owner(request: PortalRequest) -> str:
    return f"{request.tenant.pk}/{request.user.pk}"
