"""What the buttons on a bot's page do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from bots import links
from bots.forms import BotSettingsForm, DeleteForm, TokenForm
from bots.services import connecting, health, reasons, staff, trial
from bots.services.obstacles import CannotConnect, NotReachable
from bots.views import find_bot
from bots.views.bot import show
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor


@require_POST
@member("admin")
def enable(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot = find_bot(bot_id)
    _try(
        request,
        _("@%(bot)s is online.") % {"bot": bot.username},
        connecting.enable,
        bot,
        actor=Actor.from_request(request),
    )
    return redirect("bots:bot", slug, bot_id)


@require_POST
@member("admin")
def disable(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot = find_bot(bot_id)
    connecting.disable(bot, actor=Actor.from_request(request))
    messages.success(request, _("@%(bot)s is off.") % {"bot": bot.username})
    return redirect("bots:bot", slug, bot_id)


@require_POST
@member("admin")
def change(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot, form = find_bot(bot_id), BotSettingsForm(request.POST)
    if not form.is_valid():
        return show(request, bot, status=400, settings_form=form)
    _try(
        request,
        _("Saved."),
        connecting.change,
        bot,
        actor=Actor.from_request(request),
        slugs=form.cleaned_data["products"],
        language=form.cleaned_data["language"],
        delivery=form.cleaned_data["delivery"],
    )
    return redirect("bots:bot", slug, bot_id)


@require_POST
@never_cache
@member("admin")
def replace_token(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot, form = find_bot(bot_id), TokenForm(request.POST, auto_id="new_%s")
    if form.is_valid():
        try:
            connecting.replace_token(
                bot, form.cleaned_data["token"], actor=Actor.from_request(request)
            )
        except CannotConnect as error:
            form.add_error("token", error.message)
    if form.errors:
        return show(request, bot, status=400, token_form=form, is_replacing=True)
    messages.success(request, _("The new token is in use. People and chats are unchanged."))
    return redirect("bots:bot", slug, bot_id)


@require_POST
@member("admin")
def delete(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    bot = find_bot(bot_id)
    form = DeleteForm(bot, request.POST)
    if not form.is_valid():
        return show(request, bot, status=400, delete_form=form, is_deleting=True)
    connecting.delete_bot(bot, actor=Actor.from_request(request))
    messages.success(request, _("@%(bot)s is deleted.") % {"bot": bot.username})
    return redirect("bots:list", slug)


@require_POST
@member("operator")
def check(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    """Ask Telegram now."""
    bot = find_bot(bot_id)
    seen = health.check_health(bot, now=timezone.now())
    if problem := reasons.shown(seen.get("problem", "")):
        messages.error(request, problem)
    return redirect("bots:bot", slug, bot_id)


@require_POST
@member("operator")
def test_message(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    """Write to the member's own linked account."""
    bot = find_bot(bot_id)
    chat_id = trial.chat_of(bot, request.membership)
    if chat_id is None:
        messages.error(request, _("Link your Telegram account first."))
    else:
        _try(request, _("Sent: look at your chat."), trial.send_test_message, bot, chat_id)
    return redirect("bots:bot", slug, bot_id)


@require_POST
@never_cache
@member("operator")
def link_me(request: PortalRequest, slug: str, bot_id: str) -> HttpResponse:
    """Show a one-time link that ties the member to the account that opens it."""
    bot = find_bot(bot_id)
    link = staff.deep_link(bot, request.membership)
    return show(request, bot, my_link=links.to_open(link), my_link_qr=links.qr_code(link))


def _try(
    request: PortalRequest, success: str, act: Callable[..., Any], *args: Any, **kwargs: Any
) -> None:
    """Do something and say how it went."""
    try:
        act(*args, **kwargs)
    except NotReachable as error:
        messages.warning(request, error.message)
    except CannotConnect as error:
        messages.error(request, error.message)
    else:
        messages.success(request, success)
